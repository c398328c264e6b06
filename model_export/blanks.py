"""Light of patches that hold no object: even, or shaded by optics or by something bright beside them."""

from __future__ import annotations

import functools

import numpy as np

SHADED_SHARE = 0.55
CONTRAST = 0.01, 0.4  # of the shading, over the even light
COSINES = 5  # of a side of the flat-field residue, the finest of 30 pixels from dark to bright
REACH = 1.05, 2.5  # half sides, from the middle of the patch to something bright beside it


def draw_blank(random: np.random.Generator, side: int) -> np.ndarray:
    """Light of a blank.

    Returns
    -------
    (side, side) float32 array
        0, or about 1 where it is shaded.
    """
    if random.random() >= SHADED_SHARE:
        return np.zeros((side, side), np.float32)
    pattern = (_vignette, _residue, _beside)[random.integers(3)](random, side)
    pattern = (pattern - pattern.min()) / max(np.ptp(pattern), 1e-9)
    return (1 + np.exp(random.uniform(*np.log(CONTRAST))) * pattern).astype(np.float32)


def _vignette(random, side):
    """Brightness that falls off from the middle of the field."""
    return -(_distances(side, random.uniform(-4, 4, 2)) ** 2)


def _residue(random, side):
    """What is left of an uneven illumination: a few smooth waves."""
    orders = np.add.outer(np.arange(COSINES), np.arange(COSINES))
    waves = _cosines(side)
    return waves @ (random.standard_normal((COSINES, COSINES)) / (1 + orders) ** random.uniform(0, 2)) @ waves.T


def _beside(random, side):
    """Light of something bright outside the patch, which falls off with distance."""
    angle, reach = random.uniform(0, 2 * np.pi), random.uniform(*REACH)
    distances = _distances(side, (reach * np.sin(angle), reach * np.cos(angle)))
    return 1 / (0.1 + distances) ** random.uniform(1, 4)


def _distances(side, middle):
    positions = (np.arange(side) + 0.5) / side * 2 - 1  # the patch reaches from -1 to 1
    return np.hypot(*np.ix_(positions - middle[0], positions - middle[1]))


@functools.lru_cache(maxsize=None)
def _cosines(side):
    return np.cos(np.pi * np.outer(np.arange(side) + 0.5, np.arange(COSINES)) / side)
