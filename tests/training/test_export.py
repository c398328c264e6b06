"""From a training run to weights, on few images and steps: the pieces fit; accuracy is not the point."""

import errno
import os
import shutil

import numpy as np
import pytest

import imagefocus
from imagefocus.network import weights as weight_files
from model_export import __main__ as command
from model_export import (
    export,
    run_folders,
    verify,
)


def test_exported_weights_rate_images_with_both_engines_alike(weights):
    image = np.random.default_rng(0).random((200, 200))
    ratings = [imagefocus.rate_image(image, engine=engine, weights=weights) for engine in ("numpy", "tensorflow")]
    assert np.abs(ratings[0].probabilities - ratings[1].probabilities).max() < 1e-4


def test_a_version_is_never_overwritten(weights, run_folder):
    before = weight_files.sha256(os.path.join(weights, "SHA256SUMS"))
    with pytest.raises(SystemExit, match="v7 exists already"):
        command.main(["export", "--run", run_folder, "--output", weights])
    assert weight_files.sha256(os.path.join(weights, "SHA256SUMS")) == before


def test_an_export_that_does_not_verify_leaves_nothing(run_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(verify, "SIZE_LIMIT", 1000)
    with pytest.raises(SystemExit, match="bytes, more than 1000"):
        command.main(["export", "--run", run_folder, "--output", str(tmp_path / "v8")])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("step, of_tensorflow", [("write_saved_model", True), ("write_card", False)])
def test_a_full_disk_leaves_nothing(run_folder, tmp_path, monkeypatch, step, of_tensorflow):
    def full(*arguments):
        raise full_disk(of_tensorflow)

    monkeypatch.setattr(export, step, full)
    with pytest.raises(SystemExit, match="No space left"):
        command.main(["export", "--run", run_folder, "--output", str(tmp_path / "v8")])
    assert os.listdir(tmp_path) == []


def test_export_without_a_place_says_what_it_needs():
    with pytest.raises(SystemExit, match="--run and --output are needed, or --fiji"):
        command.main(["export"])


def test_a_network_that_diverged_does_not_verify(run_folder, tmp_path):
    run = shutil.copytree(run_folder, str(tmp_path / "run"))
    layers = run_folders.read_run(run)[0]
    layers["dense_bias"][3] = np.nan
    np.savez(os.path.join(run, "layers.npz"), **layers)
    with pytest.raises(SystemExit, match="numpy differs from golden.npz by nan"):
        command.main(["export", "--run", run, "--output", str(tmp_path / "v8")])
    assert os.listdir(tmp_path) == ["run"]


def full_disk(of_tensorflow):
    import tensorflow as tf

    message = os.strerror(errno.ENOSPC)
    return tf.errors.ResourceExhaustedError(None, None, message) if of_tensorflow else OSError(errno.ENOSPC, message)
