"""Fields that hold a single cell: the sparsest that have something to judge."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import ndimage
from skimage import filters, measure

from imagefocus.measurements import IN_FOCUS, OUT_OF_FOCUS

from . import camera, defocus
from .evaluation import EXPOSURES, Rater
from .images import Image
from .metrics import round_figures

FIELD_SIDE = 588  # pixels; 7 x 7 patches
CELL_PIXELS = 150, 4000
MARGIN = 6  # pixels around a cell that fade out
BACKGROUND = 0.1  # of the brightest light
LEVELS = 0, 6


def cut_isolated_cells(light: np.ndarray) -> list[np.ndarray]:
    """Cut out the cells that touch no other and no border.

    Parameters
    ----------
    light : (rows, columns) array

    Returns
    -------
    list of (rows, columns) float arrays
        Light above the background, 0 at the rim.
    """
    smooth = ndimage.gaussian_filter(light, 1.5)
    labels = measure.label(smooth > filters.threshold_otsu(smooth))
    cells = []
    for region in measure.regionprops(labels):
        top, left, bottom, right = region.bbox
        inside = min(top, left, light.shape[0] - bottom, light.shape[1] - right) > 2 * MARGIN
        if not (inside and CELL_PIXELS[0] <= region.area <= CELL_PIXELS[1]):
            continue
        box = slice(top - 2 * MARGIN, bottom + 2 * MARGIN), slice(left - 2 * MARGIN, right + 2 * MARGIN)
        near = labels[box]
        distance = ndimage.distance_transform_edt(near != region.label)
        if not near[(near != region.label) & (distance <= 2 * MARGIN)].any():
            rim = np.median(light[box][(distance > MARGIN) & (distance <= 2 * MARGIN)])
            cells.append(np.maximum(light[box] - rim, 0) * np.clip(2 - distance / MARGIN, 0, 1))
    return cells


def photograph_cell(cell: np.ndarray, level: int, photons: float, bits: int, random: np.random.Generator) -> np.ndarray:
    """Photograph a field of 588 x 588 pixels that holds nothing but a cell, at a random place, at a level of defocus.

    Returns
    -------
    (588, 588) uint16 array
    """
    light = np.zeros((FIELD_SIDE, FIELD_SIDE))
    top, left = (random.integers(FIELD_SIDE - length + 1) for length in cell.shape)
    light[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    light = np.maximum(defocus.defocus(light, defocus.point_spread_function(level * defocus.LEVEL_METERS)), 0)
    return camera.expose(light / light.max(), photons, bits, random, background_photons=BACKGROUND * photons)


def draw_fields(
    images: list[Image], count: int, levels: tuple[int, ...] = LEVELS, seed: int = 0
) -> Iterator[tuple[int, np.ndarray]]:
    """Fields of single cells out of images, at each level in turn.

    Yields
    ------
    int, the level; (588, 588) uint16 array
    """
    random = np.random.default_rng(seed)
    cells = [cell for image in images for cell in cut_isolated_cells(image.light)[:20]]
    for index in range(count if cells else 0):
        cell, level = cells[random.integers(len(cells))], levels[index % len(levels)]
        photons, bits = EXPOSURES[index // len(levels) % len(EXPOSURES)]
        yield level, photograph_cell(cell, level, photons, bits, random)


def measure_one_cell(images: list[Image], rater: Rater, count: int = 120) -> dict[str, float | None]:
    """Share of the fields of one cell that are judged right.

    Parameters
    ----------
    images : list of images.Image
        In-focus images that the cells are cut from.
    rater : evaluation.Rater

    Returns
    -------
    dict of float
    """
    right: dict = {level: [] for level in LEVELS}
    for level, pixels in draw_fields(images, count):
        right[level].append(rater(pixels).verdict == (IN_FOCUS if level == 0 else OUT_OF_FOCUS))
    return round_figures({f"level {level}: right": np.mean(of_level) for level, of_level in right.items() if of_level})
