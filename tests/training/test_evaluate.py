"""The command `evaluate`."""

import json
import os
import shutil

import pytest

from imagefocus.network import weights as weight_files
from model_export import __main__ as command
from model_export.verify import verify_weights


def test_evaluate_prints_draws_and_keeps_what_it_measures(training_images, stack_csv, tmp_path, capsys):
    weights = shutil.copytree(weight_files.find_weights(), str(tmp_path / "v7"))
    looks = dict(weight_files.Weights(weights).card["looks"])
    plots = str(tmp_path / "plots")
    command.main(
        ["evaluate", "--weights", weights, "--images", training_images, "--split", "train", "--stacks", stack_csv]
        + ["--plots", plots, "--write-card"]
    )
    printed = capsys.readouterr().out
    for text in ("image Score within one level", "stack nuclei", "set b", "worst images", "noise alone"):
        assert text in printed
    assert sorted(os.listdir(plots)) == ["confusion.png", "levels.png", "reliability.png", "stack_nuclei.png"]
    with open(os.path.join(weights, "model_card.json")) as file:
        card = json.load(file)
    assert (
        card["looks"] == {**looks, "train": 1, "stacks": looks.get("stacks", 0) + 1}
        and card["metrics"]["train"]["images at all levels"]["images"] == 6
    )
    assert card["metrics"]["train"]["command"].startswith("python -m model_export")
    assert len(card["metrics"]["train"]["worst images"]) == 5
    verify_weights(weights)


def test_unknown_weights_and_missing_images_are_said_before_work_begins(tmp_path):
    with pytest.raises(SystemExit, match="no weights v99"):
        command.main(["evaluate", "--weights", "v99", "--images", str(tmp_path)])
    with pytest.raises(SystemExit, match="no image found"):
        command.main(["evaluate", "--images", str(tmp_path)])
