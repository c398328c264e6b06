"""Fix the temperature of a network and its in-focus limit on held-out images, and let it abstain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from imagefocus.measurements import JUDGED_CERTAINTY
from imagefocus.network import numpy_engine

from . import evaluation, images, metrics

# Arguments of imagefocus.levels.abstain, in the order of its parameters; the names are those of cards of format 2. How
# they were chosen is in benchmarks/accuracy/ablations.md.
ABSTAINING = {"near_probability": 0.8, "left_certainty": 0.25, "near_probability_of_blurred": 0.98}
FEW_IMAGES = 5
FIRST_LIMITS = {"judged_certainty": JUDGED_CERTAINTY, "in_focus_expected_score": 2.0}  # before the calibration


def calibrate(
    layers: dict[str, np.ndarray], run: dict[str, Any], log: Callable[[str], object]
) -> tuple[float, dict[str, float], dict[str, float | None]]:
    """Fix the temperature and the in-focus limit on the images that a run held out, and measure the network there.

    Parameters
    ----------
    layers : dict of arrays
    run : dict
        Facts of the run, of `run_folders.read_run`.
    log : callable
        Takes lines of progress.

    Returns
    -------
    float; dict, the card's limits; dict of figures
    """
    entries = [images.Entry(*entry) for entry in run["held_out_images"]]
    log(f"Calibrating on the {len(entries)} images that were held out")
    if len(entries) < FEW_IMAGES:
        log("These are few: the in-focus limit and the temperature depend on each of them.")
    pictures = list(evaluation.defocus_images(images.read_images(entries, log)))

    def rate(layers):
        rater = evaluation.Rater(numpy_engine.build_numpy_network(layers), FIRST_LIMITS)
        return evaluation.rate_pictures(pictures, rater, log)

    temperature = metrics.find_best_temperature(rate(layers))
    results = rate(with_abstaining(soften(layers, temperature)))
    limits = {**FIRST_LIMITS, "in_focus_expected_score": metrics.find_best_limit(results)}
    return temperature, limits, metrics.summarize(results, limits)


def soften(layers: dict[str, np.ndarray], temperature: float) -> dict[str, np.ndarray]:
    """Layers whose logits are divided by a temperature: above 1 the probabilities are flatter, below 1 sharper."""
    dense = {name: (layers[name] / temperature).astype(np.float16) for name in ("dense_kernel", "dense_bias")}
    return {**layers, **dense}


def with_abstaining(layers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Layers whose network abstains on patches that it is not sure of; see `imagefocus.levels.abstain`."""
    return {**layers, "doubt": np.array(list(ABSTAINING.values()))}  # the key is that of format 2 of the files
