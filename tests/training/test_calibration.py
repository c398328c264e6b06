"""Temperature, in-focus limit and abstaining."""

from types import SimpleNamespace

import numpy as np

from helpers.training_runs import train
from imagefocus.network import engines, numpy_engine
from imagefocus.network import weights as weight_files
from imagefocus.patches import cut_patches, patch_grid
from imagefocus.pixels import normalize
from model_export import __main__ as command
from model_export import (
    calibration,
    run_folders,
)
from model_export.saved_model import write_saved_model


def test_the_limit_and_the_temperature_can_come_from_a_run_that_held_sets_out(
    training_images, run_folder, weights, tmp_path
):
    whole, output = str(tmp_path / "whole"), str(tmp_path / "v9")
    train(training_images, whole, hold_out=(), steps=4)
    command.main(["export", "--run", whole, "--calibrate-from", run_folder, "--output", output])
    card, expected = weight_files.Weights(output).card, weight_files.Weights(weights).card
    assert set(card["training_sets"]) == {"a", "b"}
    assert set(card["held_out_sets"]) == {"b"} and card["training_sets"]["b"]["images"] == 2  # its last image
    for entry in ("limits", "calibration", "metrics"):
        assert card[entry] == expected[entry]


def test_temperature_sharpens_or_flattens_every_distribution(run_folder):
    layers = run_folders.read_run(run_folder)[0]
    patches = np.random.default_rng(0).standard_normal((5, 84, 84)).astype(np.float32)
    plain, sharper = (numpy_engine.build_numpy_network(calibration.soften(layers, t))(patches) for t in (1, 0.5))
    expected = plain**2 / (plain**2).sum(axis=1, keepdims=True)
    assert np.abs(sharper - expected).max() < 1e-3


def test_both_engines_abstain_on_the_same_unsure_patches(tmp_path, defocused):
    layers = weight_files.Weights(weight_files.find_weights()).layers()
    layers.pop("doubt", None)
    abstaining = calibration.with_abstaining(layers)
    write_saved_model(abstaining, str(tmp_path / "saved_model"))
    weights = SimpleNamespace(saved_model=str(tmp_path / "saved_model"), layers=lambda: abstaining)
    patches = normalize(np.concatenate([cut_patches(image, *patch_grid(image.shape)) for image in defocused[:4]]))
    plain = numpy_engine.build_numpy_network(layers)(patches)
    by_numpy, by_tensorflow = (engines.build_network(weights, name)(patches) for name in ("numpy", "tensorflow"))
    assert np.abs(by_numpy - by_tensorflow).max() < 1e-4
    change = np.abs(by_numpy - plain).max(axis=1)
    assert 0.02 < np.mean(change > 0.05) < 0.5 and np.mean(change < 1e-6) > 0.5
