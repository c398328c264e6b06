"""The model card of weights, and the checksums of their files."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from imagefocus.network import weights as weight_files
from imagefocus.optics import LEVEL_COUNT
from imagefocus.patches import PATCH_SIDE

from . import defocus

TOLERANCE = 1e-4  # of the engines' probabilities, against the golden ones
NORMALIZATION = "each patch: minus its mean, divided by its standard deviation (imagefocus.pixels.normalize)"
KNOWN_LIMITS = [
    "Trained on what training_sets names; other stains, brightfield and phase contrast are rated without a promise.",
    "A level is a blur in pixels: at another sampling the same level is another defocus in micrometers.",
    "Blur between objects in different planes of one patch is judged as a whole.",
    "A patch with only a fragment of an object, or with bright cells out of plane, may be called blurred.",
    "Bundled weights: within 1.5 um of best focus a thick nucleus at 40x is rated up to 1.6 levels too sharp.",
    "Patches that are clearly blurred, but by how much is not clear, are given up.",
]
TRAINING_FACTS = (
    "command",
    "seed",
    "steps",
    "start",
    "teacher",
    "patches",
    "minutes",
    "cores",
    "device",
    "versions",
    "held_out_score",
)


def make_card(
    folder: str, layers: dict[str, np.ndarray], run: dict[str, Any], limits: dict[str, float]
) -> dict[str, Any]:
    """Gather what a user of the weights has to know, as a dictionary for JSON.

    Parameters
    ----------
    folder : str
        Of the weights; its name is their version.
    layers : dict of arrays
    run : dict
        Facts of the run, of `run_folders.read_run`.
    limits : dict
        judged_certainty and in_focus_expected_score.
    """
    return {
        "version": os.path.basename(folder),
        "format": weight_files.FORMAT,
        "input_side_pixels": PATCH_SIDE,
        "normalization": NORMALIZATION,
        "limits": limits,
        "levels": [_describe_level(level) for level in range(LEVEL_COUNT)],
        "parameters": count_parameters(layers),
        "bytes": measure_files(folder),
        "tolerance": TOLERANCE,
        "training": {key: run[key] for key in TRAINING_FACTS if key in run},
        "training_sets": run["training_sets"],
        "held_out_sets": run["held_out_sets"],
        "looks": {},
        "known_limits": KNOWN_LIMITS,
    }


def _describe_level(level):
    defocus_meters = level * defocus.LEVEL_METERS
    return {
        "level": level,
        "blur_disc_pixels": round(defocus.blur_disc_pixels(defocus_meters), 2),
        "defocus_micrometers_at_na_0.5_and_0.65_um_per_pixel": defocus_meters * 1e6,
    }


def count_parameters(layers: dict[str, np.ndarray]) -> int:
    """Count the numbers that were trained."""
    return int(sum(array.size for array in layers.values() if array.dtype == np.float16))


def measure_files(folder: str) -> dict[str, int]:
    """Bytes of each file of a folder, by its path in it."""
    return {path: os.path.getsize(os.path.join(folder, path)) for path in weight_files.list_files(folder)}


def write_card(folder: str, card: dict[str, Any]) -> None:
    """Write the model card, and the checksums, which include it."""
    with open(os.path.join(folder, "model_card.json"), "w", encoding="utf-8", newline="\n") as file:
        json.dump(card, file, indent=1)
        file.write("\n")
    write_checksums(folder)


def write_checksums(folder: str) -> None:
    """List every other file of a weights folder in SHA256SUMS."""
    paths = [path for path in weight_files.list_files(folder) if path != weight_files.CHECKSUMS]
    with open(os.path.join(folder, weight_files.CHECKSUMS), "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{weight_files.sha256(os.path.join(folder, path))}  {path}\n" for path in paths)
