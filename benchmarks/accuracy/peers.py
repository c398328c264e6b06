"""Compare the bundled network with its peers on the same images.

    python benchmarks/accuracy/peers.py train-original --images CSV --output DIR --minutes 25
    python benchmarks/accuracy/peers.py table --images CSV --stacks CSV --psf TIFF CSV FIRST LAST --original DIR
    [--earlier v1=DIR]

The peers: the network of Yang et al. (2018), trained on the same patches for the same time with the ranked probability
score, as published (there 1,000,042 steps); earlier weights; and measures without a network, CellProfiler's
PowerLogLogSlope and FocusScore (MeasureImageQuality) and the variance of the Laplacian, whose thresholds are chosen on
the answers.
"""

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

from imagefocus.network import numpy_engine
from imagefocus.network import weights as weight_files  # noqa: E402
from model_export import evaluate as report
from model_export import evaluation, images, runs, stacks, training  # noqa: E402
from model_export import metrics as merit

ORIGINAL_LEARNING_RATE = 3e-4  # without batch normalization it does not bear ours
STEPS_TO_TIME = 20


def log(line):
    print(line, file=sys.stderr, flush=True)


def train_original(options):
    """Train as many steps as the minutes allow, found by timing a few."""
    from model_export import network

    read = images.read_images(images.find_images(options.images, "train"), log)
    kept, held_out = runs.split(read, ())
    batch = runs.sampler_of(held_out, ()).batch([1, 1], runs.HELD_OUT_PATCHES)
    steps = int(options.minutes * 60 / seconds_a_step())
    log(f"{steps} steps")
    model, progress, taken = training.fit(
        runs.sampler_of(kept),
        batch,
        options.output,
        steps,
        1,
        ORIGINAL_LEARNING_RATE,
        network.build_original,
        network.ranked_probability_score,
    )
    limits = {"judged_certainty": 0.3, "in_focus_expected_score": 2.0}
    pictures = list(evaluation.defocused_pictures(held_out))
    results = evaluation.rate_pictures(pictures, evaluation.Rater(network_of(model), limits), log)
    temperature = merit.best_temperature(results)
    results = evaluation.rate_pictures(pictures, evaluation.Rater(network_of(model, temperature), limits), log)
    np.savez(os.path.join(options.output, "original.npz"), *model.get_weights())
    facts = {
        "limit": merit.best_limit(results),
        "temperature": temperature,
        "steps": steps,
        "minutes": round(taken / 60, 1),
        "held_out_score": progress[-1][2],
    }
    with open(os.path.join(options.output, "original.json"), "w") as file:
        json.dump(facts, file)
    log(str(facts))


def seconds_a_step():
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


def network_of(model, temperature=1.0):
    """A Keras model as a function of normalized patches."""

    def network(patches):
        powers = model.predict(patches[..., None], batch_size=64, verbose=0).astype(float) ** (1 / temperature)
        return powers / powers.sum(axis=1, keepdims=True)

    return network


def original_rater(folder):
    from model_export import network

    model = network.build_original()
    with np.load(os.path.join(folder, "original.npz")) as arrays:
        model.set_weights([arrays[f"arr_{index}"] for index in range(len(arrays.files))])
    with open(os.path.join(folder, "original.json")) as file:
        facts = json.load(file)
    limits = {"judged_certainty": 0.3, "in_focus_expected_score": facts["limit"]}
    return evaluation.Rater(network_of(model, facts["temperature"]), limits)


def rater_of_weights(folder):
    """Of a weights folder; those of format 1 had padding in every layer."""
    layers = weight_files.read_arrays(os.path.join(folder, "weights.npz"))
    layers.setdefault("padded", np.ones(len(layers["strides"]), bool))
    with open(os.path.join(folder, "model_card.json"), encoding="utf-8") as file:
        return evaluation.Rater(numpy_engine.numpy_network(layers), json.load(file)["limits"])


def quality_measures():
    """Names and functions (pixels, bits) -> number, larger where sharper or blurrier: the threshold's side is chosen too."""
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
        def of_image(pixels, bits):
            image_set = image.ImageSetList().get_image_set(0)
            image_set.add("image", image.Image(pixels / (2.0**bits - 1)))
            run = workspace.Workspace(
                pipeline.Pipeline(), module, image_set, object.ObjectSet(), measurement.Measurements(), None
            )
            getattr(module, name)(group, run)
            return run.measurements.get_current_image_measurement(f"ImageQuality_{feature}_image")

        return of_image

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
    called = [values * side > threshold * side for threshold in thresholds for side in (1, -1)]
    called = [one for one in called if 0 < one.sum() < len(one)]
    return (
        max(merit.balanced_accuracy(blurred, one) for one in called),
        max(merit.f_score(blurred, one) for one in called),
    )


def measure_quality(measures, pictures, stack_list):
    """The sections of the table that a single number for each image can have."""
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
            figures = {"Spearman, all planes": numbers_agree(numbers, stack.levels)}
            figures["Spearman, planes below level 10"] = numbers_agree(numbers[below], np.array(stack.levels)[below])
            columns[name][f"stack {stack.name}"] = figures
        log(f"{name} measured")
    return columns


def numbers_agree(numbers, levels):
    return abs(stats.spearmanr(numbers, levels)[0]) if len(set(levels)) > 2 else None


def table(options):
    stack_list = stacks.read_stacks(options.stacks)
    path, discs, first, last = options.psf
    point_spread = stacks.read_point_spread(path, discs, int(first), int(last))
    read = images.read_images(images.find_images(options.images, options.split), log)
    raters = {weight_files.DEFAULT_WEIGHTS: rater_of_weights(weight_files.find_weights())}
    raters.update((name, rater_of_weights(folder)) for name, folder in (text.split("=") for text in options.earlier))
    raters["original"] = original_rater(options.original)
    columns = {name: report.measure(rater, read, log, stack_list, point_spread)[0] for name, rater in raters.items()}
    columns.update(measure_quality(quality_measures(), list(evaluation.defocused_pictures(read)), stack_list))
    report.print_table(columns)


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
    compare.set_defaults(run=table)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
