"""Levels to blur patches by, and the labels of levels."""

import numpy as np

from . import defocus
from .blur import LARGEST_LEVEL, STEPS_PER_LEVEL

BETWEEN_SHARE = 0.25  # of the patches, blurred between two levels, with a label shared by the two
BEYOND_SHARE = 0.4  # of those at level 10, blurred still more


def soft_label(level):
    """Probabilities of the 11 levels for a blur that may lie between two of them, or beyond the last.

    Parameters
    ----------
    level : (n,) array
        From 0; NaN where there is nothing to judge, which every level is as probable for.

    Returns
    -------
    (n, 11) float32 array
    """
    flat = np.isnan(level)[:, None]
    level = np.minimum(level, defocus.LEVEL_COUNT - 1)
    distance = np.abs(level[:, None] - np.arange(defocus.LEVEL_COUNT))
    return np.where(flat, 1 / defocus.LEVEL_COUNT, np.maximum(0, 1 - distance)).astype(np.float32)


def draw_levels(count, random):
    """Blur of patches in steps of 1 / STEPS_PER_LEVEL: the 11 levels alike, some between them, some beyond the last."""
    last, largest = ((level * STEPS_PER_LEVEL) for level in (defocus.LEVEL_COUNT - 1, LARGEST_LEVEL))
    level = random.integers(defocus.LEVEL_COUNT, size=count) * STEPS_PER_LEVEL
    between = np.clip(level + random.integers(1 - STEPS_PER_LEVEL, STEPS_PER_LEVEL, size=count), 0, last)
    beyond = random.integers(last + 1, largest + 1, size=count)
    level = np.where(random.random(count) < BETWEEN_SHARE, between, level)
    return np.where((level == last) & (random.random(count) < BEYOND_SHARE), beyond, level)
