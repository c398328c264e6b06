"""Measure what each ingredient of the training brings: the recipe whole, without each of them, and without any.

    python benchmarks/accuracy/ablations.py --images CSV --output DIR [--steps 7000]

Trains on all sets but HELD_OUT_SETS, about 5 minutes a variant on two cores, and measures on those. Prints a table as
benchmarks/accuracy/LOG.md has it. Variants that are in DIR already are not trained again.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np  # noqa: E402

from imagefocus.measurements import JUDGED_CERTAINTY  # noqa: E402
from imagefocus.network import numpy_engine  # noqa: E402
from imagefocus.network import weights as weight_files  # noqa: E402
from model_export import evaluation, images, metrics, runs, sampling, training  # noqa: E402

HELD_OUT_SETS = ("dsb2018_u2os_360", "ht29_human", "kc167_fly", "neubias_course_mix")
LIMITS = {"judged_certainty": JUDGED_CERTAINTY, "in_focus_expected_score": 1.5}
VARIED_PATCHES = 8192


def list_variants():
    """Name of each variant -> its ingredients."""
    whole = set(sampling.INGREDIENTS)
    return {"whole": whole, **{f"without {name}": whole - {name} for name in sampling.INGREDIENTS}, "none": set()}


def train(images_path, folder, ingredients, steps):
    """Train one variant; in a process of its own, since training forks, which TensorFlow must not precede."""
    from model_export import network

    kept, held_out = read_and_split(images_path)
    os.makedirs(folder, exist_ok=True)
    batch = runs.make_sampler(held_out, ()).batch([1, 1], runs.HELD_OUT_PATCHES)
    model, _, _ = training.fit(runs.make_sampler(kept, ingredients), batch, folder, steps, seed=1)
    np.savez(os.path.join(folder, "layers.npz"), **network.folded_layers(model))


def read_and_split(images_path):
    return runs.split(images.read_images(images.find_images(images_path, "train"), print), HELD_OUT_SETS)


def measure(network, pictures, varied):
    """The columns of the table: on the reference optics and camera, and on patches drawn with every ingredient."""
    results = evaluation.rate_pictures(pictures, evaluation.Rater(network, LIMITS))
    limits = {**LIMITS, "in_focus_expected_score": metrics.find_best_limit(results)}
    figures = metrics.summarize(results, limits)
    patches, labels = varied
    answers = np.concatenate([network(patches[first : first + 256, ..., 0]) for first in range(0, len(patches), 256)])
    scores = ((np.cumsum(answers, axis=1) - np.cumsum(labels, axis=1)) ** 2).sum(axis=1)
    return {
        "image within one": figures["image Score within one level"],
        "judged patch within one": figures["patch Score within one level, patches judged"],
        "share judged": figures["share judged of patches with signal"],
        "patch RPS": figures["ranked probability score of patches"],
        "best limit": limits["in_focus_expected_score"],
        "balanced accuracy": figures["balanced accuracy of out of focus"],
        "calibration error": figures["calibration error of patches"],
        "varied patch RPS": float(scores.mean()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True, metavar="DIR|CSV")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--steps", type=int, default=7000)
    options = parser.parse_args()
    paths = {name: os.path.join(options.output, name, "layers.npz") for name in list_variants()}
    for name, ingredients in list_variants().items():
        if not os.path.exists(paths[name]):
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                pool.submit(train, options.images, os.path.dirname(paths[name]), ingredients, options.steps).result()
    layers = {name: weight_files.read_arrays(path) for name, path in paths.items()}
    held_out = read_and_split(options.images)[1]
    pictures = list(evaluation.defocus_images(held_out))
    varied = runs.make_sampler(held_out).batch([1, 2], VARIED_PATCHES)
    for index, name in enumerate(layers):
        row = measure(numpy_engine.build_numpy_network(layers[name]), pictures, varied)
        if index == 0:
            print(f"| variant | {' | '.join(row)} |\n|{' --- |' * (len(row) + 1)}")
        print(
            f"| {name} | {' | '.join('-' if value is None else f'{value:.4g}' for value in row.values())} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
