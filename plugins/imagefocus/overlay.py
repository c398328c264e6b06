"""Ratings as a picture: a border about each patch, its hue the level and its lightness the certainty."""

import numpy as np

from .patches import PATCH_SIDE, cell_labels
from .ratings import LEVEL_COUNT

SHARP_HUE = 2 / 3  # blue; levels run through green and yellow to red
BORDER_PIXELS = 3


def border_colours(levels, certainties):
    """Colour of ratings.

    Parameters
    ----------
    levels : array of 0.0 to 10.0
        Hue: blue for 0, through cyan, green (5) and orange, to red for 10.
    certainties : array of 0.0 to 1.0, of the same shape
        Lightness, its square root, so that what is judged (0.3 and up) is well seen: black for 0.

    Returns
    -------
    (..., 3) uint8 array
    """
    hue = SHARP_HUE * (1 - np.asarray(levels, float) / (LEVEL_COUNT - 1))
    # The standard conversion of a saturated hue: each channel falls off with its distance round the circle.
    distance = np.abs((hue[..., None] - np.array([0, 1 / 3, 2 / 3]) + 0.5) % 1 - 0.5)
    pure = np.clip(2 - 6 * distance, 0, 1)
    lightness = np.sqrt(np.asarray(certainties, float))
    return np.rint(255 * pure * lightness[..., None]).astype(np.uint8)


def draw_overlay(image, rating):
    """Grey picture of the image with the border of each rated patch's cell in the colour of its rating.

    Parameters
    ----------
    image : (rows, columns) array of any real dtype
        The image that was rated.
    rating : ImageRating

    Returns
    -------
    (rows, columns, 3) uint8 array

    Raises
    ------
    ValueError
        If the image is not of the size that was rated.
    """
    image, patches = np.asarray(image), rating.patches
    if image.shape != (patches.tops[-1] + PATCH_SIDE, patches.lefts[-1] + PATCH_SIDE):
        raise ValueError("The overlay wants the image that was rated; this one has shape %s." % (image.shape,))
    labels = cell_labels(image.shape, rating.step)
    border = _near_change(labels[:, 0])[:, None] | _near_change(labels[0])[None, :]
    border &= patches.rated[labels - 1]
    colours = border_colours(patches.scores, patches.certainties)
    picture = np.repeat(stretch(image)[..., None], 3, axis=2)
    picture[border] = colours[labels[border] - 1]
    return picture


def stretch(image):
    """Grey levels for the eye: black at the 0.5th and white at the 99.8th percentile of the finite pixels.

    Returns
    -------
    (rows, columns) uint8 array
    """
    pixels = np.asarray(image, dtype=np.float64)
    finite = np.isfinite(pixels)
    low, high = np.percentile(pixels[finite], (0.5, 99.8)) if finite.any() else (0, 0)
    grey = (pixels - low) / (high - low) if high > low else np.zeros_like(pixels)
    return np.rint(255 * np.clip(np.where(finite, grey, 0), 0, 1)).astype(np.uint8)


def _near_change(labels):
    """True within BORDER_PIXELS of where labels along a line change, or the line ends."""
    edges = np.flatnonzero(np.diff(labels)) + 1
    edges = np.concatenate([[0], edges, [len(labels)]])
    positions = np.arange(len(labels)) + 0.5
    return np.abs(positions[:, None] - edges).min(axis=1) < BORDER_PIXELS
