"""A training run from images to a network: which images, and what is kept of the run."""

import os
import platform
import sys

import numpy as np

from imagefocus.network import weights as weight_files

from . import images, run_folders, sampling
from .training import BATCH, fit

HELD_OUT_PATCHES = 2048
START_PATCHES = 1536  # for the statistics of a network that is trained further
START_LEARNING_RATE = 1.5e-3  # a quarter of that of a new one
LARGE_LEARNING_RATE = 3e-3


def train(
    where,
    run_folder,
    leave_out=(),
    steps=30000,
    seed=1,
    doubtful=False,
    start=None,
    large=False,
    teacher=None,
    learning_rate=None,
    report=print,
):
    """Train on in-focus images and keep the network and the facts of the run in `run_folder`; or go on with it.

    Parameters
    ----------
    where : str
        Folder or CSV of images; see `images.find_images`. Of a CSV with splits, `train`.
    leave_out : list of str
        Sets that are not trained on but measured on; by default every tenth image.
    steps, seed : int
        See `fit`.
    doubtful : bool
        Train on images too that are saturated, empty or blurred in the opinion of the shipped weights.
    start : str, optional
        Folder of a finished run, or weights by name or folder, whose network is trained further.
    large : bool
        Train a network to learn from, which is too slow for weights.
    teacher : str, optional
        Folder of its finished run, to learn from.
    learning_rate : float, optional
        Of Adam at the start; by default one that suits a new network, one that is trained further, or a large one.

    Raises
    ------
    ValueError
        If there are no images, or too few, or the run folder is of another run, or the start has other layers; or a
        number is out of its range.
    WeightsError
        If the weights to start from are not there or damaged.
    FileExistsError
        If the run is finished.
    """
    if steps < 1:
        raise ValueError(f"--steps is {int(steps)}; one is needed at least.")
    if learning_rate is not None and not 0 < learning_rate < np.inf:
        raise ValueError(f"--learning-rate is {learning_rate:g}; it must be a number above 0.")
    if large and (start or teacher):
        raise ValueError(
            "a large network is trained from its start and by the labels alone: without --start and --teacher."
        )
    first_layers, begun_with = _start_from(start) if start else (None, None)
    teacher_layers, taught_by = run_folders.read_and_tell(teacher) if teacher else (None, None)
    entries = images.find_images(where, "train")
    report(f"Reading and checking {len(entries)} images")
    read = images.read_images(entries, report, doubtful)
    kept, held_out = split(read, leave_out)
    paths = [os.path.relpath(image.path, where) for image in read]
    settings = {"images": paths, "leave_out": list(leave_out), "steps": steps, "seed": seed}
    # As runs have them that know none of these.
    unusual = {"start": start, "large": large or None, "teacher": teacher, "learning_rate": learning_rate}
    run_folders.begin(run_folder, {**settings, **unusual})
    held_out_batch = sampler_of(held_out, ingredients=()).batch([seed, 1], HELD_OUT_PATCHES)
    sampler = sampler_of(kept)
    beginning = {}
    if large:
        build = _in_fit(lambda network: network.build(large=True))
        beginning = {"build": build, "learning_rate": LARGE_LEARNING_RATE}
    elif start:
        patches, _ = sampler.batch([seed, 2], START_PATCHES)
        build = _in_fit(lambda network: network.build_from(first_layers, patches))
        beginning = {"build": build, "learning_rate": START_LEARNING_RATE}
    if learning_rate:
        beginning["learning_rate"] = learning_rate
    model, progress, seconds = fit(
        sampler, held_out_batch, run_folder, steps, seed, teacher=teacher_layers, **beginning
    )
    facts = _facts(kept, held_out, steps, seed, progress, seconds)
    run_folders.keep(run_folder, model, {**facts, "start": begun_with, "teacher": taught_by})


def _start_from(start):
    """Layers to train further, and what there is to tell of them."""
    if os.path.isfile(os.path.join(start, run_folders.SETTINGS)):  # a run, finished or not
        return run_folders.read_and_tell(start)
    weights = weight_files.Weights(weight_files.find_weights(start))
    return weights.layers(), weights.version


def _in_fit(make):
    """What makes a model of the module `network`, which starts TensorFlow, as only `fit` may."""

    def build():
        from . import network

        return make(network)

    return build


def split(read, leave_out):
    """Part images into those to train on and those to measure on: whole sets, or every tenth image."""
    names = sorted({image.set_name for image in read})
    if leave_out:
        held_out = [image for image in read if image.set_name in leave_out]
    else:
        held_out = read[5::10] or read[-1:]
    paths = {image.path for image in held_out}
    kept = [image for image in read if image.path not in paths]
    if not set(leave_out) <= set(names) or (leave_out and not kept):
        raise ValueError(f"--leave-out must name some, not all, of the sets, which are: {', '.join(names)}.")
    if not kept:
        raise ValueError("two images are needed at least, one to train on and one to measure on.")
    return kept, held_out


def sampler_of(read, ingredients=sampling.INGREDIENTS):
    """The sampler of a list of images.Image."""
    return sampling.PatchSampler([image.light for image in read], [image.set_name for image in read], ingredients)


def _facts(kept, held_out, steps, seed, progress, seconds):
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
        "left_out_sets": _describe_sets(held_out),
        "left_out_images": [
            [image.set_name, os.path.abspath(image.path), image.licence, image.source] for image in held_out
        ],
        "progress": [[int(step), round(loss, 5), round(score, 5)] for step, loss, score in progress],
    }


def _describe_sets(read):
    sets = {}
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
