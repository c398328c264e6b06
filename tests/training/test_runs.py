"""Which images a run trains on, and where its network starts."""

import inspect
import os
import shutil

import numpy as np
import pytest

from helpers.training_runs import train
from model_export import __main__ as command
from model_export import images, run_folders, runs


def test_training_goes_on_where_another_run_ended(training_images, run_folder, tmp_path):
    further, weights, from_weights, new = (str(tmp_path / name) for name in ("further", "v7", "from weights", "new"))
    train(training_images, further, "--start", run_folder, "--seed", "2")
    train(training_images, new, "--seed", "2")
    command.main(["export", "--run", run_folder, "--output", weights])
    train(training_images, from_weights, "--start", weights, "--seed", "2")
    layers, facts = zip(*map(run_folders.read_run, (run_folder, further, from_weights, new)))
    start, *others = (arrays["kernel0"].astype(float).ravel() for arrays in layers)
    likeness = [np.corrcoef(start, kernel)[0, 1] for kernel in others]
    assert min(likeness[:2]) > 0.99 and max(likeness[:2]) < 1 and abs(likeness[2]) < 0.5
    summary = {name: facts[0][name] for name in ("command", "seed", "steps", "minutes", "start")}
    assert [run["start"] for run in facts] == [None, summary, "v7", None]


def test_less_is_learned_from_each_batch_than_by_a_new_network(training_images, run_folder, tmp_path, monkeypatch):
    arguments_of_fit = {}

    def fit(*arguments, **more):
        arguments_of_fit.update(more)
        raise KeyboardInterrupt

    new = inspect.signature(runs.fit).parameters["learning_rate"].default
    monkeypatch.setattr(runs, "fit", fit)
    for more, expected in (["--start", run_folder], new / 4), (["--learning-rate", "1e-4"], 1e-4):
        with pytest.raises(SystemExit):
            train(training_images, str(tmp_path / str(expected)), *more)
        assert arguments_of_fit["learning_rate"] == expected
    with pytest.raises(SystemExit, match="--learning-rate is 0; it must be a number above 0"):
        train(training_images, str(tmp_path / "none"), "--learning-rate", "0")


def test_what_cannot_be_started_from_is_refused(training_images, run_folder, tmp_path, monkeypatch):
    from model_export import network

    run = str(tmp_path / "run")
    with pytest.raises(SystemExit, match="no weights nowhere"):
        train(training_images, run, "--start", "nowhere")
    assert not os.path.exists(run)
    monkeypatch.setattr(network, "CONVOLUTIONS", network.CONVOLUTIONS[:-1])
    with pytest.raises(SystemExit, match="other layers than the one that is trained"):
        train(training_images, run, "--start", run_folder)


@pytest.mark.parametrize("sets", [["no-such-set"], ["a", "b"]])
def test_sets_that_cannot_be_held_out_are_refused(training_images, tmp_path, sets):
    with pytest.raises(SystemExit, match="--hold-out must name some, not all, of the sets, which are: a, b"):
        train(training_images, str(tmp_path / "run"), hold_out=sets)
    assert os.listdir(tmp_path) == []


def test_every_tenth_image_is_held_out_where_no_set_is_named():
    read = [images.Image("a", str(index), np.zeros((1, 1)), "", "") for index in range(30)]
    kept, held_out = runs.split(read, ())
    assert [image.path for image in held_out] == ["5", "15", "25"] and len(kept) == 27
    assert [image.path for image in runs.split(read[:2], ())[1]] == ["1"]
    with pytest.raises(ValueError, match="two images are needed"):
        runs.split(read[:1], ())


def test_one_bad_image_does_not_stop_a_training(training_images, tmp_path):
    folder = shutil.copytree(os.path.dirname(training_images), str(tmp_path / "images"))
    with open(os.path.join(folder, "5.tif"), "wb") as file:
        file.write(b"II*\0")  # it would be the one held out
    train(folder, str(tmp_path / "run"), hold_out=(), steps=4)
    assert len(run_folders.read_run(str(tmp_path / "run"))[1]["held_out_images"]) == 1


class Stopped(Exception):
    """Raised where the training would begin."""


def test_training_with_field_images_is_another_run(training_images, tmp_path, monkeypatch):
    drawn = []

    def stop(sampler, *arguments, **options):
        drawn.append(sampler.ingredients)
        raise Stopped

    monkeypatch.setattr(runs, "fit", stop)
    for field in (False, True):
        with pytest.raises(Stopped):
            runs.train(training_images, str(tmp_path / str(field)), 4, keep_suspect=True, field=field)
    assert drawn[1] - drawn[0] == set(runs.sampling.FIELD_INGREDIENTS)
    (tmp_path / "False" / "checkpoints").mkdir()
    with pytest.raises(ValueError, match="was begun with other field"):
        runs.train(training_images, str(tmp_path / "False"), 4, keep_suspect=True, field=True)
