"""A network that is trained further, from a finished run or from weights."""

import inspect
import os

import numpy as np
import pytest

from helpers.training_runs import train
from imagefocus.network import numpy_engine
from model_export import __main__ as command
from model_export import run_folders, runs, training


@pytest.fixture(scope="module")
def run_folder(training_images, tmp_path_factory):
    run = str(tmp_path_factory.mktemp("runs") / "run")
    train(training_images, run)
    return run


def test_a_network_made_from_layers_is_the_one_that_they_were_folded_from():
    from model_export import network

    random = np.random.default_rng(0)
    model = network.build()
    model.set_weights([value + 0.05 * random.standard_normal(value.shape) for value in model.get_weights()])
    layers = network.folded_layers(model)
    patches = random.standard_normal((64, 84, 84, 1)).astype(np.float32)
    again = network.build_from(layers, patches)
    expected = numpy_engine.numpy_network(layers)(patches[..., 0])
    assert np.ptp(expected, axis=0).max() > 0.01
    assert again(patches, training=False).numpy() == pytest.approx(expected, abs=2e-3)
    assert again(patches, training=True).numpy() == pytest.approx(expected, abs=2e-3)  # these are the statistics


def test_training_goes_on_where_another_run_ended(training_images, run_folder, tmp_path):
    further, weights, from_weights, new = (str(tmp_path / name) for name in ("further", "v7", "from weights", "new"))
    train(training_images, further, "--start", run_folder, "--seed", "2")
    train(training_images, new, "--seed", "2")
    command.main(["export", "--run", run_folder, "--output", weights])
    train(training_images, from_weights, "--start", weights, "--seed", "2")
    layers, facts = zip(*map(run_folders.read_run, (run_folder, further, from_weights, new)))
    start, *others = (of["kernel0"].astype(float).ravel() for of in layers)
    likeness = [np.corrcoef(start, kernel)[0, 1] for kernel in others]
    assert min(likeness[:2]) > 0.99 and max(likeness[:2]) < 1 and abs(likeness[2]) < 0.5
    told = {name: facts[0][name] for name in ("command", "seed", "steps", "minutes", "start")}
    assert [run["start"] for run in facts] == [None, told, "v7", None]


def test_less_is_learned_from_each_batch_than_by_a_new_network(training_images, run_folder, tmp_path, monkeypatch):
    seen = {}

    def fit(*arguments, **more):
        seen.update(more)
        raise KeyboardInterrupt

    new = inspect.signature(runs.fit).parameters["learning_rate"].default
    monkeypatch.setattr(runs, "fit", fit)
    for more, expected in (["--start", run_folder], new / 4), (["--learning-rate", "1e-4"], 1e-4):
        with pytest.raises(SystemExit):
            train(training_images, str(tmp_path / str(expected)), *more)
        assert seen["learning_rate"] == expected
    with pytest.raises(SystemExit, match="--learning-rate is 0; it must be a number above 0"):
        train(training_images, str(tmp_path / "none"), "--learning-rate", "0")


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


def test_what_cannot_be_started_from_is_refused(training_images, run_folder, tmp_path, monkeypatch):
    from model_export import network

    run = str(tmp_path / "run")
    with pytest.raises(SystemExit, match="no weights nowhere"):
        train(training_images, run, "--start", "nowhere")
    assert not os.path.exists(run)
    monkeypatch.setattr(network, "CONVOLUTIONS", network.CONVOLUTIONS[:-1])
    with pytest.raises(SystemExit, match="other layers than the one that is trained"):
        train(training_images, run, "--start", run_folder)
