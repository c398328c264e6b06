"""The grid of patches that covers an image, and the cell of the image that each patch speaks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PATCH_SIDE = 84  # pixels; doi:10.1186/s12859-018-2087-4
STEPS = (84, 42)


def grid_starts(length: int, step: int = PATCH_SIDE) -> np.ndarray:
    """First pixels of the patches along a side of an image.

    Patches start every `step` pixels; the last one ends with the side, so that the whole side is covered.

    Parameters
    ----------
    length : int
        Pixels along the side, at least 84.
    step : int
        Pixels between patches, 84 or 42.

    Returns
    -------
    (m,) int array, ascending

    Raises
    ------
    ValueError
        If the side is shorter than a patch or the step is neither 84 nor 42.
    """
    if step not in STEPS:
        raise ValueError(f"The patch step is {step} pixels; choose 84 or 42.")
    if length < PATCH_SIDE:
        raise ValueError(f"A side of {length} pixels is shorter than one {PATCH_SIDE} pixel patch.")
    step, last = int(step), length - PATCH_SIDE
    return np.minimum(np.arange(-(-last // step) + 1) * step, last)


def patch_grid(shape: tuple[int, ...], step: int = PATCH_SIDE) -> tuple[np.ndarray, np.ndarray]:
    """Top-left corners of the patches of an image, row by row.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the image.

    Returns
    -------
    tops, lefts : (n,) int arrays
    """
    tops, lefts = np.meshgrid(*(grid_starts(length, step) for length in shape), indexing="ij")
    return tops.ravel(), lefts.ravel()


def cut_patches(image: np.ndarray, tops: np.ndarray, lefts: np.ndarray) -> np.ndarray:
    """Copy 84 x 84 patches out of a (rows, columns) image.

    Returns
    -------
    (n, 84, 84) array of the image's dtype
    """
    windows = np.lib.stride_tricks.sliding_window_view(image, (PATCH_SIDE, PATCH_SIDE))
    return windows[tops, lefts]


def reduced_shape(shape: tuple[int, ...], scale: float) -> tuple[int, ...]:
    """Rows and columns of an image made smaller by the factor `scale`."""
    return tuple(int(round(length * scale)) for length in shape)


def window_starts(centers: np.ndarray, length: int, scale: float = 1.0) -> np.ndarray:
    """First pixels, along one side, of the patches centered on places, moved inward where they would leave the image.

    Parameters
    ----------
    centers : (n,) array
        Pixels of the full image; the middle of its first pixel is 0.
    length : int
        Pixels along the side of the image made smaller by `scale`.

    Returns
    -------
    (n,) int array
    """
    starts = np.rint((np.asarray(centers) + 0.5) * scale - PATCH_SIDE / 2).astype(int)
    return np.clip(starts, 0, length - PATCH_SIDE)


def cell_labels(
    shape: tuple[int, ...], step: int = PATCH_SIDE, rated: np.ndarray | None = None, scale: float = 1.0
) -> np.ndarray:
    """Label each pixel with the patch whose center is nearest.

    Rows and columns are cut halfway between the centers of neighboring patches, so cells never overlap.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the image.
    step : int
        Pixels between patches, 84 or 42.
    rated : (n,) bool array, optional
        The patches that get a label; the cells of the others are 0.
    scale : float
        The factor by which the image was made smaller before it was cut into patches.

    Returns
    -------
    (rows, columns) int16 array, int32 if there are more than 32767 patches
        Labels 1.. in the order of `patch_grid`, without a gap.
    """
    rows, columns = (nearest_patches(length, step, scale) for length in shape)
    width = columns[-1] + 1
    rated = np.ones((rows[-1] + 1) * width, bool) if rated is None else rated
    labels = np.where(rated, np.cumsum(rated), 0).astype(np.int16 if len(rated) < 2**15 else np.int32)
    return labels.reshape(-1, width)[rows[:, None], columns[None, :]]


def nearest_patches(length: int, step: int, scale: float) -> np.ndarray:
    """Number of the nearest patch along a side, for each pixel of the full image.

    Parameters
    ----------
    length, step, scale
        As for `cell_labels`, of one side.

    Returns
    -------
    (length,) int array, 0-based
    """
    starts = grid_starts(reduced_shape((length,), scale)[0], step)
    cuts = (starts[1:] + starts[:-1] + PATCH_SIDE) / 2  # between the centers, in pixel edges
    return np.searchsorted(cuts, reduced_positions(length, scale))


def reduced_positions(length: int, scale: float) -> np.ndarray:
    """Middles of the pixels along a side of the full image, in pixel edges of the image made smaller by `scale`."""
    return (np.arange(length) + 0.5) * (reduced_shape((length,), scale)[0] / length)


def label_centers(layers: Sequence[np.ndarray], ndim: int) -> np.ndarray:
    """Centers of labeled objects.

    Parameters
    ----------
    layers : sequence of int arrays with `ndim` dimensions
        Labels from 1, background 0; objects that overlap are in different layers.
    ndim : int

    Returns
    -------
    (m, ndim) float array
        m is the largest label; NaN for one that has no pixel.
    """
    centers = np.full((max((int(labels.max()) for labels in layers if labels.size), default=0), ndim), np.nan)
    for labels in layers:
        positions = np.nonzero(labels)
        numbers = labels[positions] - 1
        pixels = np.bincount(numbers, minlength=len(centers))
        sums = np.stack([np.bincount(numbers, weights=axis, minlength=len(centers)) for axis in positions], axis=1)
        present = pixels > 0
        centers[present] = sums[present] / pixels[present, None]
    return centers
