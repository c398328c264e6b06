"""Fields that hold a single cell: the sparsest that have something to judge."""

import numpy as np
from scipy import ndimage
from skimage import filters, measure

from . import camera, defocus
from .metrics import rounded
from .stress import verdict

FIELD_SIDE = 588  # pixels; 7 x 7 patches
CELL_PIXELS = 150, 4000
MARGIN = 6  # pixels around a cell that fade out
BACKGROUND = 0.1  # of the brightest light
EXPOSURES = [(photons, bits) for photons in (100, 1000, 10000) for bits in (8, 12, 16)]


def isolated_cells(light):
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


def one_cell_field(cell, level, photons, bits, random):
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


def one_cell_fields(images, count, levels=(0, 6), seed=0):
    """Fields of single cells out of images, at each level in turn.

    Yields
    ------
    int, the level; (588, 588) uint16 array
    """
    random = np.random.default_rng(seed)
    cells = [cell for image in images for cell in isolated_cells(image.light)[:20]]
    for index in range(count if cells else 0):
        cell, level = cells[random.integers(len(cells))], levels[index % len(levels)]
        photons, bits = EXPOSURES[index // len(levels) % len(EXPOSURES)]
        yield level, one_cell_field(cell, level, photons, bits, random)


def one_cell(images, rater, count=120):
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
    right: dict = {0: [], 6: []}
    for level, pixels in one_cell_fields(images, count, tuple(right)):
        right[level].append(verdict(rater(pixels)) == ("in focus" if level == 0 else "out of focus"))
    return rounded({f"level {level}: right": np.mean(of_level) for level, of_level in right.items() if of_level})
