"""A training run from images to a network: which images, which start, and which facts are kept."""

from __future__ import annotations

import functools
import os
import platform
import sys
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from imagefocus.network import weights as weight_files

from . import images, run_folders, sampling
from .images import Image
from .training import BATCH, fit

HELD_OUT_PATCHES = 2048
START_PATCHES = 1536  # for the statistics of a network that is trained further
START_LEARNING_RATE = 1.5e-3  # of such a network; a quarter of that of a new one
LARGE_LEARNING_RATE = 3e-3


def train(
    where: str,
    run_folder: str,
    steps: int,
    hold_out: Collection[str] = (),
    seed: int = 1,
    keep_suspect: bool = False,
    start: str | None = None,
    large: bool = False,
    teacher: str | None = None,
    learning_rate: float | None = None,
    field: bool = False,
    log: Callable[[str], object] = print,
) -> None:
    """Train on in-focus images and keep the network and the facts in `run_folder`; or continue the run begun there.

    Parameters
    ----------
    where : str
        Folder or CSV of images; see `images.find_images`. Of a CSV with splits, `train` is used.
    run_folder : str
    steps : int
        Batches of 128 patches.
    hold_out : list of str
        Sets to measure on and not to train on; by default every tenth image is held out.
    seed : int
        Of the network's start and of the patches.
    keep_suspect : bool
        Train on images, too, that are saturated, empty, or blurred by the rating of the shipped weights.
    start : str, optional
        Folder of a finished run, or weights by name or folder, whose network is trained further.
    large : bool
        Train a large network, too slow for weights, as a teacher.
    teacher : str, optional
        Folder of the finished run of a large network, to learn from.
    learning_rate : float, optional
        Of Adam at the start; by default one that suits a new network, one that is trained further, or a large one.
    field : bool
        Also draw images as people have them: `sampling.FIELD_INGREDIENTS`.
    log : callable
        Takes lines of progress.

    Raises
    ------
    ValueError
        If there are no images, or too few; if the run folder is of another run, or the start has other layers; if a
        number is out of its range.
    WeightsError
        If the weights to start from are missing or damaged.
    FileExistsError
        If the run is finished.
    """
    _check_options(steps, learning_rate, large, start, teacher)
    first_layers, start_summary = _read_start(start) if start else (None, None)
    teacher_layers, teacher_summary = run_folders.read_and_summarize(teacher) if teacher else (None, None)
    read = _read_images(where, keep_suspect, log)
    kept, held_out = split(read, hold_out)
    # `large` and `field` are None where they are not wanted, as in the settings of runs from before these options.
    settings = {
        "images": [os.path.relpath(image.path, where) for image in read],
        "hold_out": list(hold_out),
        "steps": steps,
        "seed": seed,
        "start": start,
        "large": large or None,
        "teacher": teacher,
        "learning_rate": learning_rate,
        "field": field or None,
    }
    run_folders.begin_run(run_folder, settings)
    held_out_batch = make_sampler(held_out, ingredients=()).batch([seed, 1], HELD_OUT_PATCHES)
    sampler = make_sampler(kept, sampling.INGREDIENTS + (sampling.FIELD_INGREDIENTS if field else ()))
    beginning = _choose_beginning(sampler, seed, large, first_layers, learning_rate)
    model, progress, seconds = fit(
        sampler, held_out_batch, run_folder, steps, seed, teacher=teacher_layers, **beginning
    )
    facts = _gather_facts(kept, held_out, steps, seed, progress, seconds)
    run_folders.keep_run(run_folder, model, {**facts, "start": start_summary, "teacher": teacher_summary})


def _check_options(steps, learning_rate, large, start, teacher):
    if steps < 1:
        raise ValueError(f"--steps is {steps}; one is needed at least.")
    if learning_rate is not None and not 0 < learning_rate < np.inf:
        raise ValueError(f"--learning-rate is {learning_rate:g}; it must be a number above 0.")
    if large and (start or teacher):
        raise ValueError(
            "a large network is trained from its start and by the labels alone: without --start and --teacher."
        )


def _read_images(where, keep_suspect, log):
    entries = images.find_images(where, "train")
    log(f"Reading and checking {len(entries)} images")
    return images.read_images(entries, log, keep_suspect)


def _read_start(start):
    """Layers to train further, and a summary of where they come from."""
    if os.path.isfile(os.path.join(start, run_folders.SETTINGS)):  # a run, finished or not
        return run_folders.read_and_summarize(start)
    weights = weight_files.Weights(weight_files.find_weights(start))
    return weights.layers(), weights.version


def _choose_beginning(sampler, seed, large, first_layers, learning_rate) -> dict[str, Any]:
    """The arguments `build` and `learning_rate` of `fit`; none for a new network at its usual rate."""
    beginning: dict[str, Any] = {}
    if large:
        beginning = {"build": _build_large, "learning_rate": LARGE_LEARNING_RATE}
    elif first_layers:
        patches, _ = sampler.batch([seed, 2], START_PATCHES)
        beginning = {
            "build": functools.partial(_build_further, first_layers, patches),
            "learning_rate": START_LEARNING_RATE,
        }
    if learning_rate:
        beginning["learning_rate"] = learning_rate
    return beginning


def _build_large():
    from . import network  # starts TensorFlow, as only `fit` may

    return network.build(large=True)


def _build_further(layers, patches):
    from . import network  # starts TensorFlow, as only `fit` may

    return network.build_from(layers, patches)


def split(read: list[Image], hold_out: Collection[str]) -> tuple[list[Image], list[Image]]:
    """Part images into those to train on and those to measure on: whole sets, or every tenth image.

    Raises
    ------
    ValueError
        If a set does not exist, or nothing is left to train on.
    """
    names = sorted({image.set_name for image in read})
    every_tenth = read[5::10] or read[-1:]
    held_out = [image for image in read if image.set_name in hold_out] if hold_out else every_tenth
    paths = {image.path for image in held_out}
    kept = [image for image in read if image.path not in paths]
    if not set(hold_out) <= set(names) or (hold_out and not kept):
        raise ValueError(f"--hold-out must name some, not all, of the sets, which are: {', '.join(names)}.")
    if not kept:
        raise ValueError("two images are needed at least, one to train on and one to measure on.")
    return kept, held_out


def make_sampler(read: list[Image], ingredients: Collection[str] = sampling.INGREDIENTS) -> sampling.PatchSampler:
    """Sampler of patches from images."""
    return sampling.PatchSampler([image.light for image in read], [image.set_name for image in read], ingredients)


def _gather_facts(kept, held_out, steps, seed, progress, seconds):
    import tensorflow as tf

    return {
        "command": "python -m model_export " + " ".join(sys.argv[1:]),
        "seed": seed,
        "steps": steps,
        "patches": steps * BATCH,
        "minutes": round(seconds / 60, 1),
        "cores": os.cpu_count(),
        "device": "GPU" if tf.config.list_physical_devices("GPU") else "CPU",
        "versions": _versions(),
        "held_out_score": round(progress[-1][2], 4),
        "training_sets": _describe_sets(kept),
        "held_out_sets": _describe_sets(held_out),
        "held_out_images": [
            [image.set_name, os.path.abspath(image.path), image.licence, image.source] for image in held_out
        ],
        "progress": [[int(step), round(loss, 5), round(score, 5)] for step, loss, score in progress],
    }


def _describe_sets(read):
    sets: dict[str, dict[str, Any]] = {}
    for image in read:
        about = sets.setdefault(image.set_name, {"images": 0, "licences": [], "sources": []})
        about["images"] += 1
        for entry, value in (("licences", image.licence), ("sources", image.source)):
            if value not in about[entry]:
                about[entry].append(value)
    return sets


def _versions():
    import scipy
    import skimage
    import tensorflow

    modules = {"numpy": np, "scipy": scipy, "scikit-image": skimage, "tensorflow": tensorflow}
    return {"python": platform.python_version(), **{name: module.__version__ for name, module in modules.items()}}
