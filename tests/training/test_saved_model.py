"""The SavedModel, and its copy for Fiji."""

import errno
import os
import shutil

import numpy as np
import pytest

import imagefocus
from model_export import __main__ as command


def test_a_full_disk_leaves_no_half_of_a_model_for_fiji(weights, tmp_path, monkeypatch):
    def half(source, target):
        os.mkdir(target)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copytree", half)
    with pytest.raises(SystemExit, match="No space left"):
        command.main(["export", "--fiji", str(tmp_path / "fiji"), "--weights", weights])
    assert os.listdir(tmp_path) == []


def test_the_model_for_fiji_takes_a_mosaic_and_returns_its_patches(weights, tmp_path):
    import tensorflow as tf

    folder = str(tmp_path / "fiji")
    command.main(["export", "--fiji", folder, "--weights", weights])
    signature = tf.saved_model.load(folder, tags=["inference"]).signatures["serving_default"]
    mosaic = np.random.default_rng(0).random((168, 252), np.float32)
    answer = signature(input=tf.constant(mosaic))
    assert answer["patches"].shape == (6, 84, 84, 1)
    for index, (row, column) in enumerate(np.ndindex(2, 3)):  # row by row
        patch = mosaic[84 * row : 84 * row + 84, 84 * column : 84 * column + 84]
        assert np.array_equal(answer["patches"][index, :, :, 0], patch)
        expected = imagefocus.rate_image(patch, weights=weights).probabilities
        assert np.abs(answer["probabilities"][index] - expected).max() < 1e-4
    with pytest.raises(SystemExit, match="fiji exists already"):
        command.main(["export", "--fiji", folder, "--weights", weights])


@pytest.mark.parametrize(
    "arguments",
    [["--fiji", "x", "--run", "y"], ["--fiji", "x", "--output", "y"]],
)
def test_a_model_for_fiji_is_made_of_finished_weights(arguments):
    with pytest.raises(SystemExit, match="--fiji takes finished weights"):
        command.main(["export", *arguments])
