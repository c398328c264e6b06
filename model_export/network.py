"""The network, its loss, and the plain list of layers that is exported."""

import numpy as np
import tensorflow as tf

from imagefocus.patches import PATCH_SIDE

from .defocus import LEVEL_COUNT

# (kernel side, stride, filters) of each convolution. The strided first layer is what makes it light: the original's
# first two layers ran at full resolution and took three quarters of its operations.
CONVOLUTIONS = ((8, 4, 24), (3, 2, 48), (3, 1, 48), (3, 2, 80), (3, 1, 80))


def build():
    """Untrained Keras model: (n, 84, 84, 1) normalised patches -> (n, 11) probabilities."""
    layers = [tf.keras.Input((PATCH_SIDE, PATCH_SIDE, 1))]
    for side, stride, filters in CONVOLUTIONS:
        layers += [
            tf.keras.layers.Conv2D(filters, side, stride, padding="same", use_bias=False),
            tf.keras.layers.BatchNormalization(),
            tf.keras.layers.ReLU(),
        ]
    layers += [tf.keras.layers.GlobalAveragePooling2D(), tf.keras.layers.Dense(LEVEL_COUNT, activation="softmax")]
    return tf.keras.Sequential(layers)


def loss(labels, probabilities):
    """Ranked probability score plus 0.3 of the cross entropy.

    The score (E. S. Epstein, J. Appl. Meteorol. 8:985, 1969), the sum of squared differences of the cumulative
    distributions, knows that level 3 is nearer to 4 than to 10; the cross entropy speeds up the start.
    """
    difference = tf.cumsum(probabilities - labels, axis=1)
    ranked = tf.reduce_sum(difference**2, axis=1)
    return ranked + 0.3 * tf.keras.losses.categorical_crossentropy(labels, probabilities)


def within_one(labels, probabilities):
    """Share of patches whose most probable level is within one of the label."""
    difference = tf.argmax(labels, axis=1) - tf.argmax(probabilities, axis=1)
    return tf.cast(tf.abs(difference) <= 1, tf.float32)


def folded_layers(model):
    """Batch normalisation folded into the convolutions.

    Returns
    -------
    dict of arrays
        strides (m,) int64; kernel0.. (side, side, in, out), bias0.. (out,), dense_kernel, dense_bias, float16:
        both engines compute in float32 from these same rounded values.
    """
    convolutions = [layer for layer in model.layers if isinstance(layer, tf.keras.layers.Conv2D)]
    normalisations = [layer for layer in model.layers if isinstance(layer, tf.keras.layers.BatchNormalization)]
    arrays = {"strides": np.array([layer.strides[0] for layer in convolutions])}
    for index, (convolution, normalisation) in enumerate(zip(convolutions, normalisations)):
        gamma, beta, mean, variance = (value.astype(np.float64) for value in normalisation.get_weights())
        scale = gamma / np.sqrt(variance + normalisation.epsilon)
        arrays["kernel%d" % index] = convolution.get_weights()[0] * scale
        arrays["bias%d" % index] = beta - mean * scale
    arrays["dense_kernel"], arrays["dense_bias"] = model.layers[-1].get_weights()
    return {name: array if name == "strides" else array.astype(np.float16) for name, array in arrays.items()}
