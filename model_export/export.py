"""Write a version of the weights: SavedModel, arrays, golden examples, model card and checksums."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from imagefocus.network import numpy_engine
from imagefocus.pixels import normalize

from .calibration import ABSTAINING, calibrate, soften, with_abstaining
from .card import make_card, write_card
from .golden import draw_golden_patches
from .run_folders import read_run, summarize_run
from .saved_model import write_saved_model
from .verify import verify_weights


def export(
    run_folder: str,
    output: str,
    log: Callable[[str], object],
    calibrate_from: str | None = None,
) -> None:
    """Write the weights folder `output` (its name is the version) from a training run; refuses to overwrite.

    The temperature of the probabilities and the in-focus limit are fixed on images that were held out of training.

    Parameters
    ----------
    run_folder : str
    output : str
        Folder to make.
    log : callable
        Takes lines of progress.
    calibrate_from : str, optional
        Folder of another run that held out whole sets. Its network and those sets fix the temperature and the limit,
        so the run itself can be trained on every set.

    Raises
    ------
    FileExistsError
        If `output` is there already.
    ValueError
        If the run is of a large network.
    WeightsError
        If what was written does not pass `verify_weights`; then nothing is kept.
    """
    if os.path.exists(output):
        raise FileExistsError(f"{output} exists already; a version of the weights is never overwritten.")
    layers, run = read_run(run_folder)
    if "shortcuts" in layers:
        raise ValueError(
            f"{run_folder} is the run of a large network, which is to learn from: "
            f"export one of `train --teacher {run_folder}`."
        )
    calibration_layers, calibration_run = read_run(calibrate_from or run_folder)
    temperature, limits, figures = calibrate(calibration_layers, calibration_run, log)
    layers = with_abstaining(soften(layers, temperature))
    # The keys are those of cards of format 2, which say "left out" for "held out" and "doubt" for abstaining.
    measured = {
        "calibration": _describe_calibration(calibration_run, temperature),
        "metrics": {"left out of the calibration's run": figures},
    }
    with _finished_at_once(output) as folder:
        _write_network(folder, layers)
        write_card(folder, {**make_card(folder, layers, run, limits), **measured})
        verify_weights(folder)


def _describe_calibration(run, temperature) -> dict[str, Any]:
    return {
        "command": "python -m model_export " + " ".join(sys.argv[1:]),
        "run": summarize_run(run),
        "left_out_sets": run["held_out_sets"],
        "temperature": temperature,
        "doubt": ABSTAINING,
    }


@contextmanager
def _finished_at_once(output: str) -> Iterator[str]:
    """A folder to fill, which becomes `output` when all went well and is removed otherwise."""
    # It has the version's name, for the card and the messages, inside a folder of its own.
    unfinished = os.path.join(os.path.dirname(os.path.abspath(output)), f".unfinished-{os.getpid()}")
    folder = os.path.join(unfinished, os.path.basename(os.path.normpath(output)))
    try:
        os.makedirs(folder)
        yield folder
        os.rename(folder, output)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write_network(folder: str, layers: dict[str, np.ndarray]) -> None:
    """Write the SavedModel, the arrays and the golden examples."""
    write_saved_model(layers, os.path.join(folder, "saved_model"))
    np.savez_compressed(os.path.join(folder, "weights.npz"), **layers)
    patches = draw_golden_patches()
    probabilities = numpy_engine.build_numpy_network(layers)(normalize(patches))
    np.savez_compressed(os.path.join(folder, "golden.npz"), patches=patches, probabilities=probabilities)
