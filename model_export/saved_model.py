"""The network as a SavedModel, for TensorFlow from 1.15 on and for Fiji."""

from __future__ import annotations

import os
import shutil

import numpy as np

from imagefocus.levels import ABSTAIN_RAMP, BLURRED_RAMP
from imagefocus.network import weights as weight_files
from imagefocus.network.tensorflow_engine import NETWORK_END
from imagefocus.optics import LEVEL_COUNT
from imagefocus.patches import PATCH_SIDE


def write_saved_model(layers: dict[str, np.ndarray], folder: str) -> None:
    """Write the SavedModel that the TensorFlow engine and Fiji's plugin "Microscope Image Focus Quality" read.

    Tag "inference", signature "serving_default". Input "input": (rows, columns) float32, sides multiples of 84, a
    mosaic of patches. Outputs, patch by patch, row by row: "probabilities" (n, 11) and "patches" (n, 84, 84, 1), the
    pixels as they were given. It uses only operations that TensorFlow 1.15 knows, and no variables: the arrays are
    constants of the graph.
    """
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # it would advise against this format, the only one that both can read
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        mosaic = v1.placeholder(tf.float32, (None, None), "input")
        patches = _tiles(v1, mosaic)
        outputs = {"probabilities": _probabilities(v1, patches, layers), "patches": patches}
        signature = v1.saved_model.predict_signature_def({"input": mosaic}, outputs)
        builder = v1.saved_model.Builder(folder)
        builder.add_meta_graph_and_variables(
            session, ["inference"], {"serving_default": signature}, strip_default_attrs=True
        )
        builder.save()
    os.rmdir(os.path.join(folder, "variables"))  # empty, and git keeps no empty folder


def _tiles(v1, mosaic):
    shape = v1.shape(mosaic) // PATCH_SIDE
    grid = v1.reshape(mosaic, [shape[0], PATCH_SIDE, shape[1], PATCH_SIDE])
    return v1.reshape(v1.transpose(grid, [0, 2, 1, 3]), [-1, PATCH_SIDE, PATCH_SIDE, 1])


def _probabilities(v1, patches, layers):
    """imagefocus.pixels.normalize, then the network; a constant patch has the flat distribution."""
    from .network import forward  # starts TensorFlow

    def over_patch(reduce, values):
        return reduce(values, axis=[1, 2, 3], keepdims=True)

    values = patches - over_patch(v1.reduce_min, patches)
    span = over_patch(v1.reduce_max, values)
    varies = v1.cast(span > 0, v1.float32)
    values /= span + (1 - varies)
    values -= over_patch(v1.reduce_mean, values)
    values *= varies / (v1.sqrt(over_patch(v1.reduce_mean, v1.square(values))) + (1 - varies))
    probabilities = forward(values, layers)
    if "doubt" in layers:  # the name that format 2 of the files gives to the arguments of `abstain`
        probabilities = _abstain(v1, probabilities, *layers["doubt"].tolist())
    probabilities = v1.identity(probabilities, name=NETWORK_END)
    varies = v1.reshape(varies, [-1, 1])
    return v1.identity(varies * probabilities + (1 - varies) / LEVEL_COUNT, name="probabilities")


def _abstain(v1, probabilities, near_probability, remaining_certainty, near_probability_if_blurred=None):
    """imagefocus.levels.abstain in TensorFlow."""
    if near_probability_if_blurred is not None:
        start, end = BLURRED_RAMP
        levels = np.arange(LEVEL_COUNT, dtype=np.float32)
        expected = v1.reduce_sum(probabilities * levels, axis=1, keepdims=True)
        blurred = v1.clip_by_value((expected - start) / (end - start), 0, 1)
        near_probability += blurred * (near_probability_if_blurred - near_probability)
    three = v1.reduce_max(probabilities[:, :-2] + probabilities[:, 1:-1] + probabilities[:, 2:], axis=1, keepdims=True)
    lacking = v1.clip_by_value((near_probability - three) / ABSTAIN_RAMP, 0, 1)
    logarithms = v1.log(v1.maximum(probabilities, 1e-30))
    certainty = 1 + v1.reduce_sum(probabilities * logarithms, axis=1, keepdims=True) / np.log(LEVEL_COUNT)
    share = lacking * (1 - remaining_certainty / v1.maximum(certainty, remaining_certainty))
    return probabilities + share * (1 / LEVEL_COUNT - probabilities)


def export_for_fiji(weights: str, folder: str) -> None:
    """Copy the SavedModel of weights to where Fiji's plugin "Microscope Image Focus Quality" will read it.

    Parameters
    ----------
    weights : str
        Folder of weights.
    folder : str
        Folder to make.

    Raises
    ------
    FileExistsError
        If `folder` is there already.
    """
    if os.path.exists(folder):
        raise FileExistsError(f"{folder} exists already; name a new folder, or move that one away.")
    unfinished = f"{os.path.normpath(folder)}.unfinished-{os.getpid()}"
    try:
        shutil.copytree(weight_files.Weights(weights).saved_model, unfinished)
        os.rename(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
