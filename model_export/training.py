"""Train the network on defocused in-focus images."""

import itertools
import json
import os
import platform
import sys
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from . import dataset

BATCH = 128
STEPS_PER_REPORT = 250
HELD_OUT_PATCHES = 2048

_sampler = None


def train(folder, run_folder, leave_out, steps, seed, learning_rate=2e-3):
    """Train on `folder`/images.csv and keep the folded layers and the facts of the run in `run_folder`.

    Parameters
    ----------
    leave_out : list of str
        Sets of the training split that are not trained on but measured on.
    steps : int
        Batches of 128 patches.
    """
    images = dataset.read_images(folder)
    kept = [image for image in images if image.set_name not in leave_out]
    held_out = [image for image in images if image.set_name in leave_out]
    unknown = set(leave_out) - {image.set_name for image in images}
    if unknown or not kept or not held_out:
        sets = ", ".join(sorted({image.set_name for image in images}))
        raise ValueError("--leave-out must name some, not all, of the sets of %s: %s." % (folder, sets))
    os.makedirs(run_folder)
    started = time.monotonic()
    print("%d images to train on, %d left out" % (len(kept), len(held_out)), flush=True)

    workers = os.cpu_count() or 1
    sampler = dataset.PatchSampler(kept)
    held_out_batch = dataset.PatchSampler(held_out).batch([seed, 1], HELD_OUT_PATCHES)
    # Workers are forked before TensorFlow starts its threads, and share the images in memory.
    with ProcessPoolExecutor(workers, get_context("fork"), initializer=_share, initargs=(sampler,)) as pool:
        batches = _batches(pool, seed, ahead=4 * workers)
        first = next(batches)
        layers, history = _fit(itertools.chain([first], batches), held_out_batch, steps, seed, learning_rate)

    np.savez(os.path.join(run_folder, "layers.npz"), **layers)
    facts = {
        "command": "python -m model_export " + " ".join(sys.argv[1:]),
        "seed": seed,
        "steps": steps,
        "patches": steps * BATCH,
        "training_sets": _describe_sets(kept),
        "left_out_sets": _describe_sets(held_out),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "cores": workers,
        "versions": _versions(),
        "history": history,
    }
    with open(os.path.join(run_folder, "run.json"), "w") as file:
        json.dump(facts, file, indent=1)


def _share(sampler):
    global _sampler
    _sampler = sampler


def _draw(seed):
    return _sampler.batch(seed, BATCH)


def _batches(pool, seed, ahead):
    """Batches in the order of their seeds, however many processes draw them; at most `ahead` wait in memory."""
    waiting = deque()
    index = 0
    while True:
        while len(waiting) < ahead:
            waiting.append(pool.submit(_draw, [seed, 0, index]))
            index += 1
        yield waiting.popleft().result()


def _fit(batches, held_out, steps, seed, learning_rate):
    import tensorflow as tf

    from . import network

    tf.keras.utils.set_random_seed(seed)
    model = network.build()
    schedule = tf.keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(tf.keras.optimizers.Adam(schedule), network.loss, [network.within_one])
    reports = max(1, steps // STEPS_PER_REPORT)
    history = model.fit(
        batches,
        steps_per_epoch=steps // reports,
        epochs=reports,
        validation_data=held_out,
        verbose=2,
    )
    return network.folded_layers(model), {name: [round(v, 5) for v in values] for name, values in history.history.items()}


def _describe_sets(images):
    sets = {}
    for image in images:
        about = sets.setdefault(image.set_name, {"images": 0, "licence": image.licence, "source": image.source})
        about["images"] += 1
    return sets


def _versions():
    import scipy
    import skimage
    import tensorflow

    modules = {"numpy": np, "scipy": scipy, "scikit-image": skimage, "tensorflow": tensorflow}
    return {"python": platform.python_version(), **{name: module.__version__ for name, module in modules.items()}}
