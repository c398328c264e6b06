"""A digital camera: shot noise, read noise, saturation and quantization; and common damage to its pictures."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from scipy import ndimage

NORMAL_FROM_PHOTONS = 10  # from here on a normal variable is near enough to a Poisson one with read noise
EMPTY_SHARE = 0.05  # of training patches, unless `blanks` are drawn


def expose(
    light: np.ndarray,
    peak_photons: Any,
    bits: Any,
    random: np.random.Generator,
    background_photons: Any = 0.0,
    read_noise_electrons: Any = 2.0,
    full_scale: Any = 1.2,
) -> np.ndarray:
    """Photograph scenes.

    Parameters
    ----------
    light : (..., rows, columns) array
        Relative light, 0 to about 1. The parameters below are numbers, or arrays that broadcast to it.
    peak_photons : float or array
        Photons in a pixel where `light` is 1.
    bits : int or array
        Bit depth of the analog-to-digital converter: 8, 12 or 16.
    random : numpy.random.Generator
    background_photons : float or array
        Photons a pixel that belong to no object.
    read_noise_electrons : float or array
        Standard deviation of the read noise.
    full_scale : float or array
        Light that gives the converter's largest count, as a multiple of the brightest light expected
        (peak and background): below 1 the image saturates, far above 1 it uses few gray levels.

    Returns
    -------
    array of uint16, shape of `light`
        Counts, 0 to 2**bits - 1.
    """
    expected = (np.maximum(light, 0) * peak_photons + background_photons).astype(np.float32)
    variance = (expected + np.square(read_noise_electrons)).astype(np.float32)
    electrons = expected + np.sqrt(variance) * random.standard_normal(expected.shape, np.float32)
    few = expected < NORMAL_FROM_PHOTONS
    read_noise = np.broadcast_to(read_noise_electrons, expected.shape)[few]
    electrons[few] = random.poisson(expected[few]) + read_noise * random.standard_normal(few.sum(), np.float32)
    background = np.broadcast_to(background_photons, expected.shape).max(axis=(-2, -1), keepdims=True)
    brightest = full_scale * (peak_photons + background)
    offset = 4 * np.asarray(read_noise_electrons)  # real cameras have one, so that dark pixels are not cut at 0
    largest = np.asarray(2 ** np.asarray(bits) - 1)
    counts = (electrons + offset) * (largest / (brightest + offset))
    return np.clip(np.rint(counts), 0, largest).astype(np.uint16)


def photograph(
    lights: np.ndarray, random: np.random.Generator, defects: bool = True, empty_share: float = EMPTY_SHARE
) -> np.ndarray:
    """Photograph training patches, each with its own exposure, background, illumination gradient and converter.

    Parameters
    ----------
    lights : (n, rows, columns) float32 array
    random : numpy.random.Generator
    defects : bool
        Saturate some, and spoil some by hot pixels, JPEG compression or resampling.
    empty_share : float
        Of the patches, which lose their light.

    Returns
    -------
    (n, rows, columns) uint16 array
    """
    count = len(lights)

    def uniform(low, high):
        return random.uniform(low, high, (count, 1, 1)).astype(np.float32)

    def log_uniform(low, high):
        return np.exp(uniform(np.log(low), np.log(high)))

    peak_photons = log_uniform(30, 20000)
    background = peak_photons * log_uniform(0.003, 1.0)
    ramp = np.linspace(-0.5, 0.5, lights.shape[-1], dtype=np.float32)
    illumination = 1 + uniform(-0.3, 0.3) * ramp[:, None] + uniform(-0.3, 0.3) * ramp
    lights = lights * (uniform(0, 1) >= empty_share)  # nothing in the patch: any level may be the true one
    counts = expose(
        lights * illumination,
        peak_photons,
        random.choice((8, 12, 16), (count, 1, 1)),
        random,
        background_photons=background * illumination,
        read_noise_electrons=uniform(0.5, 6),
        full_scale=log_uniform(0.5 if defects else 0.7, 8),
    )
    return np.stack([_spoil(patch, random) for patch in counts]) if defects else counts


def _spoil(patch, random):
    """Give some pictures hot pixels, JPEG compression or resampling."""
    kind = random.random()
    if kind < 0.04:
        patch = patch.copy()
        hot = random.integers(len(patch), size=(2, random.integers(1, 8)))
        patch[tuple(hot)] = patch.max() * random.uniform(0.5, 1)
    elif kind < 0.10:
        patch = _jpeg(patch, int(random.integers(60, 96)))
    elif kind < 0.15:  # registered, rotated or rescaled a little: the noise is no longer that of single pixels
        patch = ndimage.gaussian_filter(patch.astype(np.float32), random.uniform(0.3, 0.55)).astype(np.uint16)
    return patch


def _jpeg(patch, quality):
    gray = np.rint(patch * (255 / max(patch.max(), 1))).astype(np.uint8)
    return compress_jpeg(gray, quality).astype(np.uint16)


def compress_jpeg(gray: np.ndarray, quality: int) -> np.ndarray:
    """What is left of a (rows, columns) uint8 picture after JPEG compression."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(gray).save(file, "jpeg", quality=quality)
    return np.asarray(Image.open(file))
