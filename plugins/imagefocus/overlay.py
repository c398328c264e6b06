"""Ratings as pictures.

A border about each patch: its hue is the level, its lightness the certainty. A map of the focus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .measurements import JUDGED_CERTAINTY
from .optics import LEVEL_COUNT
from .patches import PATCH_SIDE, grid_starts, nearest_patches, reduced_positions, reduced_shape

if TYPE_CHECKING:
    from .ratings import ImageRating

PALETTES = ("hue", "blue to orange")
SHARP_HUE = 2 / 3  # blue; levels run through green and yellow to red
# Blue, white and vermilion differ for every kind of color vision (M. Okabe & K. Ito, Color Universal Design, 2008).
BLUE_TO_ORANGE = ((0, 114, 178), (240, 240, 240), (213, 94, 0))
BORDER_PIXELS = 3
SEEN_CERTAINTY = JUDGED_CERTAINTY
BAND_PIXELS = 40_000  # drawn at a time, so that an overlay takes little more memory than its own
SAMPLE_PIXELS = 1_000_000  # that black and white are found on, in larger images


def border_colors(levels: Any, certainties: Any, palette: str = PALETTES[0]) -> np.ndarray:
    """Color of ratings.

    Parameters
    ----------
    levels : array of 0.0 to 10.0
        Hue: blue for 0, through cyan, green (5) and orange, to red for 10.
    certainties : array of 0.0 to 1.0, of the same shape
        Lightness: from 0.3 on its square root, so that what is judged is well seen; below, where nothing is judged, it
        falls fast, to black for 0.
    palette : str
        "hue", as published, or "blue to orange", through white, which is readable with a color-vision deficiency.

    Returns
    -------
    (..., 3) uint8 array

    Raises
    ------
    ValueError
        If the palette is none of the two.
    """
    if palette not in PALETTES:
        raise ValueError(f"There is no palette {palette!r}; choose one of {', '.join(PALETTES)}.")
    pure = (_hues if palette == "hue" else _blue_to_orange)(np.asarray(levels, float) / (LEVEL_COUNT - 1))
    certainties = np.asarray(certainties, float)
    seen = np.sqrt(np.maximum(certainties, SEEN_CERTAINTY))
    lightness = seen * np.minimum(certainties / SEEN_CERTAINTY, 1) ** 2
    return np.rint(255 * pure * lightness[..., None]).astype(np.uint8)


def _blue_to_orange(shares):
    stops = np.array(BLUE_TO_ORANGE) / 255
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(shares, places, channel) for channel in stops.T], axis=-1)


def _hues(shares):
    hue = SHARP_HUE * (1 - shares)
    # The standard conversion of a saturated hue: each channel falls off with its distance round the circle.
    distance = np.abs((hue[..., None] - np.array([0, 1 / 3, 2 / 3]) + 0.5) % 1 - 0.5)
    return np.clip(2 - 6 * distance, 0, 1)


def draw_overlay(image: Any, rating: ImageRating, palette: str = PALETTES[0]) -> np.ndarray:
    """Gray picture of the image with the border of each rated patch's cell in the color of its rating.

    Parameters
    ----------
    image : (rows, columns) array of any real dtype
        The image that was rated.
    rating : ImageRating
    palette : str
        See `border_colors`.

    Returns
    -------
    (rows, columns, 3) uint8 array

    Raises
    ------
    ValueError
        If the image is not of the size that was rated, or the palette is unknown.
    """
    image, patches = np.asarray(image), rating.patches
    if image.shape != rating.shape:
        raise ValueError(f"The overlay wants the image that was rated; this one has shape {image.shape}.")
    colors = border_colors(patches.scores, patches.certainties, palette)
    row_of, column_of = (nearest_patches(length, rating.step, rating.scale) for length in image.shape)
    at_row, at_column = _near_change(row_of), _near_change(column_of)
    low, high = gray_limits(image)
    picture = np.empty(image.shape + (3,), np.uint8)
    rows = max(BAND_PIXELS // image.shape[1], 1)
    for first in range(0, len(image), rows):
        band = slice(first, first + rows)
        picture[band] = stretch(image[band], low, high)[..., None]
        patch_of = row_of[band, None] * (column_of[-1] + 1) + column_of
        border = (at_row[band, None] | at_column) & patches.rated[patch_of]
        picture[band][border] = colors[patch_of[border]]
    return picture


def draw_focus_map(rating: ImageRating, uncertain: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Mean expected score of the patches over each pixel, divided by 10.

    Parameters
    ----------
    rating : ImageRating
    uncertain : float, optional
        What stands for the expected score, 0.0 to 10.0, of a patch whose certainty is below the rating's
        `judged_certainty`; by default, its own.

    Returns
    -------
    (rows, columns) float32 array of 0.0 (sharp) to 1.0, 1.0 where no patch is rated; (rows, columns) bool array not to
    be written to, True where one is
    """
    patches = rating.patches
    values = patches.expected_scores.copy()
    if uncertain is not None:
        values[patches.certainties < rating.judged_certainty] = uncertain
    starts = [grid_starts(length, rating.step) for length in reduced_shape(rating.shape, rating.scale)]
    (rows, row_of), (columns, column_of) = (
        _covering(starts_of, reduced_positions(length, rating.scale)) for starts_of, length in zip(starts, rating.shape)
    )
    grid = [len(of) for of in starts]
    count = rows.T @ patches.rated.reshape(grid).astype(float) @ columns
    total = rows.T @ np.where(patches.rated, values, 0).reshape(grid) @ columns
    level = np.where(count > 0, total / np.maximum(count, 1) / (LEVEL_COUNT - 1), 1).astype(np.float32)
    pixels = (row_of[:, None], column_of[None, :])
    known = count > 0
    return level[pixels], np.broadcast_to(True, rating.shape) if known.all() else known[pixels]


def _covering(starts, positions):
    """Which patches lie over the pixels along a side.

    Returns
    -------
    (patches, stretches) float array of 0 and 1, (positions,) int array: the stretch that each pixel belongs to
    """
    first = np.searchsorted(starts + PATCH_SIDE, positions, side="right")
    last = np.searchsorted(starts, positions, side="right")
    (first, last), stretch_of = np.unique([first, last], axis=1, return_inverse=True)
    patches = np.arange(len(starts))[:, None]
    return ((first <= patches) & (patches < last)).astype(float), stretch_of.reshape(-1)


def gray_limits(image):
    """What is drawn black and white: the 0.5th and 99.8th percentile of the finite pixels, of a sample in large images.

    Returns
    -------
    low, high : float
        Equal where nothing is to be seen.
    """
    sample = image[:: -(-image.size // SAMPLE_PIXELS)]  # every row, every second row, ...
    finite = sample[np.isfinite(sample)].astype(np.float64)
    return tuple(np.percentile(finite, (0.5, 99.8))) if finite.size else (0.0, 0.0)


def stretch(image, low, high):
    """Gray levels for the eye, black at `low` and below or where a pixel is not finite, white at `high`.

    Returns
    -------
    (rows, columns) uint8 array
    """
    if not high > low:
        return np.zeros(image.shape, np.uint8)
    pixels = np.where(np.isfinite(image), image, low).astype(np.float64)
    # Halved, since the differences of the largest numbers overflow.
    return np.rint(255 * np.clip((pixels / 2 - low / 2) / (high / 2 - low / 2), 0, 1)).astype(np.uint8)


def _near_change(labels):
    """True within BORDER_PIXELS of where labels along a line change, or the line ends."""
    edges = np.flatnonzero(np.diff(labels)) + 1
    edges = np.concatenate([[0], edges, [len(labels)]])
    positions = np.arange(len(labels)) + 0.5
    return np.abs(positions[:, None] - edges).min(axis=1) < BORDER_PIXELS
