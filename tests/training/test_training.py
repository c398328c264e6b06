"""The training loop, interrupted and taken up again."""

import os

import numpy as np
import pytest

from helpers.training_runs import train
from model_export import run_folders, training


def test_a_run_taken_up_again_ends_as_one_that_was_not_interrupted(
    training_images, run_folder, tmp_path, monkeypatch, capsys
):
    run = str(tmp_path / "run")
    monkeypatch.setattr(training, "STEPS_PER_CHECKPOINT", 2)
    import tensorflow as tf

    save = tf.train.CheckpointManager.save

    def save_and_interrupt(manager):
        save(manager)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tf.train.CheckpointManager, "save", save_and_interrupt)
        with pytest.raises(SystemExit, match="goes on from the last checkpoint"):
            train(training_images, run, steps=4)
    assert not os.path.exists(os.path.join(run, "layers.npz"))
    train(training_images, run, steps=4)
    assert "Going on from step 2" in capsys.readouterr().out
    whole, resumed = (run_folders.read_run(folder)[0] for folder in (run_folder, run))
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)


def test_an_interrupted_run_goes_on_from_its_checkpoint_not_from_the_start(
    training_images, run_folder, tmp_path, monkeypatch, capsys
):
    import tensorflow as tf

    monkeypatch.setattr(training, "STEPS_PER_CHECKPOINT", 1)
    save = tf.train.CheckpointManager.save

    def save_and_interrupt(manager):
        save(manager)
        raise KeyboardInterrupt

    whole, interrupted = (str(tmp_path / name) for name in ("whole", "interrupted"))
    more = ["--start", run_folder, "--seed", "2", "--steps", "2"]
    train(training_images, whole, *more)
    with monkeypatch.context() as patch:
        patch.setattr(tf.train.CheckpointManager, "save", save_and_interrupt)
        with pytest.raises(SystemExit, match="goes on from the last checkpoint"):
            train(training_images, interrupted, *more)
    with pytest.raises(SystemExit, match="holds no finished training run; `train --output .*` goes on with it"):
        train(training_images, str(tmp_path / "run"), "--start", interrupted)
    with pytest.raises(SystemExit, match="was begun with other start; repeat that command"):
        train(training_images, interrupted, "--seed", "2", "--steps", "2")
    train(training_images, interrupted, *more)
    assert "Going on from step 1" in capsys.readouterr().out
    layers = [run_folders.read_run(folder)[0] for folder in (whole, interrupted)]
    assert all(np.array_equal(array, layers[1][name]) for name, array in layers[0].items())
