"""Light of objects in planes of their own: slices of thick ones, haze, dividing cells, debris."""

import numpy as np
from scipy import fft

from . import scenes, soft_scenes
from .blur import STEPS_PER_LEVEL, WINDOW

DEBRIS_SHARE = 0.08  # of the patches with flat objects
DEBRIS_DISTANCE = 3, 10  # levels, from the flat objects
DEBRIS_BRIGHTNESS = 0.5, 20  # times the contrast of the flat objects
MIXED = 2  # times the contrast, within which two planes are as bright as each other
HAZE_SHARE = 0.1  # of the patches with flat objects
HAZE_DISTANCE = 2  # levels at least, from the objects in the patch to those whose light is haze
ROUNDED_SHARE = 0.04  # of the windows with flat objects, that have dividing cells as well
ROUNDED_HEIGHTS = 2, 5  # levels, above the plane of the flat objects
ROUNDED_BRIGHTNESS = 5, 80  # times the contrast of the flat objects, which are seen beside them or drown


def through_focus(slices, heights, index, transfer):
    """Cosine transforms of slices seen from planes, each slice blurred by its distance."""
    away = abs(np.rint(np.add.outer(index, heights * STEPS_PER_LEVEL)).astype(int))
    return (slices * transfer[np.minimum(away, len(transfer) - 1)]).sum(axis=1)


def add_haze(blurred, spectrum, index, transfer, random):
    """Add the light of other objects, further out of focus, to some patches."""
    for patch in np.flatnonzero(random.random(len(blurred)) < HAZE_SHARE):
        nearest = min(index[patch] + HAZE_DISTANCE * STEPS_PER_LEVEL, len(transfer) - 1)
        far = transfer[random.integers(nearest, len(transfer))]
        blurred[patch] += random.uniform(0.1, 0.7) * spectrum * far


def rounded_cells(flat, random):
    """Slices and heights, as `window` returns them, of dividing cells, which round up and are brighter than the flat ones."""
    contrast = np.sqrt((flat**2).sum() - flat[0, 0, 0] ** 2) / WINDOW
    brightness = contrast * np.exp(random.uniform(*np.log(ROUNDED_BRIGHTNESS)))
    cells = fft.dctn(scenes.rounded_cells(random, WINDOW), norm="ortho")
    return brightness * cells[None], random.uniform(*ROUNDED_HEIGHTS, 1)


def add_debris(blurred, levels, transfer, random):
    """Add bright objects in a plane of their own to some patches.

    Returns
    -------
    (n,) array
        Levels of the brightest objects; NaN where two planes are alike and are blurred differently.
    """
    levels = levels.copy()
    for patch in np.flatnonzero(random.random(len(blurred)) < DEBRIS_SHARE):
        contrast = _contrast(blurred[patch])
        distance = random.choice((-1, 1)) * random.uniform(*DEBRIS_DISTANCE)
        index = min(int(abs(levels[patch] + distance) * STEPS_PER_LEVEL), len(transfer) - 1)
        added = fft.dctn(soft_scenes.debris(random, WINDOW), norm="ortho") * transfer[index]
        ratio = np.exp(random.uniform(*np.log(DEBRIS_BRIGHTNESS)))
        blurred[patch] += added * (ratio * contrast / max(_contrast(added), 1e-9))
        level = index / STEPS_PER_LEVEL
        if ratio > MIXED:
            levels[patch] = level
        elif ratio > 1 / MIXED and abs(min(level, 10) - levels[patch]) >= HAZE_DISTANCE:
            levels[patch] = np.nan
    return levels


def _contrast(spectrum):
    """Standard deviation of the picture whose cosine transform is given."""
    return np.sqrt(max((spectrum**2).sum() - spectrum[0, 0] ** 2, 0)) / WINDOW
