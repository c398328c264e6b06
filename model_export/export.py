"""Write a version of the weights: SavedModel, arrays, golden examples, model card and checksums; and verify one."""

import json
import os
import shutil

import numpy as np

from imagefocus import bundle, engines
from imagefocus.intensities import normalise
from imagefocus.patches import PATCH_SIDE
from imagefocus.ratings import LEVEL_COUNT

from . import camera, dataset, defocus, evaluation

TOLERANCE = 1e-4
SIZE_LIMIT = 1_000_000  # bytes a version

NORMALISATION = "each patch: minus its mean, divided by its standard deviation (imagefocus.intensities.normalise)"
KNOWN_LIMITS = [
    "Trained on fluorescence of nuclei and some cytoplasm; brightfield and phase contrast are not supported.",
    "A level is a blur in pixels: at another sampling the same level is another defocus in micrometres.",
    "Finely sampled images, nuclei of more than about 60 pixels across, are blurred in pixels even in focus.",
    "Blur between objects in different planes of one patch is judged as a whole.",
]


def export(run_folder, images_folder, output):
    """Write the weights folder `output` (its name is the version) from a training run; refuses to overwrite.

    Raises
    ------
    FileExistsError
        If `output` is there already.
    WeightsError
        If what was written does not pass `verify`; then nothing is kept.
    """
    if os.path.exists(output):
        raise FileExistsError("%s exists already; a version of the weights is never overwritten." % output)
    with np.load(os.path.join(run_folder, "layers.npz")) as arrays:
        layers = dict(arrays)
    with open(os.path.join(run_folder, "run.json")) as file:
        run = json.load(file)
    # The unfinished folder has the version's name, for the card and the messages, in a place of its own.
    unfinished = os.path.join(os.path.dirname(os.path.abspath(output)), ".unfinished")
    folder = os.path.join(unfinished, os.path.basename(os.path.normpath(output)))
    try:
        os.makedirs(folder)
        write_saved_model(layers, os.path.join(folder, "saved_model"))
        np.savez_compressed(os.path.join(folder, "weights.npz"), **layers)
        card = model_card(os.path.basename(folder), layers, run)
        write_card(folder, card)
        left_out = dataset.read_images(images_folder, sets=run["left_out_sets"])
        results = evaluation.rate_defocused(left_out, folder)
        card["limits"]["in_focus_expected_score"] = evaluation.best_limit(results)
        card["metrics"]["left-out sets, all levels"] = evaluation.summarise(results, card["limits"])
        examples = golden_examples()
        probabilities = engines.network_of(bundle.Bundle(folder), "numpy")(normalise(examples))
        np.savez_compressed(os.path.join(folder, "golden.npz"), patches=examples, probabilities=probabilities)
        write_card(folder, card)
        verify(folder)
        os.rename(folder, output)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write_saved_model(layers, folder):
    """SavedModel with the method `logits`: (n, 84, 84) float32 normalised patches -> (n, 11) float32."""
    import tensorflow as tf

    class Network(tf.Module):
        def __init__(self):
            super().__init__()
            self.arrays = {name: tf.Variable(array, trainable=False) for name, array in layers.items() if name != "strides"}

        @tf.function(input_signature=[tf.TensorSpec((None, PATCH_SIDE, PATCH_SIDE), tf.float32)])
        def logits(self, patches):
            arrays = {name: tf.cast(array, tf.float32) for name, array in self.arrays.items()}
            values = patches[..., None]
            for index, stride in enumerate(layers["strides"].tolist()):
                values = tf.nn.conv2d(values, arrays["kernel%d" % index], stride, "SAME") + arrays["bias%d" % index]
                values = tf.nn.relu(values)
            return tf.reduce_mean(values, axis=(1, 2)) @ arrays["dense_kernel"] + arrays["dense_bias"]

    tf.saved_model.save(Network(), folder)


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


def model_card(version, layers, run):
    """What a user of the weights has to know, as a dictionary for JSON."""
    return {
        "version": version,
        "input_side_pixels": PATCH_SIDE,
        "normalisation": NORMALISATION,
        "limits": {"judged_certainty": 0.3, "in_focus_expected_score": 2.0},
        "levels": [
            {
                "level": level,
                "blur_disc_pixels": round(defocus.blur_disc_pixels(level * defocus.LEVEL_METERS), 2),
                "defocus_micrometers_at_na_0.5_and_0.65_um_per_pixel": level * defocus.LEVEL_METERS * 1e6,
            }
            for level in range(LEVEL_COUNT)
        ],
        "parameters": int(sum(array.size for name, array in layers.items() if name != "strides")),
        "tolerance": TOLERANCE,
        "training": {key: run[key] for key in ("command", "seed", "steps", "patches", "minutes", "cores", "versions")},
        "training_sets": run["training_sets"],
        "left_out_sets": run["left_out_sets"],
        "metrics": {},
        "known_limits": KNOWN_LIMITS,
    }


def write_card(folder, card):
    """Write the model card and the checksums that include it."""
    with open(os.path.join(folder, "model_card.json"), "w", encoding="utf-8", newline="\n") as file:
        json.dump(card, file, indent=1)
        file.write("\n")
    write_checksums(folder)


def write_checksums(folder):
    """List every other file of a weights folder in SHA256SUMS."""
    paths = [path for path in bundle.list_files(folder) if path != bundle.CHECKSUMS]
    with open(os.path.join(folder, bundle.CHECKSUMS), "w", encoding="utf-8", newline="\n") as file:
        file.writelines("%s  %s\n" % (bundle.sha256(os.path.join(folder, path)), path) for path in paths)


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
    weights = bundle.Bundle(folder)
    size = sum(os.path.getsize(os.path.join(folder, path)) for path in bundle.list_files(folder))
    parameters = sum(array.size for name, array in weights.layers().items() if name != "strides")
    golden = weights.golden()
    patches = normalise(golden["patches"])
    differences = {
        engine: float(np.abs(engines.network_of(weights, engine)(patches) - golden["probabilities"]).max())
        for engine in ("numpy", "tensorflow")
    }
    problems = ["%s differs from golden.npz by %.2g" % item for item in differences.items() if item[1] > TOLERANCE]
    if size > SIZE_LIMIT:
        problems.append("the folder is %d bytes, more than %d" % (size, SIZE_LIMIT))
    if parameters != weights.card["parameters"]:
        problems.append("weights.npz has %d parameters, the card says %d" % (parameters, weights.card["parameters"]))
    if patches.shape[1:] != (weights.card["input_side_pixels"],) * 2:
        problems.append("golden.npz and the card differ in the input side")
    if problems:
        raise bundle.WeightsError("%s: %s." % (folder, "; ".join(problems)))
    return max(differences.values())
