"""The network as a SavedModel, for TensorFlow from 1.15 on and for Fiji."""

import os

import numpy as np

from imagefocus.network.engines import NETWORK_END
from imagefocus.patches import PATCH_SIDE
from imagefocus.pooling import DEVIATION_RAMP
from imagefocus.ratings import ABSTAIN_RAMP, BLURRED_RAMP

from .defocus import LEVEL_COUNT


def write_saved_model(layers, folder):
    """Write the SavedModel that the TensorFlow engine and Fiji's plugin "Microscope Image Focus Quality" read.

    Tag "inference", signature "serving_default". Input "input": (rows, columns) float32, sides multiples of 84, a mosaic
    of patches. Outputs, patch by patch, row by row: "probabilities" (n, 11) and "patches" (n, 84, 84, 1), the pixels as
    they came in. Only operations that TensorFlow 1.15 knows, and no variables: the arrays are constants of the graph.
    """
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # it would advise against this format, which is the one that both can read
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
    """The network behind imagefocus.pixels.normalize; a constant patch has the flat distribution."""

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
    if "doubt" in layers:
        probabilities = _doubt(v1, probabilities, *layers["doubt"].tolist())
    if "deviation" in layers:
        probabilities = _abstain_by_deviation(v1, probabilities, *layers["deviation"].tolist())
    probabilities = v1.identity(probabilities, name=NETWORK_END)
    varies = v1.reshape(varies, [-1, 1])
    return v1.identity(varies * probabilities + (1 - varies) / LEVEL_COUNT, name="probabilities")


def _doubt(v1, probabilities, near_probability, left_certainty, near_probability_of_blurred=None):
    """imagefocus.ratings.doubt in TensorFlow."""
    if near_probability_of_blurred is not None:
        start, end = BLURRED_RAMP
        levels = np.arange(LEVEL_COUNT, dtype=np.float32)
        expected = v1.reduce_sum(probabilities * levels, axis=1, keepdims=True)
        blurred = v1.clip_by_value((expected - start) / (end - start), 0, 1)
        near_probability += blurred * (near_probability_of_blurred - near_probability)
    three = v1.reduce_max(probabilities[:, :-2] + probabilities[:, 1:-1] + probabilities[:, 2:], axis=1, keepdims=True)
    lacking = v1.clip_by_value((near_probability - three) / ABSTAIN_RAMP, 0, 1)
    logarithms = v1.log(v1.maximum(probabilities, 1e-30))
    certainty = 1 + v1.reduce_sum(probabilities * logarithms, axis=1, keepdims=True) / np.log(LEVEL_COUNT)
    share = lacking * (1 - left_certainty / v1.maximum(certainty, left_certainty))
    return probabilities + share * (1 / LEVEL_COUNT - probabilities)


def _abstain_by_deviation(v1, probabilities, largest_deviation, left_certainty):
    """imagefocus.pooling.abstain_by_deviation in TensorFlow."""
    levels = np.arange(LEVEL_COUNT, dtype=np.float32)
    mean = v1.reduce_sum(probabilities * levels, axis=1, keepdims=True)
    variance = v1.reduce_sum(probabilities * v1.square(levels - mean), axis=1, keepdims=True)
    beyond = v1.clip_by_value((v1.sqrt(variance) - largest_deviation) / DEVIATION_RAMP, 0, 1)
    logarithms = v1.log(v1.maximum(probabilities, 1e-30))
    certainty = 1 + v1.reduce_sum(probabilities * logarithms, axis=1, keepdims=True) / np.log(LEVEL_COUNT)
    share = beyond * (1 - left_certainty / v1.maximum(certainty, left_certainty))
    return probabilities + share * (1 / LEVEL_COUNT - probabilities)
