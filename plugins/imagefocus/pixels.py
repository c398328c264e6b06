"""Pixels on their way to the network: checked, made smaller, normalized, their masks filled.

Training and all engines use this one copy.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .patches import PATCH_SIDE, reduced_shape

SWEEPS = 40  # over the masked pixels of a patch


class NotGrayscale(ValueError):
    """The image is not a single plane of numbers."""


class TooSmall(ValueError):
    """The image cannot hold one patch."""


class NotFinite(ValueError):
    """The image has pixels that are NaN or infinite."""


def as_array(image: Any) -> np.ndarray:
    """The pixels as an array; a path is refused."""
    if isinstance(image, (str, bytes, os.PathLike)):
        raise NotGrayscale(f"the image is {image!r}; pass its pixels, an array, not a path.")
    return np.asarray(image)


def check_image(image: np.ndarray, scale: float = 1.0) -> None:
    """Raise what `rate_image` raises if the array is no image that can be rated; NaN is looked for while rating."""
    if image.ndim != 2 or image.dtype.kind not in "buif":
        raise NotGrayscale(
            f"the array is {format_shape(image.shape) or 'a scalar'} of {image.dtype}, and a grayscale image of "
            "rows x columns real numbers is needed."
        )
    if not 0 < scale <= 1:
        raise ValueError(f"the scale is {scale}; it must be above 0 and at most 1.")
    smaller = reduced_shape(image.shape, scale)
    if min(smaller) < PATCH_SIDE:
        after = "" if scale == 1 else f", {format_shape(smaller)} after rescaling"
        raise TooSmall(
            f"the image is {format_shape(image.shape)} pixels{after}, smaller than one "
            f"{PATCH_SIDE} x {PATCH_SIDE} patch."
        )


def check_volume(volume: np.ndarray, mask: Any) -> None:
    """Raise what `rate_volume` raises if the array is no stack of planes, or its mask is none of its shape."""
    if volume.ndim != 3 or not len(volume):
        raise NotGrayscale(
            f"the array is {format_shape(volume.shape) or 'a scalar'}, and planes x rows x columns are needed."
        )
    check_mask(mask, volume.shape)


def check_mask(mask: Any, shape: tuple[int, ...]) -> None:
    """Raise an error if there is a mask, and not of the shape of the image or volume."""
    if mask is not None and np.shape(mask) != shape:
        raise ValueError(
            f"the mask is {format_shape(np.shape(mask))} pixels, the {_kind(shape)} {format_shape(shape)}."
        )


def check_labels(layers: list[np.ndarray], shape: tuple[int, ...]) -> None:
    """Raise an error if labels are no whole numbers of the shape of the image or volume."""
    for layer in layers:
        if layer.shape != shape or layer.dtype.kind not in "iu":
            raise ValueError(
                f"the labels are {format_shape(layer.shape)} of {layer.dtype}; whole numbers of the "
                f"{_kind(shape)}'s shape, {format_shape(shape)}, are needed."
            )


def _kind(shape: tuple[int, ...]) -> str:
    return "image" if len(shape) == 2 else "volume"


def format_shape(shape: tuple[int, ...]) -> str:
    """A shape in words."""
    return " x ".join(str(length) for length in shape)


def reduce_image(image: np.ndarray, mask: Any, scale: float) -> tuple[np.ndarray, np.ndarray | None]:
    """Image and mask made smaller by a factor; what is masked out does not leak into what is not."""
    check_mask(mask, image.shape)
    if scale == 1:
        return image, mask
    try:
        from skimage.transform import resize
    except ImportError as error:
        raise ImportError("a scale below 1 needs scikit-image: pip install scikit-image") from error

    counts = np.ones(image.shape, bool) if mask is None else np.asarray(mask, bool)
    check_finite(image[None], counts[None], [0], [0])
    light, share = (
        resize(
            array.astype(np.float64), reduced_shape(image.shape, scale), order=1, mode="symmetric", anti_aliasing=True
        )
        for array in (np.where(counts, image, 0), counts)
    )
    kept = share >= 0.5
    return np.where(kept, light / np.where(kept, share, 1), 0), None if mask is None else kept


def check_finite(patches: np.ndarray, counts: Any, tops: Any, lefts: Any) -> None:
    """Raise an error that locates the first pixel that counts and is no number."""
    if patches.dtype.kind != "f":
        return
    bad = counts & ~np.isfinite(patches)
    if bad.any():
        patch, row, column = np.argwhere(bad)[0]
        raise NotFinite(
            f"the pixel in row {tops[patch] + row}, column {lefts[patch] + column} is {patches[patch, row, column]}, "
            "and every pixel must be a finite number."
        )


def normalize_masked(patches: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Normalized patches of which only the pixels that count are seen; all zero where none does."""
    zeroed = np.where(counts, patches, 0)
    lowest = np.where(counts, zeroed, zeroed.max(axis=(1, 2), keepdims=True)).min(axis=(1, 2), keepdims=True)
    normalized = normalize(np.where(counts, zeroed, lowest))
    partly = counts.any(axis=(1, 2)) & ~counts.all(axis=(1, 2))
    if partly.any():  # filled once normalized, so that no sum of pixels can overflow
        normalized[partly] = normalize(fill_masked(normalized[partly], counts[partly]))
    return normalized


def normalize(patches: np.ndarray) -> np.ndarray:
    """Give each patch mean 0 and standard deviation 1, whatever its gain, offset and bit depth.

    Parameters
    ----------
    patches : (n, rows, columns) array of any real dtype
        Finite pixel values in any unit; differences that float64 cannot hold count as none.

    Returns
    -------
    (n, rows, columns) float32 array
        A constant patch, which holds nothing to judge, becomes all zeros.
    """
    pixels = np.asarray(patches)
    # A copy; float32 is enough for pixels of float32 and of 8 and 16 bit, float64 is for the wider ones.
    values = pixels.astype(np.result_type(pixels.dtype, np.float32)).reshape(len(pixels), -1)
    with np.errstate(over="ignore"):
        values -= values.min(axis=1, keepdims=True)
    span = values.max(axis=1, keepdims=True)
    overflow = np.isinf(span)[:, :, None]
    if overflow.any():  # only those patches are made smaller, since the tiniest numbers would become 0
        return normalize(np.where(overflow, pixels / 4, pixels))
    varied = span > 0
    values /= np.where(varied, span, 1)  # first to [0, 1], so that no square can overflow
    values -= values.mean(axis=1, keepdims=True)
    variance = np.einsum("np,np->n", values, values)[:, None] / values.shape[1]  # without an array for the squares
    values /= np.sqrt(np.where(varied, variance, 1))
    return values.astype(np.float32, copy=False).reshape(pixels.shape)


def fill_masked(patches: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Replace masked pixels by a smooth continuation of the others, so that the mask's edge is none of the picture's.

    The masked pixels start at the mean of the others and relax toward the mean of their four neighbors, which leaves
    no step where the mask begins: Laplace's equation by successive over-relaxation in checkerboard order (W. H. Press
    et al., Numerical Recipes, 3rd ed., section 20.5).

    Parameters
    ----------
    patches : (n, rows, columns) array of any real dtype
    masks : (n, rows, columns) bool array
        True where a pixel counts; at least one in each patch does.

    Returns
    -------
    (n, rows, columns) float64 array
        The pixels that count are unchanged.
    """
    known = np.where(masks, patches, 0).astype(np.float64)
    means = known.sum(axis=(1, 2)) / masks.sum(axis=(1, 2))
    values = np.where(masks, known, means[:, None, None])
    checkerboard = np.indices(patches.shape[1:]).sum(axis=0) % 2
    for half_sweep in range(2 * SWEEPS):
        around = np.pad(values, ((0, 0), (1, 1), (1, 1)), mode="edge")
        neighbors = around[:, 2:, 1:-1] + around[:, :-2, 1:-1] + around[:, 1:-1, 2:] + around[:, 1:-1, :-2]
        turn = ~masks & (checkerboard == half_sweep % 2)
        values = np.where(turn, values + 1.9 * (neighbors / 4 - values), values)
    return values
