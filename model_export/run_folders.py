"""The folder of a training run: settings and checkpoints while it runs, layers and facts when it is finished."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

import numpy as np

from imagefocus.network import weights as weight_files

SETTINGS = "settings.json"  # in every run's folder
OLD_NAMES = {"left_out_sets": "held_out_sets", "left_out_images": "held_out_images"}  # in run.json


def read_run(run_folder: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read the layers and the facts of a finished run.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or the run in it is not finished.
    """
    if not os.path.isdir(run_folder):
        raise FileNotFoundError(f"there is no folder {run_folder}; name the one that `train --output` made.")
    arrays, facts = (os.path.join(run_folder, name) for name in ("layers.npz", "run.json"))
    if not (os.path.isfile(arrays) and os.path.isfile(facts)):
        raise FileNotFoundError(
            f"{run_folder} holds no finished training run; `train --output {run_folder}` goes on with it."
        )
    with open(facts, encoding="utf-8") as file:
        run = json.load(file)
    return weight_files.read_arrays(arrays), {OLD_NAMES.get(name, name): value for name, value in run.items()}


def read_and_summarize(run_folder: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read the layers of a finished run, and the summary of it that other runs keep."""
    layers, run = read_run(run_folder)
    return layers, summarize_run(run)


def summarize_run(run: dict[str, Any]) -> dict[str, Any]:
    """Pick the facts of a run that are kept with what was made from it."""
    return {name: run.get(name) for name in ("command", "seed", "steps", "minutes", "start")}


def begin_run(run_folder: str, settings: dict[str, Any]) -> None:
    """Make the run folder, or check that the run begun there had the same images and settings.

    Raises
    ------
    FileExistsError
        If it holds a finished run.
    ValueError
        If it holds a run that was begun with other settings.
    """
    if os.path.exists(os.path.join(run_folder, "run.json")):
        raise FileExistsError(f"{run_folder} holds a finished run; name a new folder.")
    path = os.path.join(run_folder, SETTINGS)
    if os.path.exists(os.path.join(run_folder, "checkpoints")):
        with open(path, encoding="utf-8") as file:
            before = json.load(file)
        changed = " and ".join(name for name in settings if before.get(name) != settings[name])
        if changed:
            raise ValueError(f"{run_folder} was begun with other {changed}; repeat that command, or name a new folder.")
    os.makedirs(run_folder, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(settings, file)


def keep_run(run_folder: str, model: Any, facts: dict[str, Any]) -> None:
    """Keep the layers and the facts of a finished run, and remove its checkpoints."""
    from . import network

    np.savez(os.path.join(run_folder, "layers.npz"), **network.folded_layers(model))
    with open(os.path.join(run_folder, "run.json"), "w") as file:
        json.dump(facts, file, indent=1)
    shutil.rmtree(os.path.join(run_folder, "checkpoints"))
