"""The way of the pixels: an image, places in it, objects, or the planes of a volume -> their ratings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

import numpy as np

from .levels import FLAT
from .network.engines import choose_engine, load_network, load_weights
from .patches import PATCH_SIDE, cut_patches, label_centers, patch_grid, window_starts
from .pixels import (
    as_array,
    check_finite,
    check_image,
    check_labels,
    check_volume,
    normalize,
    normalize_masked,
    reduce_image,
)
from .ratings import ImageRating, PatchRatings, VolumeRating

PATCHES_CUT_AT_A_TIME = 128  # so that memory does not grow with the image
COUNTED_SHARE = 0.5  # a patch is rated when at least this share of its pixels counts

Network = Callable[[np.ndarray], np.ndarray]  # (n, 84, 84) normalized patches -> (n, 11) probabilities


def rate_image(
    image: Any,
    mask: Any = None,
    step: int = PATCH_SIDE,
    engine: str = "auto",
    weights: str | None = None,
    scale: float = 1.0,
    judged_certainty: float | None = None,
    in_focus_limit: float | None = None,
) -> ImageRating:
    """Rate the focus of an image.

    Parameters
    ----------
    image : (rows, columns) array of any real dtype
        Intensities in any unit, each side at least 84 pixels.
    mask : (rows, columns) bool array, optional
        True where a pixel counts. A patch is rated when at least half of its pixels do.
    step : int
        Pixels between patches: 84, or 42 for overlapping ones.
    engine : str
        "numpy", "tensorflow", or "auto": NumPy, unless the image is large and TensorFlow is installed.
    weights : str, optional
        Name of shipped weights or path of a folder; the newest shipped ones by default.
    scale : float
        At most 1: the image is made smaller by this factor before it is cut into patches, for magnifications above
        those that the network knows; see `imagefocus.optics.known_scale`.
    judged_certainty, in_focus_limit : float, optional
        Those of the weights by default; see `ImageRating`.

    Returns
    -------
    ImageRating

    Raises
    ------
    NotGrayscale, TooSmall, NotFinite
        ValueErrors that say what is wrong with the image.
    EngineError
        If TensorFlow is asked for and not installed.
    WeightsError
        If the weights are missing or altered.
    ValueError
        If the mask has another shape, or the step, the scale or the engine is none of those above.

    Examples
    --------
    >>> import numpy, imagefocus
    >>> rating = imagefocus.rate_image(numpy.zeros((200, 300)))
    >>> rating.score, rating.expected_score, rating.certainty
    (5, 5.0, 0.0)
    >>> len(rating.patches)
    12
    """
    image = as_array(image)
    check_image(image, scale)
    network, loaded = load_network(choose_engine(engine, image.shape), weights), load_weights(weights)
    judged_certainty = loaded.judged_certainty if judged_certainty is None else judged_certainty
    in_focus_limit = loaded.in_focus_limit if in_focus_limit is None else in_focus_limit
    return rate_with(network, image, mask, step, judged_certainty, in_focus_limit, scale)


def rate_with(
    network: Network,
    image: np.ndarray,
    mask: Any,
    step: int,
    judged_certainty: float,
    in_focus_limit: float,
    scale: float = 1.0,
) -> ImageRating:
    """Rate an array that `check_image` accepts with any network.

    The other parameters, the result and the errors are those of `rate_image` and `ImageRating`.
    """
    smaller, mask = reduce_image(image, mask, scale)
    patches = rate_patches(network, smaller, mask, *patch_grid(smaller.shape, step))
    return ImageRating(patches, image.shape, step, scale, judged_certainty, in_focus_limit)


def rate_patches(network: Network, image: np.ndarray, mask: Any, tops: np.ndarray, lefts: np.ndarray) -> PatchRatings:
    """PatchRatings of the patches that begin at `tops` and `lefts`."""
    rated, probabilities = _start_ratings(len(tops))
    for first in range(0, len(tops), PATCHES_CUT_AT_A_TIME):
        batch = slice(first, first + PATCHES_CUT_AT_A_TIME)
        rated[batch], probabilities[batch] = _rate_batch(network, image, mask, tops[batch], lefts[batch])
    return PatchRatings(tops, lefts, rated, probabilities)


def _rate_batch(
    network: Network, image: np.ndarray, mask: Any, tops: np.ndarray, lefts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which patches are rated, (n,) bool, and all their distributions, (n, 11)."""
    patches = cut_patches(image, tops, lefts)
    if mask is None:
        rated = np.ones(len(tops), bool)
        check_finite(patches, True, tops, lefts)
        normalized = normalize(patches)
    else:
        masks = cut_patches(np.asarray(mask, bool), tops, lefts)
        rated = masks.mean(axis=(1, 2)) >= COUNTED_SHARE
        counts = masks & rated[:, None, None]
        check_finite(patches, counts, tops, lefts)
        normalized = normalize_masked(patches, counts)
    varied = normalized.max(axis=(1, 2)) > 0  # all are zero where a patch is constant or not rated
    probabilities = np.tile(FLAT, (len(tops), 1))
    probabilities[varied] = network(normalized if varied.all() else normalized[varied])
    return rated, probabilities


def _start_ratings(count: int) -> tuple[np.ndarray, np.ndarray]:
    """What `_rate_batch` returns, for patches that are not rated."""
    return np.zeros(count, bool), np.tile(FLAT, (count, 1))


def rate_windows(
    image: Any,
    centers: Any,
    mask: Any = None,
    engine: str = "auto",
    weights: str | None = None,
    scale: float = 1.0,
) -> PatchRatings:
    """Rate the 84 x 84 windows centered on given places of an image, moved inward where they would leave it.

    Parameters
    ----------
    image, mask, engine, weights, scale
        As for `rate_image`.
    centers : (n, 2) array
        Row and column of each place, in pixels of the image, the middle of the first being 0; NaN for no place.

    Returns
    -------
    PatchRatings
        One entry a place, in pixels of the image times `scale`; not rated where there is no place.

    Raises
    ------
    As `rate_image`.
    """
    image, centers = as_array(image), np.asarray(centers, float).reshape(-1, 2)
    check_image(image, scale)
    network = load_network(choose_engine(engine, image.shape), weights)
    image, mask = reduce_image(image, mask, scale)
    exists = np.isfinite(centers).all(axis=1)
    positions = np.where(exists[:, None], centers, 0)
    tops, lefts = (window_starts(positions[:, axis], image.shape[axis], scale) for axis in (0, 1))
    rated, probabilities = _start_ratings(len(centers))
    ratings = rate_patches(network, image, mask, tops[exists], lefts[exists])
    rated[exists], probabilities[exists] = ratings.rated, ratings.probabilities
    return PatchRatings(tops, lefts, rated, probabilities)


def rate_objects(
    image: Any, labels: np.ndarray | Sequence[np.ndarray], mask: Any = None, **options: Any
) -> PatchRatings:
    """Rate the window about the center of each labeled object; in a volume, in the plane of that center.

    Parameters
    ----------
    image : (rows, columns) or (planes, rows, columns) array of any real dtype
    labels : int array of the image's shape, or a sequence of them
        Labels from 1, background 0. Objects that overlap are in different arrays of a sequence.
    mask : bool array of the image's shape, optional
    **options
        Those of `rate_windows`.

    Returns
    -------
    PatchRatings
        One entry a label; not rated where a label has no pixel.

    Raises
    ------
    As `rate_image`; ValueError if the labels are no whole numbers of the image's shape.
    """
    image = as_array(image)
    layers = [labels] if isinstance(labels, np.ndarray) and labels.ndim == image.ndim else list(labels)
    layers = [np.asarray(layer) for layer in layers]
    check_labels(layers, image.shape)
    centers = label_centers(layers, image.ndim)
    if image.ndim == 2:
        return rate_windows(image, centers, mask, **options)
    planes = np.rint(centers[:, 0])
    (tops, lefts), (rated, probabilities) = np.zeros((2, len(centers)), int), _start_ratings(len(centers))
    for plane in np.unique(planes[np.isfinite(planes)]).astype(int):
        inside = planes == plane
        ratings = rate_windows(image[plane], centers[inside, 1:], None if mask is None else mask[plane], **options)
        tops[inside], lefts[inside] = ratings.tops, ratings.lefts
        rated[inside], probabilities[inside] = ratings.rated, ratings.probabilities
    return PatchRatings(tops, lefts, rated, probabilities)


def rate_volume(volume: Any, mask: Any = None, **options: Any) -> VolumeRating:
    """Rate each plane of a volume.

    Parameters
    ----------
    volume : (planes, rows, columns) array of any real dtype
    mask : (planes, rows, columns) bool array, optional
    **options
        Those of `rate_image`.

    Returns
    -------
    VolumeRating

    Raises
    ------
    As `rate_image`.
    """
    volume = as_array(volume)
    check_volume(volume, mask)
    masks = [None] * len(volume) if mask is None else mask
    return VolumeRating([rate_image(plane, plane_mask, **options) for plane, plane_mask in zip(volume, masks)])
