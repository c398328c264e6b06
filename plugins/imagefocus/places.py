"""Rate places in an image, objects, and the planes of a volume."""

import numpy as np

from .network.engines import choose_engine, load_network
from .patches import label_centers, window_starts
from .rate import NotGrayscale, check_image, format_shape, rate_image, rate_patches, reduce_image
from .ratings import FLAT, PatchRatings, VolumeRating


def rate_volume(volume, mask=None, **options):
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
    volume = np.asarray(volume)
    if volume.ndim != 3 or not len(volume):
        raise NotGrayscale(
            "the array is %s, and planes x rows x columns are needed." % (format_shape(volume.shape) or "a scalar")
        )
    if mask is not None and np.shape(mask) != volume.shape:
        raise ValueError(f"the mask is {format_shape(np.shape(mask))} pixels, the volume {format_shape(volume.shape)}.")
    masks = [None] * len(volume) if mask is None else mask
    return VolumeRating([rate_image(plane, of_plane, **options) for plane, of_plane in zip(volume, masks)])


def rate_windows(image, centers, mask=None, engine="auto", weights=None, scale=1.0):
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
    image, centers = np.asarray(image), np.asarray(centers, float).reshape(-1, 2)
    check_image(image, scale)
    network = load_network(choose_engine(engine, image.shape), weights)
    image, mask = reduce_image(image, mask, scale)
    exist = np.isfinite(centers).all(axis=1)
    places = np.where(exist[:, None], centers, 0)
    tops, lefts = (window_starts(places[:, axis], image.shape[axis], scale) for axis in (0, 1))
    ratings = rate_patches(network, image, mask, tops[exist], lefts[exist])
    rated, probabilities = _not_rated(len(centers))
    rated[exist], probabilities[exist] = ratings.rated, ratings.probabilities
    return PatchRatings(tops, lefts, rated, probabilities)


def rate_objects(volume, layers, mask=None, **options):
    """Rate the window about the center of each labeled object of a volume, in the plane of that center.

    Parameters
    ----------
    volume : (planes, rows, columns) array of any real dtype
    layers : sequence of (planes, rows, columns) int arrays
        Labels from 1, background 0; objects that overlap are in different layers.
    mask : (planes, rows, columns) bool array, optional
    **options
        Those of `rate_windows`.

    Returns
    -------
    PatchRatings
        One entry a label; not rated where a label has no pixel.

    Raises
    ------
    As `rate_image`.
    """
    for labels in layers:
        if labels.shape != np.shape(volume) or labels.dtype.kind not in "iu":
            raise ValueError(
                f"the labels are {format_shape(labels.shape)} of {labels.dtype}; whole numbers of the volume's shape, {format_shape(np.shape(volume))}, are needed."
            )
    centers = label_centers(layers, 3)
    plane_of = np.rint(centers[:, 0])
    (tops, lefts), (rated, probabilities) = np.zeros((2, len(centers)), int), _not_rated(len(centers))
    for plane in np.unique(plane_of[np.isfinite(plane_of)]).astype(int):
        here = plane_of == plane
        of_plane = None if mask is None else mask[plane]
        found = rate_windows(volume[plane], centers[here, 1:], of_plane, **options)
        tops[here], lefts[here] = found.tops, found.lefts
        rated[here], probabilities[here] = found.rated, found.probabilities
    return PatchRatings(tops, lefts, rated, probabilities)


def _not_rated(count):
    return np.zeros(count, bool), np.tile(FLAT, (count, 1))
