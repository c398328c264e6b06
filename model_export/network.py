"""The network, its loss, and the plain list of layers that is exported."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from imagefocus.optics import LEVEL_COUNT
from imagefocus.patches import PATCH_SIDE

# (kernel side, stride, filters, padding) of each convolution. The stride of the first layer makes the network fast: the
# first two layers of Yang et al. (2018) run at full resolution and take three quarters of its operations. Without
# padding it leaves 20 x 20 positions, which two more strides halve evenly.
CONVOLUTIONS = (
    (8, 4, 32, "valid"),
    (3, 2, 48, "same"),
    (3, 1, 48, "same"),
    (3, 2, 64, "same"),
    (3, 1, 64, "same"),
)
# Of a teacher, with ten times the operations: wider and deeper. Where a layer's input has the shape of its output the
# two are added (He et al., 2016, doi:10.1109/CVPR.2016.90), which makes deep networks easier to train.
LARGE_CONVOLUTIONS = (
    (8, 4, 64, "valid"),
    (3, 2, 128, "same"),
    (3, 1, 128, "same"),
    (3, 1, 128, "same"),
    (3, 2, 192, "same"),
    (3, 1, 192, "same"),
    (3, 1, 192, "same"),
    (5, 1, 256, "valid"),
)


def build(large: bool = False) -> tf.keras.Model:
    """Untrained Keras model: (n, 84, 84, 1) normalized patches -> (n, 11) probabilities."""
    layers = tf.keras.layers
    patches = values = tf.keras.Input((PATCH_SIDE, PATCH_SIDE, 1))
    for side, stride, filters, padding in LARGE_CONVOLUTIONS if large else CONVOLUTIONS:
        outputs = layers.Conv2D(filters, side, stride, padding=padding, use_bias=False)(values)
        outputs = layers.ReLU()(layers.BatchNormalization()(outputs))
        values = layers.Add()([values, outputs]) if large and outputs.shape == values.shape else outputs
    probabilities = layers.Dense(LEVEL_COUNT, activation="softmax")(layers.GlobalAveragePooling2D()(values))
    return tf.keras.Model(patches, probabilities)


def forward(patches: Any, layers: dict[str, np.ndarray]) -> Any:
    """Run a network, given as its folded layers, in TensorFlow.

    Parameters
    ----------
    patches : (n, 84, 84, 1) tensor
        Normalized.
    layers : dict of arrays
        As of `folded_layers`.

    Returns
    -------
    (n, 11) tensor
        Probabilities.
    """
    arrays = {
        name: tf.cast(tf.constant(array), tf.float32) for name, array in layers.items() if array.dtype == np.float16
    }
    values = patches
    for index, (stride, padded) in enumerate(zip(layers["strides"].tolist(), layers["padded"])):
        outputs = tf.nn.conv2d(values, arrays[f"kernel{index}"], stride, "SAME" if padded else "VALID")
        outputs = tf.nn.relu(tf.nn.bias_add(outputs, arrays[f"bias{index}"]))
        has_shortcut = "shortcuts" in layers and outputs.shape[1:] == values.shape[1:]
        values = values + outputs if has_shortcut else outputs
    return tf.nn.softmax(tf.matmul(tf.reduce_mean(values, axis=[1, 2]), arrays["dense_kernel"]) + arrays["dense_bias"])


def build_from(layers: dict[str, np.ndarray], patches: np.ndarray) -> tf.keras.Model:
    """Keras model that starts from the folded layers of another, to train it further.

    Parameters
    ----------
    layers : dict of arrays
        As of `folded_layers`.
    patches : (n, 84, 84, 1) float32 array
        Some of those to train on, normalized. Batch normalization starts with their statistics.

    Raises
    ------
    ValueError
        If the layers are not those of `build`.
    """
    model = build()
    needed = folded_layers(model)
    if any(name not in layers or layers[name].shape != array.shape for name, array in needed.items()):
        raise ValueError(
            "the network to start from has other layers than the one that is trained; take a newer one, or none."
        )
    for index, (convolution, normalization) in enumerate(_convolutions(model)):
        kernel, bias = (layers[f"{name}{index}"].astype(np.float32) for name in ("kernel", "bias"))
        convolution.set_weights([kernel])
        outputs = convolution(patches).numpy()
        mean, variance = outputs.mean(axis=(0, 1, 2)), outputs.var(axis=(0, 1, 2))
        normalization.set_weights([np.sqrt(variance + normalization.epsilon), bias + mean, mean, variance])
        patches = np.maximum(outputs + bias, 0)
    model.layers[-1].set_weights([layers[name].astype(np.float32) for name in ("dense_kernel", "dense_bias")])
    return model


def build_original() -> tf.keras.Model:
    """Build the network of Yang et al. (2018), untrained, for comparison: 28,965,771 parameters."""
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            tf.keras.Input((PATCH_SIDE, PATCH_SIDE, 1)),
            layers.Conv2D(32, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(1024, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(LEVEL_COUNT, activation="softmax"),
        ]
    )


def ranked_probability_score(labels: Any, probabilities: Any) -> Any:
    """Sum of squared differences of the cumulative distributions (E. S. Epstein, J. Appl. Meteorol. 8:985, 1969).

    The score is proper, and a prediction of level 4 for level 3 costs less than one of level 10.

    Parameters
    ----------
    labels, probabilities : (n, 11) tensor

    Returns
    -------
    (n,) tensor
        0 to 10; lower is better.
    """
    return tf.reduce_sum(tf.cumsum(probabilities - labels, axis=1) ** 2, axis=1)


def loss(labels: Any, probabilities: Any) -> Any:
    """Ranked probability score plus 0.3 of the cross entropy, which is proper too and speeds up the start.

    Parameters
    ----------
    labels, probabilities : (n, 11) tensor

    Returns
    -------
    (n,) tensor
    """
    cross_entropy = tf.keras.losses.categorical_crossentropy(labels, probabilities)
    return ranked_probability_score(labels, probabilities) + 0.3 * cross_entropy


def folded_layers(model: tf.keras.Model) -> dict[str, np.ndarray]:
    """Arrays of a network, its batch normalization folded into the convolutions.

    Returns
    -------
    dict of arrays
        strides (m,) int64, padded (m,) bool; shortcuts, of a large network alone; kernel0.. (side, side, in, out),
        bias0.. (out,), dense_kernel (in, 11), dense_bias (11,), float16. Both engines compute in float32 from these
        same rounded values.
    """
    convolutions, arrays = _convolutions(model), {}
    for index, (convolution, normalization) in enumerate(convolutions):
        gamma, beta, mean, variance = (value.astype(np.float64) for value in normalization.get_weights())
        scale = gamma / np.sqrt(variance + normalization.epsilon)
        arrays[f"kernel{index}"] = convolution.get_weights()[0] * scale
        arrays[f"bias{index}"] = beta - mean * scale
    arrays["dense_kernel"], arrays["dense_bias"] = model.layers[-1].get_weights()
    layers = {name: array.astype(np.float16) for name, array in arrays.items()}
    layers["strides"] = np.array([layer.strides[0] for layer, _ in convolutions])
    layers["padded"] = np.array([layer.padding == "same" for layer, _ in convolutions])
    if any(isinstance(layer, tf.keras.layers.Add) for layer in model.layers):
        layers["shortcuts"] = np.array(True)
    return layers


def _convolutions(model):
    """Pairs of a convolution and its batch normalization."""
    kinds = tf.keras.layers.Conv2D, tf.keras.layers.BatchNormalization
    return list(zip(*([layer for layer in model.layers if isinstance(layer, kind)] for kind in kinds)))
