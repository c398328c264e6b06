"""The way from in-focus images to weights, on a few small images and steps: the pieces fit, accuracy is not the point."""

import json
import os
import shutil

import numpy as np
import pytest

import imagefocus
from imagefocus import bundle
from model_export import __main__ as command
from model_export import evaluation, export
from test_ratings import image_rating


@pytest.fixture(scope="module")
def run_folder(training_folder, tmp_path_factory):
    run = str(tmp_path_factory.mktemp("runs") / "run")
    arguments = ["train", "--images", training_folder, "--output", run, "--leave-out", "b", "--steps", "2"]
    command.main(arguments)
    return run


@pytest.fixture(scope="module")
def weights(run_folder, training_folder, tmp_path_factory):
    output = str(tmp_path_factory.mktemp("weights") / "v7")
    command.main(["export", "--run", run_folder, "--images", training_folder, "--output", output])
    return output


def test_exported_weights_rate_images_with_both_engines_alike(weights):
    image = np.random.default_rng(0).random((200, 200))
    ratings = [imagefocus.rate_image(image, engine=engine, weights=weights) for engine in ("numpy", "tensorflow")]
    assert np.abs(ratings[0].probabilities - ratings[1].probabilities).max() < 1e-4


def test_the_card_says_what_was_trained_on_and_what_left_out(weights):
    card = bundle.Bundle(weights).card
    assert card["version"] == "v7" and card["training"]["steps"] == 2
    assert card["training_sets"] == {"a": {"images": 2, "licence": "CC0", "source": "made"}}
    assert list(card["left_out_sets"]) == ["b"] and card["metrics"]["left-out sets, all levels"]["images"] == 2


def test_a_version_is_never_overwritten(weights, run_folder, training_folder):
    before = bundle.sha256(os.path.join(weights, "SHA256SUMS"))
    with pytest.raises(SystemExit, match="v7 exists already"):
        command.main(["export", "--run", run_folder, "--images", training_folder, "--output", weights])
    assert bundle.sha256(os.path.join(weights, "SHA256SUMS")) == before


def test_an_export_that_fails_leaves_nothing(run_folder, training_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "SIZE_LIMIT", 1000)
    with pytest.raises(SystemExit, match="bytes, more than 1000"):
        command.main(["export", "--run", run_folder, "--images", training_folder, "--output", str(tmp_path / "v8")])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("version", imagefocus.shipped_weights())
def test_the_shipped_weights_verify(version, capsys):
    command.main(["verify", version])
    assert "both engines agree" in capsys.readouterr().out


def test_verify_finds_a_card_that_disagrees_with_the_arrays(weights, tmp_path):
    copy = shutil.copytree(weights, str(tmp_path / "v7"))
    card = bundle.Bundle(copy).card
    export.write_card(copy, {**card, "parameters": 1})
    with pytest.raises(bundle.WeightsError, match="the card says 1"):
        export.verify(copy)


def test_verify_finds_golden_examples_that_an_engine_misses(weights, tmp_path):
    copy = shutil.copytree(weights, str(tmp_path / "v7"))
    golden = bundle.Bundle(copy).golden()
    golden["probabilities"][0, 0] += 0.01
    np.savez_compressed(os.path.join(copy, "golden.npz"), **golden)
    export.write_checksums(copy)
    with pytest.raises(bundle.WeightsError, match="numpy differs from golden.npz.*tensorflow differs"):
        export.verify(copy)


def test_evaluate_prints_its_table_and_counts_the_look_in_the_card(weights, training_folder, tmp_path, capsys):
    copy = shutil.copytree(weights, str(tmp_path / "v7"))
    command.main(["evaluate", "--weights", copy, "--images", training_folder, "--split", "train", "--write-card"])
    assert "image Score within one level" in capsys.readouterr().out
    with open(os.path.join(copy, "model_card.json")) as file:
        card = json.load(file)
    assert card["looks"] == {"train": 1} and card["metrics"]["train, all levels"]["images"] == 4
    export.verify(copy)


@pytest.mark.parametrize("sets", [["no-such-set"], ["a", "b"]])
def test_sets_that_cannot_be_left_out_are_refused(training_folder, tmp_path, sets):
    with pytest.raises(SystemExit, match="--leave-out must name some"):
        command.main(["train", "--images", training_folder, "--output", str(tmp_path / "run"), "--leave-out"] + sets)
    assert os.listdir(tmp_path) == []


def test_figures_of_merit_are_those_of_the_answers():
    sure = np.eye(11)
    results = [
        evaluation.Result("a", str(level), level, image_rating([sure[called]]))
        for level, called in [(0, 0), (1, 3), (2, 3), (5, 9)]
    ]
    limits = {"judged_certainty": 0.3, "in_focus_expected_score": 2.0}
    figures = evaluation.summarise(results, limits)
    assert figures["image Score within one level"] == 0.5 and figures["image Score exact"] == 0.25
    assert figures["balanced accuracy of out of focus"] == 0.75  # all blurred found, one of two sharp ones lost
    assert figures["F-score of out of focus"] == pytest.approx(2 * 2 / (2 + 3))


def test_the_best_limit_parts_sharp_from_blurred():
    sure = np.eye(11)
    results = [evaluation.Result("a", str(level), level, image_rating([sure[level]])) for level in (0, 1, 3, 4)]
    assert 1 <= evaluation.best_limit(results) < 3
    assert evaluation.summarise(results, {"judged_certainty": 0.3, "in_focus_expected_score": evaluation.best_limit(results)})[
        "balanced accuracy of out of focus"
    ] == 1
