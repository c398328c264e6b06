"""Which blur the training patches have, and the label that belongs to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from imagefocus.optics import LEVEL_COUNT

from .blur import LARGEST_LEVEL, STEPS_PER_LEVEL

BETWEEN_SHARE = 0.25  # of the patches, blurred between two levels, with a label shared by the two
BEYOND_SHARE = 0.4  # of those at level 10, blurred still more


def draw_level_steps(count: int, random: np.random.Generator) -> np.ndarray:
    """Draw the blur of patches: the 11 levels equally often, some between them, some beyond the last.

    Returns
    -------
    (count,) int array
        In steps of 1 / STEPS_PER_LEVEL.
    """
    last, largest = ((level * STEPS_PER_LEVEL) for level in (LEVEL_COUNT - 1, LARGEST_LEVEL))
    steps = random.integers(LEVEL_COUNT, size=count) * STEPS_PER_LEVEL
    between = np.clip(steps + random.integers(1 - STEPS_PER_LEVEL, STEPS_PER_LEVEL, size=count), 0, last)
    beyond = random.integers(last + 1, largest + 1, size=count)
    steps = np.where(random.random(count) < BETWEEN_SHARE, between, steps)
    return np.where((steps == last) & (random.random(count) < BEYOND_SHARE), beyond, steps)


def soft_label(level: Any) -> np.ndarray:
    """Probabilities of the 11 levels for a blur that may lie between two of them, or beyond the last.

    Returns
    -------
    (n, 11) float32 array for (n,) levels from 0; flat where a level is NaN, so that none is the true one
    """
    undefined = np.isnan(level)[:, None]
    level = np.minimum(level, LEVEL_COUNT - 1)
    distance = np.abs(level[:, None] - np.arange(LEVEL_COUNT))
    return np.where(undefined, 1 / LEVEL_COUNT, np.maximum(0, 1 - distance)).astype(np.float32)
