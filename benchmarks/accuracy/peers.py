"""Compare the bundled network with its peers on the same images.

    python benchmarks/accuracy/peers.py train-original --images CSV --output DIR --minutes 25
    python benchmarks/accuracy/peers.py table --images CSV --stacks CSV --psf TIFF CSV FIRST LAST --original DIR
    [--earlier v1=DIR]

The peers: the network of Yang et al. (2018), trained on the same patches for the same time with the ranked probability
score, as published (there 1,000,042 steps); earlier weights; and measures without a network, CellProfiler's
PowerLogLogSlope and FocusScore (MeasureImageQuality) and the variance of the Laplacian, whose thresholds are chosen on
the answers.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from multiprocessing import get_context

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np  # noqa: E402
from scipy import ndimage, stats  # noqa: E402

from imagefocus.measurements import JUDGED_CERTAINTY  # noqa: E402
from imagefocus.network import numpy_engine  # noqa: E402
from imagefocus.network import weights as weight_files  # noqa: E402
from model_export import calibration, evaluate, evaluation, images, metrics, runs, stacks, training  # noqa: E402

ORIGINAL_LEARNING_RATE = 3e-4  # without batch normalization it diverges at ours
STEPS_TO_TIME = 20


def log(line):
    print(line, file=sys.stderr, flush=True)


def train_original(options):
    """Train as many steps as the minutes allow, found by timing a few."""
    from model_export import network

    read = images.read_images(images.find_images(options.images, "train"), log)
    kept, held_out = runs.split(read, ())
    batch = runs.make_sampler(held_out, ()).batch([1, 1], runs.HELD_OUT_PATCHES)
    steps = int(options.minutes * 60 / measure_step_seconds())
    log(f"{steps} steps")
    model, progress, taken = training.fit(
        runs.make_sampler(kept),
        batch,
        options.output,
        steps,
        1,
        ORIGINAL_LEARNING_RATE,
        network.build_original,
        network.ranked_probability_score,
    )
    pictures = list(evaluation.defocus_images(held_out))
    rater = evaluation.Rater(wrap_model(model), calibration.FIRST_LIMITS)
    temperature = metrics.find_best_temperature(evaluation.rate_pictures(pictures, rater, log))
    rater = evaluation.Rater(wrap_model(model, temperature), calibration.FIRST_LIMITS)
    results = evaluation.rate_pictures(pictures, rater, log)
    np.savez(os.path.join(options.output, "original.npz"), *model.get_weights())
    facts = {
        "limit": metrics.find_best_limit(results),
        "temperature": temperature,
        "steps": steps,
        "minutes": round(taken / 60, 1),
        "held_out_score": progress[-1][2],
    }
    with open(os.path.join(options.output, "original.json"), "w") as file:
        json.dump(facts, file)
    log(str(facts))


def measure_step_seconds():
    """Median seconds of a training step, in a process of its own: training forks, which TensorFlow must not precede."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(time_steps)


def time_steps():
    import tensorflow as tf

    from model_export import network

    model = network.build_original()
    model.compile(tf.keras.optimizers.Adam(), network.ranked_probability_score)
    patches = np.random.default_rng(0).standard_normal((training.BATCH, 84, 84, 1)).astype(np.float32)
    labels = np.full((training.BATCH, 11), 1 / 11, np.float32)
    taken = []
    for _ in range(STEPS_TO_TIME):
        started = time.monotonic()
        model.train_on_batch(patches, labels)
        taken.append(time.monotonic() - started)
    return statistics.median(taken)


def wrap_model(model, temperature=1.0):
    """A Keras model as a function of normalized patches."""

    def network(patches):
        powers = model.predict(patches[..., None], batch_size=64, verbose=0).astype(float) ** (1 / temperature)
        return powers / powers.sum(axis=1, keepdims=True)

    return network


def read_original_rater(folder):
    from model_export import network

    model = network.build_original()
    with np.load(os.path.join(folder, "original.npz")) as arrays:
        model.set_weights([arrays[f"arr_{index}"] for index in range(len(arrays.files))])
    with open(os.path.join(folder, "original.json")) as file:
        facts = json.load(file)
    limits = {"judged_certainty": JUDGED_CERTAINTY, "in_focus_expected_score": facts["limit"]}
    return evaluation.Rater(wrap_model(model, facts["temperature"]), limits)


def read_rater(folder):
    """Rater with the weights of a folder; those of format 1 have padding in every layer."""
    layers = weight_files.read_arrays(os.path.join(folder, "weights.npz"))
    layers.setdefault("padded", np.ones(len(layers["strides"]), bool))
    with open(os.path.join(folder, "model_card.json"), encoding="utf-8") as file:
        return evaluation.Rater(numpy_engine.build_numpy_network(layers), json.load(file)["limits"])


def quality_measures():
    """Measures without a network, by name: functions (pixels, bits) -> number.

    The number may be larger where the image is sharper or where it is blurrier: `best_thresholds` tries both sides.
    """
    from cellprofiler_core.preferences import set_headless

    set_headless()
    from cellprofiler.modules.measureimagequality import MeasureImageQuality
    from cellprofiler_core import image, measurement, object, pipeline, workspace

    module = MeasureImageQuality()
    module.set_module_num(1)
    module.images_choice.value = "Select..."
    group = module.image_groups[0]
    group.image_names.value = "image"

    def measure(name, feature):
        def measure_pixels(pixels, bits):
            image_set = image.ImageSetList().get_image_set(0)
            image_set.add("image", image.Image(pixels / (2.0**bits - 1)))
            run = workspace.Workspace(
                pipeline.Pipeline(), module, image_set, object.ObjectSet(), measurement.Measurements(), None
            )
            getattr(module, name)(group, run)
            return run.measurements.get_current_image_measurement(f"ImageQuality_{feature}_image")

        return measure_pixels

    def laplacian(pixels, bits):
        return ndimage.laplace(pixels / (2.0**bits - 1)).var()

    return {
        "PowerSlope": measure("calculate_power_spectrum", "PowerLogLogSlope"),
        "FocusScore": measure("calculate_focus_scores", "FocusScore"),
        "Laplacian": laplacian,
    }


def best_thresholds(values, blurred):
    """Largest balanced accuracy and largest F-score of "out of focus" over all thresholds and both sides."""
    thresholds = np.unique(values)
    flagged = [values * side > threshold * side for threshold in thresholds for side in (1, -1)]
    flagged = [choice for choice in flagged if 0 < choice.sum() < len(choice)]
    return (
        max(metrics.balanced_accuracy(blurred, choice) for choice in flagged),
        max(metrics.f_score(blurred, choice) for choice in flagged),
    )


def measure_quality(measures, pictures, stack_list):
    """The sections of the table for measures that give a single number for each image."""
    blurred = np.array([picture.level for picture in pictures]) >= 2
    columns = {}
    for name, measure in measures.items():
        values = np.array([measure(picture.pixels, picture.bits) for picture in pictures])
        accuracy, f_score = best_thresholds(values, blurred)
        columns[name] = {
            "images at all levels": {"balanced accuracy of out of focus": accuracy, "F-score of out of focus": f_score}
        }
        for stack in stack_list:
            numbers = np.array([measure(plane, plane.dtype.itemsize * 8) for plane in stack.planes])
            below = np.array(stack.levels) < 10
            figures = {"Spearman, all planes": correlate(numbers, stack.levels)}
            figures["Spearman, planes below level 10"] = correlate(numbers[below], np.array(stack.levels)[below])
            columns[name][f"stack {stack.name}"] = figures
        log(f"{name} measured")
    return columns


def correlate(numbers, levels):
    return abs(stats.spearmanr(numbers, levels)[0]) if len(set(levels)) > 2 else None


def print_peers(options):
    stack_list = stacks.read_stacks(options.stacks)
    path, discs, first, last = options.psf
    point_spread = stacks.read_point_spread(path, discs, int(first), int(last))
    read = images.read_images(images.find_images(options.images, options.split), log)
    raters = {weight_files.DEFAULT_WEIGHTS: read_rater(weight_files.find_weights())}
    raters.update((name, read_rater(folder)) for name, folder in (text.split("=") for text in options.earlier))
    raters["original"] = read_original_rater(options.original)
    columns = {name: evaluate.measure(rater, read, log, stack_list, point_spread)[0] for name, rater in raters.items()}
    columns.update(measure_quality(quality_measures(), list(evaluation.defocus_images(read)), stack_list))
    evaluate.print_table(columns)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train-original")
    train.add_argument("--images", required=True, metavar="DIR|CSV")
    train.add_argument("--output", required=True, metavar="DIR")
    train.add_argument("--minutes", type=float, required=True)
    train.set_defaults(run=train_original)
    compare = commands.add_parser("table")
    compare.add_argument("--images", required=True, metavar="DIR|CSV")
    compare.add_argument("--split", default="validation")
    compare.add_argument("--stacks", required=True, metavar="CSV")
    compare.add_argument("--psf", nargs=4, required=True, metavar=("TIFF", "CSV", "FIRST", "LAST"))
    compare.add_argument("--original", required=True, metavar="DIR", help="of train-original")
    compare.add_argument("--earlier", nargs="*", default=(), metavar="NAME=DIR", help="folders of earlier weights")
    compare.set_defaults(run=print_peers)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
