"""Tell images that do not look like fluorescence: brightfield, phase contrast, inverted, stained tissue as gray.

In fluorescence, nothing is darker than the background but for noise. Where it is otherwise, the network, which knows
fluorescence alone, may say anything.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .patches import cut_patches, patch_grid
from .pixels import check_image

BLOCK = 4  # pixels; the noise of means over 4 x 4 pixels is a quarter of theirs
MOST_PATCHES = 80  # of a large image, spread over it
MODE_SHARE = 0.1  # of the blocks, the commonest values
EXTREMES = 1.0  # percent of the blocks, the darkest and the brightest against their patch
LOWEST_MODE = 0.3  # of the range of the blocks; below, the background is dark, as in fluorescence
BRIGHT_MODE = 0.5  # from here on the background is bright
LARGEST_BALANCE = 0.3  # -1: only dark objects, 0: dark and bright ones alike, 1: only bright ones, as in fluorescence
SMALLEST_DEPTH = 30  # of what is dark, in standard deviations of a block's noise; shading and noise are less deep
NOISE_PERCENTILE, NOISE_QUANTILE = 75, 1.1503  # of a normal variable's absolute values


def looks_unlike_fluorescence(image: Any) -> str | None:
    """Why an image does not look like fluorescence, in words, or None if it may be.

    Gain and offset make no difference. It is a hint for people, never a reason to refuse an image.

    Parameters
    ----------
    image : (rows, columns) array of any real dtype

    Returns
    -------
    str or None
        None too where the image is no plane of finite numbers, or smaller than a patch.
    """
    pixels = np.asarray(image)
    try:
        check_image(pixels)
    except ValueError:
        return None
    with np.errstate(all="ignore"):
        mode, balance, depth = _describe(pixels)
    if not (mode >= LOWEST_MODE and balance < LARGEST_BALANCE and depth >= SMALLEST_DEPTH):
        return None
    if mode >= BRIGHT_MODE:
        return "the background is brighter than most objects, as in brightfield or in an inverted image"
    return "objects are darker than the background as much as brighter, as in phase contrast"


def _describe(pixels):
    """Where the background lies, and how what is darker than its surroundings compares with what is brighter.

    Returns
    -------
    mode : float
        Place of the commonest value between the darkest, 0.0, and the brightest, 1.0.
    balance : float
        -1.0 where objects are dark alone, 1.0 where they are bright alone.
    depth : float
        Of the dark objects, in standard deviations of the noise of a block. All are NaN where nothing differs.
    """
    tops, lefts = patch_grid(pixels.shape)
    chosen = np.unique(np.linspace(0, len(tops) - 1, MOST_PATCHES).astype(int))
    patches = cut_patches(pixels, tops[chosen], lefts[chosen])
    means = _block_sums(patches) / BLOCK**2
    low, high = np.percentile(means, (0.5, 99.5))
    mode = (_commonest_value(means.ravel()) - low) / (high - low)
    differences = means - np.median(means, axis=1, keepdims=True)
    dark, bright = np.percentile(differences, (EXTREMES, 100 - EXTREMES))
    return mode, (bright + dark) / (bright - dark), -dark / _block_noise(patches)


def _commonest_value(values):
    """Middle of the shortest interval that holds MODE_SHARE of the values."""
    ordered = np.sort(values)
    count = max(int(len(ordered) * MODE_SHARE), 1)
    first = np.argmin(ordered[count:] - ordered[:-count])
    return ordered[first : first + count + 1].mean()


def _block_noise(patches):
    """Standard deviation of the noise of a block, from the second differences of pixels along every fourth row.

    That of J. Immerkaer (Computer Vision and Image Understanding 64:300, 1996), by a percentile. Where most pixels are
    alike it is that of the second differences at large.
    """
    rows = patches[:, ::BLOCK].astype(float)
    second = np.abs(rows[..., 2:] - 2 * rows[..., 1:-1] + rows[..., :-2])
    spread = np.percentile(second, NOISE_PERCENTILE) / NOISE_QUANTILE or np.sqrt(np.mean(second**2))
    return spread / np.sqrt(6) / BLOCK


def _block_sums(pixels):
    """Sums over blocks, (n, blocks) float64, of (n, rows, columns) pixels, without a copy of all of them as float64."""
    count, rows, columns = pixels.shape
    lines = pixels.reshape(count, rows // BLOCK, BLOCK, columns)
    row_sums = lines[:, :, 0].astype(np.float64)
    for row in range(1, BLOCK):
        row_sums += lines[:, :, row]
    return row_sums.reshape(count, rows // BLOCK, -1, BLOCK).sum(axis=-1).reshape(count, -1)
