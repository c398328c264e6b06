"""The folder of a training run."""

import json
import shutil
from pathlib import Path

import pytest

from helpers.training_runs import train
from model_export import __main__ as command
from model_export import run_folders


def test_a_folder_without_a_finished_run_is_named(tmp_path):
    with pytest.raises(SystemExit, match="holds no finished training run"):
        command.main(["export", "--run", str(tmp_path), "--output", str(tmp_path / "v8")])
    with pytest.raises(SystemExit, match="there is no folder .*missing"):
        command.main(["export", "--run", str(tmp_path / "missing"), "--output", str(tmp_path / "v8")])


def test_a_run_folder_is_not_mixed_with_another_run(training_images, run_folder, tmp_path):
    with pytest.raises(SystemExit, match="holds a finished run"):
        train(training_images, run_folder, steps=4)
    run = tmp_path / "run"
    run.mkdir()
    (run / "checkpoints").mkdir()
    (run / "settings.json").write_text('{"seed": 5, "steps": 4, "hold_out": []}')
    with pytest.raises(SystemExit, match="was begun with other images and seed; repeat that command"):
        train(training_images, str(run), hold_out=(), steps=4)


def test_facts_with_the_names_of_older_runs_are_read(run_folder, tmp_path):
    copy = Path(shutil.copytree(run_folder, str(tmp_path / "run")))
    facts = json.loads((copy / "run.json").read_text())
    older = {**facts, "left_out_sets": facts.pop("held_out_sets"), "left_out_images": facts.pop("held_out_images")}
    for name in ("held_out_sets", "held_out_images"):
        del older[name]
    (copy / "run.json").write_text(json.dumps(older))
    assert run_folders.read_run(str(copy))[1] == run_folders.read_run(run_folder)[1]
