"""Measure weights on pictures that software has changed after the camera, and on empty fields.

Each processing takes a (rows, columns) array of any real dtype and returns a float array of the same shape. None
adds detail: noise stays noise, and what is blurred stays blurred. They are other implementations than those of
`processing`, which is trained on, so that a network is not measured by what it has learned by heart.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage

from imagefocus.measurements import IN_FOCUS, NOTHING_TO_JUDGE, OUT_OF_FOCUS

from . import camera, evaluation
from .images import Image
from .metrics import round_figures, share_of

BLURRED_LEVELS = 3, 4, 6, 8
NOISE_ELECTRONS = 10, 30, 100, 300, 1000
FIELD_SHAPE = 504, 672
WAVE_PIXELS = 12, 60  # of what a flat-field correction leaves


def gaussian(sigma, pixels):
    """Smooth with a Gaussian of `sigma` pixels."""
    return ndimage.gaussian_filter(pixels.astype(float), sigma)


def median(side, pixels):
    """Median of the squares of `side` x `side` pixels."""
    return ndimage.median_filter(pixels.astype(float), side)


def total_variation(pixels):
    """Chambolle's total variation, weight 0.1 of the range of the pixels, scikit-image's default."""
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(to_unit(pixels), weight=0.1)


def wavelet(pixels):
    """Soft thresholds of wavelet coefficients, BayesShrink, scikit-image's default."""
    from skimage.restoration import denoise_wavelet

    unit = to_unit(pixels)
    return denoise_wavelet(unit, rescale_sigma=True) if unit.any() else unit  # it divides by the noise


def enlarge(factor, pixels):
    """Enlarge the middle of the picture, bilinear, to the shape that it had."""
    rows, columns = ((length - 1) / 2 + (np.arange(length) - (length - 1) / 2) / factor for length in pixels.shape)
    places = np.meshgrid(rows, columns, indexing="ij")
    return ndimage.map_coordinates(pixels.astype(float), places, order=1, mode="nearest")


def rotate(degrees, pixels):
    """Turn the picture, bilinear, mirrored where it ends."""
    return ndimage.rotate(pixels.astype(float), degrees, reshape=False, order=1, mode="reflect")


def jpeg(quality, pixels):
    """Compress the picture as an 8-bit JPEG, stretched from its darkest to its brightest pixel."""
    return camera.compress_jpeg(np.rint(255 * to_unit(pixels)).astype(np.uint8), quality).astype(float)


def unsharp(sigma, amount, pixels):
    """Unsharp mask."""
    pixels = pixels.astype(float)
    return pixels + amount * (pixels - ndimage.gaussian_filter(pixels, sigma))


def richardson_lucy(sigma, iterations, pixels):
    """Deconvolve by W. H. Richardson (1972) and L. B. Lucy (1974), the point spread function a Gaussian."""
    measured = pixels.astype(float) - pixels.min() + 1e-3 * (np.ptp(pixels.astype(float)) + 1e-9)
    estimate = np.full(measured.shape, measured.mean())
    for _ in range(iterations):
        estimate *= ndimage.gaussian_filter(measured / ndimage.gaussian_filter(estimate, sigma), sigma)
    return estimate


def line_noise(axis, pixels):
    """Add an offset to each row (axis 0) or column (axis 1), as strong as the noise of a pixel."""
    offsets = np.random.default_rng(0).standard_normal(pixels.shape[axis]) * pixel_noise(pixels)
    return pixels + (offsets[:, None] if axis == 0 else offsets)


def gray_levels(count, pixels):
    """Round to `count` gray levels from the darkest to the brightest pixel."""
    return np.rint(to_unit(pixels) * (count - 1))


def to_unit(pixels):
    """Pixels from 0, the darkest, to 1, the brightest."""
    pixels = pixels.astype(float)
    return (pixels - pixels.min()) / max(np.ptp(pixels), 1e-9)


def pixel_noise(pixels):
    """Standard deviation of the noise of a pixel, by the second differences along rows (J. Immerkaer, 1996), robust."""
    pixels = pixels.astype(float)
    second = pixels[:, 2:] - 2 * pixels[:, 1:-1] + pixels[:, :-2]
    return np.median(abs(second)) / 0.6745 / np.sqrt(6)


PROCESSINGS: dict[str, Any] = {
    "as it is": lambda pixels: pixels.astype(float),
    "Gaussian 0.8": functools.partial(gaussian, 0.8),
    "Gaussian 1.5": functools.partial(gaussian, 1.5),
    "median 3": functools.partial(median, 3),
    "total variation": total_variation,
    "wavelet": wavelet,
    "enlarged 2 x": functools.partial(enlarge, 2),
    "enlarged 1.5 x": functools.partial(enlarge, 1.5),
    "rotated": functools.partial(rotate, 7),
    "JPEG 75": functools.partial(jpeg, 75),
    "unsharp": functools.partial(unsharp, 2, 1),
    "Richardson-Lucy": functools.partial(richardson_lucy, 2, 15),
    "row noise": functools.partial(line_noise, 0),
    "column noise": functools.partial(line_noise, 1),
    "12 gray levels": functools.partial(gray_levels, 12),
    "6 gray levels": functools.partial(gray_levels, 6),
}
ENLARGEMENTS = ("enlarged 2 x", "enlarged 1.5 x")  # of what is sharp, no longer sharp


def measure_processed(
    images: list[Image], rater: evaluation.Rater, log: Callable[[str], object]
) -> dict[str, float | None]:
    """How pictures of known level are judged after each processing.

    Parameters
    ----------
    images : list of images.Image
        In-focus images, defocused here.
    rater : evaluation.Rater

    Returns
    -------
    dict of float
        Of each processing, the share of the pictures at BLURRED_LEVELS that is called in focus, and, enlargements left
        out, the share of those at level 0 that is flagged as out of focus.
    """
    verdicts: dict = {name: {level: [] for level in (0, *BLURRED_LEVELS)} for name in PROCESSINGS}
    for picture in evaluation.defocus_images(images):
        for name, of_level in verdicts.items() if picture.level in (0, *BLURRED_LEVELS) else ():
            of_level[picture.level].append(rater(PROCESSINGS[name](picture.pixels)).verdict)
        if picture.level == BLURRED_LEVELS[-1]:
            log(f"processed {picture.path}")
    figures = {}
    for name, of_level in verdicts.items():
        blurred = [verdict for level in BLURRED_LEVELS for verdict in of_level[level]]
        figures[f"{name}: blurred, called in focus"] = share_of(blurred, IN_FOCUS)
        if name not in ENLARGEMENTS:
            figures[f"{name}: level 0, flagged"] = share_of(of_level[0], OUT_OF_FOCUS)
    return round_figures(figures)


def measure_processed_noise(
    rater: evaluation.Rater, shape: tuple[int, int] = FIELD_SHAPE, seed: int = 0
) -> dict[str, float | None]:
    """Largest CertainFraction of fields of noise alone, at NOISE_ELECTRONS, after each processing."""
    random = np.random.default_rng(seed)
    fields = [
        camera.expose(np.zeros(shape), electrons, 16, random, background_photons=electrons)
        for electrons in NOISE_ELECTRONS
    ]
    return round_figures(
        {
            f"{name}: largest CertainFraction": max(rater(process(field)).certain_fraction for field in fields)
            for name, process in PROCESSINGS.items()
        }
    )


def measure_shaded_blanks(
    rater: evaluation.Rater, count: int = 60, shape: tuple[int, int] = FIELD_SHAPE, seed: int = 0
) -> dict[str, float | None]:
    """Share of simulated empty fields with shading that hold nothing to judge.

    The shading is a vignette, a ramp or the residue of a flat-field correction in turn, of 1 to 20% from end to end;
    the camera counts 100 to 10000 electrons.
    """
    random = np.random.default_rng(seed)
    verdicts = []
    for index in range(count):
        contrast, electrons = np.exp(random.uniform(np.log((0.01, 100)), np.log((0.2, 10000))))
        light = 1 - contrast * _shading(index % 3, shape, random)
        verdicts.append(rater(camera.expose(light, electrons, 16, random)).verdict)
    return round_figures({"simulated: nothing to judge": share_of(verdicts, NOTHING_TO_JUDGE)})


def _shading(kind, shape, random):
    """A smooth field of 0 to 1: a vignette, a ramp, or waves, a correlation length of 12 to 60 pixels wide."""
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, length) for length in shape), indexing="ij")
    if kind == 0:
        middle = random.uniform(-0.3, 0.3, 2)
        return to_unit((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2)
    angle = random.uniform(0, 2 * np.pi)
    if kind == 1:
        return to_unit(rows * np.cos(angle) + columns * np.sin(angle))
    width = np.exp(random.uniform(*np.log(WAVE_PIXELS)))
    return to_unit(ndimage.gaussian_filter(random.standard_normal(shape), width, mode="reflect"))
