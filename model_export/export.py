"""Write a version of the weights: SavedModel, arrays, golden examples, model card and checksums; and verify one."""

import json
import os
import shutil
import sys

import numpy as np

from imagefocus.network import engines, numpy_engine
from imagefocus.network import weights as weight_files
from imagefocus.optics import LEVEL_COUNT
from imagefocus.patches import PATCH_SIDE
from imagefocus.pixels import normalize

from . import camera, defocus, evaluation, images
from . import metrics as merit
from .run_folders import read_run, to_tell
from .saved_model import write_saved_model

TOLERANCE = 1e-4
SIZE_LIMIT = 1_000_000  # bytes a version
JUDGED_CERTAINTY = 0.3
# The arguments of imagefocus.levels.abstain; how they were chosen is told in benchmarks/accuracy/ablations.md.
DOUBT = {"near_probability": 0.8, "left_certainty": 0.25, "near_probability_of_blurred": 0.98}
FEW_IMAGES = 5

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


def export(run_folder, output, calibrate_from=None, report=lambda line: None):
    """Write the weights folder `output` (its name is the version) from a training run; refuses to overwrite.

    The temperature of the probabilities and the in-focus limit are fixed on images that were left out of training.

    Parameters
    ----------
    calibrate_from : str, optional
        Folder of another run, that left whole sets out: its network and those sets fix the two instead. The run itself
        can then be trained on every set.

    Raises
    ------
    FileExistsError
        If `output` is there already.
    WeightsError
        If what was written does not pass `verify`; then nothing is kept.
    """
    if os.path.exists(output):
        raise FileExistsError(f"{output} exists already; a version of the weights is never overwritten.")
    layers, run = read_run(run_folder)
    if "shortcuts" in layers:
        raise ValueError(
            f"{run_folder} is the run of a large network, which is to learn from: export one of `train --teacher {run_folder}`."
        )
    calibration_layers, calibration_run = read_run(calibrate_from or run_folder)
    temperature, limits, figures = calibrate(calibration_layers, calibration_run, report)
    layers = with_doubt(soften(layers, temperature))
    calibration = {
        "command": "python -m model_export " + " ".join(sys.argv[1:]),
        "run": to_tell(calibration_run),
        "left_out_sets": calibration_run["left_out_sets"],
        "temperature": temperature,
        "doubt": DOUBT,
    }
    # The unfinished folder has the version's name, for the card and the messages, in a place of its own.
    unfinished = os.path.join(os.path.dirname(os.path.abspath(output)), f".unfinished-{int(os.getpid())}")
    folder = os.path.join(unfinished, os.path.basename(os.path.normpath(output)))
    try:
        os.makedirs(folder)
        write_saved_model(layers, os.path.join(folder, "saved_model"))
        np.savez_compressed(os.path.join(folder, "weights.npz"), **layers)
        examples = golden_examples()
        probabilities = numpy_engine.numpy_network(layers)(normalize(examples))
        np.savez_compressed(os.path.join(folder, "golden.npz"), patches=examples, probabilities=probabilities)
        card = model_card(folder, layers, run, limits)
        write_card(
            folder, {**card, "calibration": calibration, "metrics": {"left out of the calibration's run": figures}}
        )
        verify(folder)
        os.rename(folder, output)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def calibrate(layers, run, report):
    """Fix the temperature and the in-focus limit on the images that a run left out, and measure it there.

    Returns
    -------
    float; dict, the card's limits; dict of figures
    """
    entries = [images.Entry(*entry) for entry in run["left_out_images"]]
    limits = {"judged_certainty": JUDGED_CERTAINTY, "in_focus_expected_score": 2.0}
    report(f"Calibrating on the {len(entries)} images that were left out")
    if len(entries) < FEW_IMAGES:
        report("These are few: the in-focus limit and the temperature depend on each of them.")
    pictures = list(evaluation.defocused_pictures(images.read_images(entries, report)))

    def rate(layers):
        return evaluation.rate_pictures(pictures, evaluation.Rater(numpy_engine.numpy_network(layers), limits), report)

    temperature = merit.best_temperature(rate(layers))
    results = rate(with_doubt(soften(layers, temperature)))
    limits["in_focus_expected_score"] = merit.best_limit(results)
    return temperature, limits, merit.summarize(results, limits)


def soften(layers, temperature):
    """Layers whose logits are divided by a temperature: above 1 the probabilities are flatter, below 1 sharper."""
    dense = {name: (layers[name] / temperature).astype(np.float16) for name in ("dense_kernel", "dense_bias")}
    return {**layers, **dense}


def with_doubt(layers):
    """Layers whose network gives up the patches that it is not sure of; see `imagefocus.levels.abstain`."""
    return {**layers, "doubt": np.array(list(DOUBT.values()))}


def golden_examples():
    """Patches (n, 84, 84) uint8 of made-up nuclei, two at each level: nobody's images are shipped."""
    random = np.random.default_rng(0)
    rows, columns = np.indices((PATCH_SIDE, PATCH_SIDE))
    examples = []
    for index in range(2 * LEVEL_COUNT):
        light = np.zeros((PATCH_SIDE, PATCH_SIDE))
        for _ in range(4):
            row, column = random.uniform(0, PATCH_SIDE, size=2)
            light[np.hypot(rows - row, (columns - column) * random.uniform(0.7, 1.4)) < random.uniform(8, 15)] += 0.4
        light *= random.uniform(0.8, 1.2, light.shape)  # chromatin
        point_spread = defocus.point_spread_function(index % LEVEL_COUNT * defocus.LEVEL_METERS)
        blurred = defocus.defocus(light, point_spread)
        examples.append(camera.expose(blurred, 2000, 8, random, background_photons=100))
    return np.array(examples, dtype=np.uint8)


def model_card(folder, layers, run, limits):
    """What a user of the weights has to know, as a dictionary for JSON."""
    return {
        "version": os.path.basename(folder),
        "format": weight_files.FORMAT,
        "input_side_pixels": PATCH_SIDE,
        "normalization": NORMALIZATION,
        "limits": limits,
        "levels": [
            {
                "level": level,
                "blur_disc_pixels": round(defocus.blur_disc_pixels(level * defocus.LEVEL_METERS), 2),
                "defocus_micrometers_at_na_0.5_and_0.65_um_per_pixel": level * defocus.LEVEL_METERS * 1e6,
            }
            for level in range(LEVEL_COUNT)
        ],
        "parameters": count_parameters(layers),
        "bytes": {path: os.path.getsize(os.path.join(folder, path)) for path in weight_files.list_files(folder)},
        "tolerance": TOLERANCE,
        "training": {key: run[key] for key in TRAINING_FACTS if key in run},
        "training_sets": run["training_sets"],
        "held_out_sets": run["left_out_sets"],
        "looks": {},
        "known_limits": KNOWN_LIMITS,
    }


def count_parameters(layers):
    """Numbers that were trained."""
    return int(sum(array.size for array in layers.values() if array.dtype == np.float16))


def export_for_fiji(weights, folder):
    """Copy the SavedModel of weights to where Fiji's plugin "Microscope Image Focus Quality" shall read it.

    Parameters
    ----------
    weights : str
        Folder of weights.
    folder : str
        Folder to make.
    """
    if os.path.exists(folder):
        raise FileExistsError(f"{folder} exists already; name a new folder, or move that one away.")
    unfinished = f"{os.path.normpath(folder)}.unfinished-{int(os.getpid())}"
    try:
        shutil.copytree(weight_files.Weights(weights).saved_model, unfinished)
        os.rename(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write_card(folder, card):
    """Write the model card and the checksums that include it."""
    with open(os.path.join(folder, "model_card.json"), "w", encoding="utf-8", newline="\n") as file:
        json.dump(card, file, indent=1)
        file.write("\n")
    write_checksums(folder)


def write_checksums(folder):
    """List every other file of a weights folder in SHA256SUMS."""
    paths = [path for path in weight_files.list_files(folder) if path != weight_files.CHECKSUMS]
    with open(os.path.join(folder, weight_files.CHECKSUMS), "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{weight_files.sha256(os.path.join(folder, path))}  {path}\n" for path in paths)


def verify(folder):
    """Check a weights folder: checksums, size, the card against the arrays, both engines against the golden examples.

    Returns
    -------
    float
        Largest difference of a probability from the golden one.

    Raises
    ------
    WeightsError
        If a file is missing or altered, or something disagrees.
    """
    weights = weight_files.Weights(folder)
    card, golden, layers = weights.card, weights.golden(), weights.layers()
    patches = normalize(golden["patches"])
    differences = {
        engine: float(np.abs(engines.network_of(weights, engine)(patches) - golden["probabilities"]).max())
        for engine in ("numpy", "tensorflow")
    }
    problems = [
        "{} differs from golden.npz by {:.2g}".format(*item) for item in differences.items() if not item[1] <= TOLERANCE
    ]
    sizes = {path: os.path.getsize(os.path.join(folder, path)) for path in weight_files.list_files(folder)}
    if sum(sizes.values()) > SIZE_LIMIT:
        problems.append(f"the folder is {int(sum(sizes.values()))} bytes, more than {int(SIZE_LIMIT)}")
    for path, size in card["bytes"].items():
        if sizes.get(path) != size:
            problems.append(f"{path} is {sizes.get(path)} bytes, the card says {int(size)}")
    if count_parameters(layers) != card["parameters"]:
        problems.append(
            f"weights.npz has {int(count_parameters(layers))} parameters, the card says {int(card['parameters'])}"
        )
    if patches.shape[1:] != (card["input_side_pixels"],) * 2:
        problems.append("golden.npz and the card differ in the input side")
    if problems:
        raise weight_files.WeightsError(f"{folder}: {'; '.join(problems)}.")
    return max(differences.values())
