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
SEEN_CERTAINTY = JUDGED_CERTAINTY  # from here on a border is well seen
BAND_PIXELS = 40_000  # drawn at a time, so that drawing takes little more memory than the overlay itself
SAMPLE_PIXELS = 1_000_000  # at most so many decide what is black and white


def border_colors(levels: Any, certainties: Any, palette: str = PALETTES[0]) -> np.ndarray:
    """Color of ratings.

    Parameters
    ----------
    levels : array of 0.0 to 10.0
        Hue: blue for 0, through cyan, green (5) and orange, to red for 10.
    certainties : array of 0.0 to 1.0, of the same shape
        Lightness: from SEEN_CERTAINTY on its square root, so that what is judged is well seen; below, where nothing is
        judged, it falls fast, to black for 0.
    palette : str
        "hue", as published, or "blue to orange", through white, which is readable with a color-vision deficiency.

    Returns
    -------
    (..., 3) uint8 array

    Raises
    ------
    ValueError
        If there is no such palette.
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
    grid_rows, grid_columns = (nearest_patches(length, rating.step, rating.scale) for length in image.shape)
    at_row, at_column = _near_change(grid_rows), _near_change(grid_columns)
    low, high = gray_limits(image)
    picture = np.empty(image.shape + (3,), np.uint8)
    rows = max(BAND_PIXELS // image.shape[1], 1)
    for first in range(0, len(image), rows):
        band = slice(first, first + rows)
        picture[band] = stretch(image[band], low, high)[..., None]
        indices = grid_rows[band, None] * (grid_columns[-1] + 1) + grid_columns
        border = (at_row[band, None] | at_column) & patches.rated[indices]
        picture[band][border] = colors[indices[border]]
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
    (rows, row_stretches), (columns, column_stretches) = (
        _find_covering(side_starts, reduced_positions(length, rating.scale))
        for side_starts, length in zip(starts, rating.shape)
    )
    grid = [len(side_starts) for side_starts in starts]
    count = rows.T @ patches.rated.reshape(grid).astype(float) @ columns
    total = rows.T @ np.where(patches.rated, values, 0).reshape(grid) @ columns
    level = np.where(count > 0, total / np.maximum(count, 1) / (LEVEL_COUNT - 1), 1).astype(np.float32)
    pixels = (row_stretches[:, None], column_stretches[None, :])
    covered = count > 0
    return level[pixels], np.broadcast_to(True, rating.shape) if covered.all() else covered[pixels]


def _find_covering(starts, positions):
    """Which patches lie over the pixels along a side.

    Returns
    -------
    (patches, stretches) float array of 0 and 1, (positions,) int array: the stretch that each pixel belongs to
    """
    first = np.searchsorted(starts + PATCH_SIDE, positions, side="right")
    last = np.searchsorted(starts, positions, side="right")
    (first, last), stretches = np.unique([first, last], axis=1, return_inverse=True)
    patches = np.arange(len(starts))[:, None]
    return ((first <= patches) & (patches < last)).astype(float), stretches.reshape(-1)


def gray_limits(image: np.ndarray) -> tuple[float, float]:
    """Pixel values to draw black and white: the 0.5th and 99.8th percentile of the finite pixels.

    Large images are sampled.

    Returns
    -------
    low, high : float
        Equal where the image shows nothing.
    """
    sample = image[:: -(-image.size // SAMPLE_PIXELS)]  # every row, every second row, ...
    finite = sample[np.isfinite(sample)].astype(np.float64)
    if not finite.size:
        return 0.0, 0.0
    low, high = np.percentile(finite, (0.5, 99.8))
    return low, high


def stretch(image: np.ndarray, low: float, high: float) -> np.ndarray:
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
