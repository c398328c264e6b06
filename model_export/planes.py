"""Objects above and below the plane in focus: slices of thick ones, haze, dividing cells, debris.

Pictures are cosine transforms of windows, as in `blur`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import fft

from imagefocus.optics import LEVEL_COUNT

from . import scenes, soft_scenes
from .blur import STEPS_PER_LEVEL, WINDOW

DEBRIS_SHARE = 0.08  # of the patches with flat objects
DEBRIS_DISTANCE = 3, 10  # levels, from the flat objects
DEBRIS_BRIGHTNESS = 0.5, 20  # times the contrast of the flat objects
MIXED_BRIGHTNESS = 2  # times the contrast, within which neither of two planes is the brighter one
HAZE_SHARE = 0.1  # of the patches with flat objects
HAZE_DISTANCE = 2  # levels, at least, from the objects in the patch to those that make haze or mixed debris
ROUNDED_HEIGHTS = 2, 5  # levels, above the plane of the flat objects
ROUNDED_BRIGHTNESS = 5, 80  # times the contrast of the flat objects, which may vanish beside them


def through_focus(slices: np.ndarray, heights: np.ndarray, steps: Any, transfer: np.ndarray) -> np.ndarray:
    """Cosine transforms of slices seen from planes, each slice blurred by its distance."""
    away = abs(np.rint(np.add.outer(steps, heights * STEPS_PER_LEVEL)).astype(int))
    return (slices * transfer[np.minimum(away, len(transfer) - 1)]).sum(axis=1)


def add_haze(
    blurred: np.ndarray, spectrum: np.ndarray, steps: np.ndarray, transfer: np.ndarray, random: np.random.Generator
) -> None:
    """Add the light of other objects, further out of focus, to some patches."""
    for patch in np.flatnonzero(random.random(len(blurred)) < HAZE_SHARE):
        nearest = min(steps[patch] + HAZE_DISTANCE * STEPS_PER_LEVEL, len(transfer) - 1)
        far = transfer[random.integers(nearest, len(transfer))]
        blurred[patch] += random.uniform(0.1, 0.7) * spectrum * far


def add_debris(
    blurred: np.ndarray, levels: np.ndarray, transfer: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Add bright objects in a plane of their own to some patches; the brighter plane sets the level."""
    levels = levels.copy()
    for patch in np.flatnonzero(random.random(len(blurred)) < DEBRIS_SHARE):
        contrast = _contrast(blurred[patch])
        distance = random.choice((-1, 1)) * random.uniform(*DEBRIS_DISTANCE)
        step = min(int(abs(levels[patch] + distance) * STEPS_PER_LEVEL), len(transfer) - 1)
        debris = fft.dctn(soft_scenes.draw_debris(random, WINDOW), norm="ortho") * transfer[step]
        ratio = np.exp(random.uniform(*np.log(DEBRIS_BRIGHTNESS)))
        blurred[patch] += debris * (ratio * contrast / max(_contrast(debris), 1e-9))
        level = step / STEPS_PER_LEVEL
        if ratio > MIXED_BRIGHTNESS:
            levels[patch] = level
        elif ratio > 1 / MIXED_BRIGHTNESS and abs(min(level, LEVEL_COUNT - 1) - levels[patch]) >= HAZE_DISTANCE:
            levels[patch] = np.nan
    return levels


def _contrast(spectrum):
    """Standard deviation of the picture with a given cosine transform."""
    return np.sqrt(max((spectrum**2).sum() - spectrum[0, 0] ** 2, 0)) / WINDOW


def draw_cells_above(flat: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Dividing cells, which round up and are brighter than the flat ones: slices and heights as of `draw_window`."""
    brightness = _contrast(flat[0]) * np.exp(random.uniform(*np.log(ROUNDED_BRIGHTNESS)))
    cells = fft.dctn(scenes.draw_rounded_cells(random, WINDOW), norm="ortho")
    return brightness * cells[None], random.uniform(*ROUNDED_HEIGHTS, 1)
