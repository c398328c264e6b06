"""What software does to an image after the camera, and where that moves the label.

A processing is a tuple of steps (name, parameter). Each step maps a window to one of the same shape.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from scipy import ndimage

from .blur import LEVELS, WINDOW, nearest_levels_of_edges, transfer_functions
from .camera import compress_jpeg
from .defocus import REFERENCE
from .scenes import draw_log_uniform

SECOND_SHARE = 0.3  # of the processed patches, that have two steps
SIGMAS_PIXELS = tuple(np.geomspace(0.4, 3, 10).round(2))
ZOOMS = tuple(np.geomspace(0.7, 3, 9).round(2))
LARGEST_TURN = 45  # degrees
FLOOR = 1e-3  # of the largest value, so that Richardson-Lucy never divides by 0


def smooth(picture, sigma_pixels):
    """Gaussian filter."""
    return ndimage.gaussian_filter(picture, sigma_pixels, mode="mirror")


def median(picture, side):
    """Median filter of 3 x 3 or 5 x 5 pixels."""
    from PIL import Image, ImageFilter

    return np.asarray(Image.fromarray(picture).filter(ImageFilter.MedianFilter(side)))


def total_variation(picture, strength, sweeps=15):
    """Denoise by total variation, with the first sweeps of Chambolle's projection.

    A. Chambolle, J. Math. Imaging Vis. 20:89, 2004; `strength` is the weight over the noise.
    """
    weight = np.float32(strength * noise_of(picture) + 1e-9)
    down, right, correction = np.zeros((3, *picture.shape), np.float32)
    for _ in range(sweeps):
        estimate = picture + correction
        slopes = np.zeros((2, *picture.shape), np.float32)
        np.subtract(estimate[1:], estimate[:-1], out=slopes[0, :-1])
        np.subtract(estimate[:, 1:], estimate[:, :-1], out=slopes[1, :, :-1])
        norm = 1 + np.sqrt(slopes[0] ** 2 + slopes[1] ** 2) * (np.float32(0.25) / weight)
        down = (down - np.float32(0.25) * slopes[0]) / norm
        right = (right - np.float32(0.25) * slopes[1]) / norm
        correction = -(down + right)
        correction[1:] += down[:-1]
        correction[:, 1:] += right[:, :-1]
    return picture + correction


def wavelet(picture, threshold, scales=3):
    """Denoise by soft thresholds on the differences of ever smoother pictures, as of starlets.

    J.-L. Starck and F. Murtagh, Astron. Astrophys. 288:342, 1994; `threshold` is in multiples of the noise.
    """
    noise, clean = noise_of(picture), 0
    for scale in range(scales):
        smoother = smooth(picture, 0.9 * 2**scale)
        details = picture - smoother
        limit = threshold * noise * 0.6**scale
        clean = clean + np.sign(details) * np.maximum(np.abs(details) - limit, 0)
        picture = smoother
    return (clean + picture).astype(np.float32)


def resample(picture, zoom_degrees_order):
    """Enlarge or shrink, and turn about the middle, by a spline."""
    zoom, degrees, order = zoom_degrees_order
    cosine, sine = np.cos(np.radians(degrees)) / zoom, np.sin(np.radians(degrees)) / zoom
    matrix = np.array([[cosine, -sine], [sine, cosine]])
    middle = (np.array(picture.shape) - 1) / 2
    return ndimage.affine_transform(picture, matrix, middle - matrix @ middle, order=order, mode="mirror")


def jpeg(picture, quality_top):
    """Compress as JPEG, the picture taking the lowest `top` of the 255 values."""
    quality, top = quality_top
    return compress_jpeg(np.rint(_to_range(picture, top)).astype(np.uint8), quality).astype(np.float32)


def sharpen(picture, sigma_amount):
    """Unsharp mask."""
    sigma_pixels, amount = sigma_amount
    return picture + np.float32(amount) * (picture - smooth(picture, sigma_pixels))


def deconvolve(picture, sigma_count):
    """Richardson-Lucy deconvolution with a Gaussian (L. B. Lucy, Astron. J. 79:745, 1974)."""
    sigma_pixels, count = sigma_count
    matrix = _smoothing_matrix(len(picture), sigma_pixels)
    given = _to_range(picture, 1) + np.float32(FLOOR)
    estimate = given
    for _ in range(count):
        estimate = estimate * (matrix @ (given / (matrix @ estimate @ matrix.T)) @ matrix.T)
    return estimate


def line_noise(picture, strengths_seed):
    """Add an offset to each row and column, in multiples of the noise."""
    row_strength, column_strength, seed = strengths_seed
    rows, columns = np.random.default_rng(seed).standard_normal((2, len(picture)), np.float32) * noise_of(picture)
    return picture + np.float32(row_strength) * rows[:, None] + np.float32(column_strength) * columns


def gray_levels(picture, top):
    """Round to whole numbers from 0, the darkest pixel, to `top`, the brightest."""
    return np.rint(_to_range(picture, top))


def clip_background(picture, percentile):
    """Set everything below a percentile to it, as a background that was subtracted and cut at 0."""
    rank = int(percentile / 100 * (picture.size - 1))
    return np.maximum(picture, np.partition(picture.ravel(), rank)[rank])


def noise_of(picture):
    """Standard deviation of the noise of single pixels, from the differences of neighbors."""
    return np.median(np.abs(np.diff(picture[::2], axis=1))) / 0.954 + 1e-6


def _to_range(picture, top):
    low, high = picture.min(), picture.max()
    return (picture - low) * np.float32(top / max(high - low, 1e-9))


@functools.lru_cache(maxsize=None)
def _smoothing_matrix(side, sigma_pixels):
    return ndimage.gaussian_filter1d(np.eye(side), sigma_pixels, axis=0, mode="reflect").astype(np.float32)


# Name -> how often, against the others; what is done; how its parameter is drawn.
STEPS: dict[str, tuple[float, Any, Any]] = {
    "smooth": (5, smooth, lambda random: random.choice(SIGMAS_PIXELS)),
    "median": (1.5, median, lambda random: int(random.choice((3, 3, 5)))),
    "total variation": (2, total_variation, lambda random: draw_log_uniform(random, 0.5, 4)),
    "wavelet": (1.5, wavelet, lambda random: random.uniform(1, 4)),
    "resample": (
        4,
        resample,
        lambda random: (random.choice(ZOOMS), random.uniform(-1, 1) * LARGEST_TURN, int(random.choice((1, 3)))),
    ),
    "jpeg": (2.5, jpeg, lambda random: (int(random.integers(15, 96)), draw_log_uniform(random, 6, 255))),
    "sharpen": (1, sharpen, lambda random: (random.choice((0.7, 1.0, 1.5, 2.0, 3.0)), random.uniform(0.3, 3))),
    "deconvolve": (1.5, deconvolve, lambda random: (random.choice((1.0, 1.5, 2.0, 2.5)), int(random.integers(5, 21)))),
    "line noise": (1, line_noise, lambda random: (*random.uniform(0, 1.5, 2), int(random.integers(2**31)))),
    "gray levels": (3, gray_levels, lambda random: round(draw_log_uniform(random, 4, 40))),
    "clip background": (1, clip_background, lambda random: random.uniform(5, 70)),
}


def draw_steps(random: np.random.Generator) -> tuple[Any, ...]:
    """A processing of one or two steps."""
    shares = np.array([share for share, _, _ in STEPS.values()])
    names = random.choice(
        list(STEPS), size=1 + (random.random() < SECOND_SHARE), replace=False, p=shares / shares.sum()
    )
    return tuple((str(name), STEPS[name][2](random)) for name in names)


def process(picture: np.ndarray, processing: tuple[Any, ...]) -> np.ndarray:
    """Apply the steps one after another.

    Parameters
    ----------
    picture : (rows, columns) array
        Square; borders are mirrored.
    processing : tuple of (name, parameter)

    Returns
    -------
    (rows, columns) float32 array
    """
    picture = np.ascontiguousarray(picture, np.float32)
    for name, parameter in processing:
        picture = STEPS[name][1](picture, parameter).astype(np.float32, copy=False)
    return picture


def level_after(level: float, processing: tuple[Any, ...]) -> float:
    """The level of what was at `level` before: more where the picture was blurred or enlarged, less where it shrank.

    Denoising, sharpening and deconvolution leave the light that was out of focus where it is, and so the level.
    """
    for name, parameter in processing:
        level = float(np.interp(level, LEVELS, _moved(name, parameter)))
    return level


def level_before(level: float, processing: tuple[Any, ...]) -> float:
    """The level to be photographed at, for `level` after the processing; 0 where none would do."""
    for name, parameter in reversed(processing):
        moved = _moved(name, parameter) + 1e-6 * LEVELS
        level = float(np.interp(level, moved, LEVELS))
    return level


def _moved(name, parameter):
    if name == "smooth":
        return _smoothed_levels(parameter)
    return _enlarged_levels(parameter[0]) if name == "resample" else LEVELS


@functools.lru_cache(maxsize=None)
def _smoothed_levels(sigma_pixels):
    reference = transfer_functions((REFERENCE,))[0]
    frequencies = np.hypot(*np.indices(reference.shape[1:])) / (2 * WINDOW)
    return _nearest(reference * np.exp(-2 * (np.pi * frequencies * sigma_pixels) ** 2))


@functools.lru_cache(maxsize=None)
def _enlarged_levels(zoom):
    reference = transfer_functions((REFERENCE,))[0]
    positions = np.indices(reference.shape[1:]) * zoom
    return _nearest(np.array([ndimage.map_coordinates(function, positions, order=1) for function in reference]))


def _nearest(transfer):
    """Levels, in order, whose transfer functions are nearest to given ones, for a picture of sharp edges."""
    nearest = nearest_levels_of_edges(transfer, transfer_functions((REFERENCE,))[0])
    return np.minimum(np.maximum.accumulate(nearest), LEVELS[-1])
