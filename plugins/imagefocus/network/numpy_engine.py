"""The network on NumPy alone, which every installation has."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable

import numpy as np

from ..levels import abstain

PATCHES_AT_A_TIME = 16  # intermediate arrays then stay in the processor's cache


def build_numpy_network(layers: dict[str, np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """The network on NumPy.

    Parameters
    ----------
    layers : dict of arrays
        As `Weights.layers` returns them.

    Returns
    -------
    function
        (n, 84, 84) float32 normalized patches -> (n, 11) float64 probabilities
    """
    arrays = {name: array.astype(np.float32) for name, array in layers.items() if array.dtype == np.float16}
    one_thread = blas_limit()

    def network(patches):
        values = patches[..., None]
        with one_thread():
            for index, (stride, padded) in enumerate(zip(layers["strides"], layers["padded"])):
                values = convolve(values, arrays[f"kernel{index}"], arrays[f"bias{index}"], stride, padded)
                np.maximum(values, 0, out=values)
            probabilities = _softmax(values.mean(axis=(1, 2)) @ arrays["dense_kernel"] + arrays["dense_bias"])
        # "doubt" is the name that format 2 of the files gives to the arguments of `abstain`.
        return abstain(probabilities, *layers["doubt"]) if "doubt" in layers else probabilities

    return network


def _softmax(logits):
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def blas_limit():
    """Context in which BLAS uses one thread; it does nothing without threadpoolctl, which CellProfiler brings along."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return contextlib.nullcontext
    return functools.partial(ThreadpoolController().limit, limits=1, user_api="blas")


def convolve(values, kernel, bias, stride, padded=True):
    """Two-dimensional convolution of a batch as a single matrix product.

    Parameters
    ----------
    values : (n, rows, columns, channels) float32 array
    kernel : (side, side, channels, filters) float32 array
    bias : (filters,) float32 array
    stride : int
    padded : bool
        Zeros about the border, as TensorFlow's padding "SAME" has them, or none ("VALID").

    Returns
    -------
    (n, r, c, filters) float32 array
        r is ceil(rows / stride) with zeros, floor((rows - side) / stride) + 1 without; c likewise.
    """
    side, _, channels, filters = kernel.shape
    if padded:
        values = np.pad(values, ((0, 0), *(_padding(length, side, stride) for length in values.shape[1:3]), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(values, (side, side), axis=(1, 2))  # type: ignore[call-overload]
    windows = windows[:, ::stride, ::stride]
    columns_of_windows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, side * side * channels)
    result = columns_of_windows @ kernel.reshape(-1, filters)
    result += bias
    return result.reshape(*windows.shape[:3], filters)


def _padding(length, side, stride):
    """Zeros before and after a side, as TensorFlow's padding "SAME" has them."""
    total = max((-(-length // stride) - 1) * stride + side - length, 0)
    return total // 2, total - total // 2
