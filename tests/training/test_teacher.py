"""A large network, and a small one that learns from it."""

import json
import os

import numpy as np
import pytest

from helpers.training_runs import train
from imagefocus.network import weights as weight_files
from model_export import __main__ as command
from model_export import run_folders, runs, training


@pytest.fixture(scope="module")
def teacher(training_images, tmp_path_factory):
    run = str(tmp_path_factory.mktemp("runs") / "teacher")
    train(training_images, run, "--large")
    return run


def test_a_network_learns_from_its_teacher_and_from_the_labels(training_images, teacher, tmp_path, monkeypatch):
    import tensorflow as tf

    from model_export import network

    always = np.eye(11, dtype=np.float32)[7]  # the teacher's answer for every patch
    monkeypatch.setattr(network, "forward", lambda patches, layers: tf.tile(always[None], [tf.shape(patches)[0], 1]))
    monkeypatch.setattr(network, "loss", lambda labels, probabilities: labels[:, 7] + 0 * probabilities[:, 7])
    sampled = []
    monkeypatch.setattr(runs, "fit", lambda sampler, *more, **named: _fit(sampled, sampler, *more, **named))
    train(training_images, str(tmp_path / "run"), "--teacher", teacher)
    with open(tmp_path / "run" / "run.json") as file:
        ((_, taught, _),) = json.load(file)["progress"]
    ours = sampled[0].batch([1, 0, 0], training.BATCH)[1][:, 7].mean()
    assert 0 < ours < 0.5
    assert taught == pytest.approx(0.7 + 0.3 * ours, abs=1e-4)


def _fit(sampled, sampler, *more, **named):
    sampled.append(sampler)
    return training.fit(sampler, *more, **named)


def test_the_run_and_the_card_name_the_teacher(training_images, teacher, tmp_path, capsys):
    run, weights = str(tmp_path / "run"), str(tmp_path / "v7")
    train(training_images, run, "--teacher", teacher)
    command.main(["export", "--run", run, "--output", weights])
    layers, facts = run_folders.read_run(teacher)
    summary = {name: facts[name] for name in ("command", "seed", "steps", "minutes", "start")}
    assert "shortcuts" in layers and summary["steps"] == 1
    assert run_folders.read_run(run)[1]["teacher"] == summary
    assert weight_files.Weights(weights).card["training"]["teacher"] == summary


def test_a_large_network_is_not_exported(training_images, teacher, tmp_path):
    with pytest.raises(SystemExit, match="is the run of a large network.*train --teacher"):
        command.main(["export", "--run", teacher, "--output", str(tmp_path / "v7")])
    assert not os.listdir(tmp_path)


def test_what_comes_after_a_large_network_is_said(training_images, monkeypatch, capsys):
    monkeypatch.setattr(runs, "train", lambda *arguments, **more: None)
    train(training_images, "big", "--large")
    assert "next: python -m model_export train --images DIR|CSV --teacher big --output DIR" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--start", "--teacher"])
def test_a_large_network_begins_anew_and_learns_from_labels(training_images, teacher, tmp_path, option):
    with pytest.raises(SystemExit, match="without --start and --teacher"):
        train(training_images, str(tmp_path / "run"), "--large", option, teacher)
    assert not os.listdir(tmp_path)


def test_a_teacher_that_is_not_trained_is_named(training_images, tmp_path):
    with pytest.raises(SystemExit, match="there is no folder nowhere; name the one that `train --output` made"):
        train(training_images, str(tmp_path / "run"), "--teacher", "nowhere")
    assert not os.listdir(tmp_path)
