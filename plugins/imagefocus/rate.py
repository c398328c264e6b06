"""Rate a whole image."""

import numpy as np

from .network.engines import choose_engine, load_network, load_weights
from .patches import PATCH_SIDE, cut_patches, patch_grid, reduced_shape
from .pixels import fill_masked, normalize
from .pooling import patch_signals
from .ratings import FLAT, ImageRating, PatchRatings

BATCH = 128  # patches at a time, so that memory does not grow with the image


class NotGrayscale(ValueError):
    """The image is not a single plane of numbers."""


class TooSmall(ValueError):
    """The image cannot hold one patch."""


class NotFinite(ValueError):
    """The image has pixels that are NaN or infinite."""


def rate_image(
    image,
    mask=None,
    step=PATCH_SIDE,
    engine="auto",
    weights=None,
    scale=1.0,
    judged_certainty=None,
    in_focus_limit=None,
):
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
        At most 1: the image is made smaller by this factor before it is cut into patches, for magnifications above those
        that the network knows; see `imagefocus.optics.known_scale`.
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
    image = np.asarray(image)
    check_image(image, scale)
    network, bundle = load_network(choose_engine(engine, image.shape), weights), load_weights(weights)
    judged_certainty = bundle.judged_certainty if judged_certainty is None else judged_certainty
    in_focus_limit = bundle.in_focus_limit if in_focus_limit is None else in_focus_limit
    return rate_with(network, image, mask, step, judged_certainty, in_focus_limit, scale)


def rate_with(network, image, mask, step, judged_certainty, in_focus_limit, scale=1.0):
    """Rate an array that `check_image` accepts with any network: (n, 84, 84) normalized patches -> (n, 11) probabilities.

    The other parameters, the result and the errors are those of `rate_image` and `ImageRating`.
    """
    smaller, mask = reduce_image(image, mask, scale)
    patches = rate_patches(network, smaller, mask, *patch_grid(smaller.shape, step))
    return ImageRating(patches, image.shape, step, scale, judged_certainty, in_focus_limit)


def check_image(image, scale=1.0):
    """Raise what `rate_image` says if the array is not an image that can be rated; NaN is looked for while rating."""
    if image.ndim != 2 or image.dtype.kind not in "buif":
        raise NotGrayscale(
            "the array is {} of {}, and a grayscale image of rows x columns real numbers is needed.".format(
                format_shape(image.shape) or "a scalar", image.dtype
            )
        )
    if not 0 < scale <= 1:
        raise ValueError(f"the scale is {scale}; it must be above 0 and at most 1.")
    smaller = reduced_shape(image.shape, scale)
    if min(smaller) < PATCH_SIDE:
        after = "" if scale == 1 else f", {format_shape(smaller)} after rescaling"
        raise TooSmall(
            "the image is %s pixels%s, smaller than one %d x %d patch."
            % (format_shape(image.shape), after, PATCH_SIDE, PATCH_SIDE)
        )


def format_shape(shape):
    """A shape in words."""
    return " x ".join(str(length) for length in shape)


def reduce_image(image, mask, scale):
    """Image and mask made smaller by a factor; what is masked out does not leak into what is not."""
    if mask is not None and np.shape(mask) != image.shape:
        raise ValueError(f"the mask is {format_shape(np.shape(mask))} pixels, the image {format_shape(image.shape)}.")
    if scale == 1:
        return image, mask
    try:
        from skimage.transform import resize
    except ImportError as error:
        raise ImportError("a scale below 1 needs scikit-image: pip install scikit-image") from error

    counts = np.ones(image.shape, bool) if mask is None else np.asarray(mask, bool)
    _check_finite(image[None], counts[None], [0], [0])
    light, share = (
        resize(
            array.astype(np.float64), reduced_shape(image.shape, scale), order=1, mode="symmetric", anti_aliasing=True
        )
        for array in (np.where(counts, image, 0), counts)
    )
    kept = share >= 0.5
    return np.where(kept, light / np.where(kept, share, 1), 0), None if mask is None else kept


def _check_finite(patches, count, tops, lefts):
    """Raise an error that locates the first pixel that counts and is no number."""
    if patches.dtype.kind != "f":
        return
    bad = count & ~np.isfinite(patches)
    if bad.any():
        patch, row, column = np.argwhere(bad)[0]
        raise NotFinite(
            "the pixel in row %d, column %d is %s, and every pixel must be a finite number."
            % (tops[patch] + row, lefts[patch] + column, patches[patch, row, column])
        )


def rate_patches(network, image, mask, tops, lefts):
    """PatchRatings of the patches that begin at `tops` and `lefts`."""
    rated = np.ones(len(tops), bool)
    probabilities, signals = np.tile(FLAT, (len(tops), 1)), np.zeros(len(tops))
    for first in range(0, len(tops), BATCH):
        batch = slice(first, first + BATCH)
        of_batch = _rate_batch(image, mask, tops[batch], lefts[batch], network)
        rated[batch], probabilities[batch], signals[batch] = of_batch
    return PatchRatings(tops, lefts, rated, probabilities, signals)


def _rate_batch(image, mask, tops, lefts, network):
    """Which patches are rated, (n,) bool; the distributions, (n, 11), and signals, (n,), of all."""
    patches = cut_patches(image, tops, lefts)
    if mask is None:
        rated = np.ones(len(tops), bool)
        _check_finite(patches, True, tops, lefts)
        normalized, signals = normalize(patches), patch_signals(patches)
    else:
        masks = cut_patches(np.asarray(mask, bool), tops, lefts)
        rated = masks.mean(axis=(1, 2)) >= 0.5
        _check_finite(patches, masks & rated[:, None, None], tops, lefts)
        normalized = _normalize_masked(patches, masks, rated)
        signals = patch_signals(patches, masks & rated[:, None, None])
    judgeable = normalized.max(axis=(1, 2)) > 0  # all are zero where a patch is constant or not rated
    probabilities = np.tile(FLAT, (len(tops), 1))
    probabilities[judgeable] = network(normalized if judgeable.all() else normalized[judgeable])
    return rated, probabilities, signals


def _normalize_masked(patches, masks, rated):
    """Normalized patches of which only the pixels that count are seen; those of patches that are not rated are all zero."""
    counts = masks & rated[:, None, None]
    zeroed = np.where(counts, patches, 0)
    lowest = np.where(counts, zeroed, zeroed.max(axis=(1, 2), keepdims=True)).min(axis=(1, 2), keepdims=True)
    normalized = normalize(np.where(counts, zeroed, lowest))
    partly = rated & ~masks.all(axis=(1, 2))
    if partly.any():  # filled once normalized, so that no sum of pixels can overflow
        normalized[partly] = normalize(fill_masked(normalized[partly], masks[partly]))
    return normalized
