"""Golden examples: patches for which both engines must give the same probabilities as when the weights were made."""

from __future__ import annotations

import numpy as np

from imagefocus.optics import LEVEL_COUNT
from imagefocus.patches import PATCH_SIDE

from . import camera, defocus


def draw_golden_patches() -> np.ndarray:
    """Draw patches (n, 84, 84) uint8 of made-up nuclei, two at each level; nobody's images are shipped."""
    random = np.random.default_rng(0)
    examples = []
    for index in range(2 * LEVEL_COUNT):
        light = _draw_nuclei(random)
        point_spread = defocus.point_spread_function(index % LEVEL_COUNT * defocus.LEVEL_METERS)
        blurred = defocus.defocus(light, point_spread)
        examples.append(camera.expose(blurred, 2000, 8, random, background_photons=100))
    return np.array(examples, dtype=np.uint8)


def _draw_nuclei(random):
    rows, columns = np.indices((PATCH_SIDE, PATCH_SIDE))
    light = np.zeros((PATCH_SIDE, PATCH_SIDE))
    for _ in range(4):
        row, column = random.uniform(0, PATCH_SIDE, size=2)
        light[np.hypot(rows - row, (columns - column) * random.uniform(0.7, 1.4)) < random.uniform(8, 15)] += 0.4
    return light * random.uniform(0.8, 1.2, light.shape)  # chromatin
