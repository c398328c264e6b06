"""Optics: the blur of a widefield microscope at a known distance from focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import integrate, signal, special

from imagefocus import optics as level_optics


class Optics(NamedTuple):
    """A microscope and its camera; `imagefocus.optics.Sampling` in meters."""

    numerical_aperture: float
    refractive_index: float
    wavelength_meters: float
    pixel_meters: float


METERS = 1e-6  # in a micrometer
REFERENCE = Optics(
    level_optics.REFERENCE.numerical_aperture,
    level_optics.REFERENCE.refractive_index,
    level_optics.REFERENCE.wavelength_micrometers * METERS,
    level_optics.REFERENCE.pixel_micrometers * METERS,
)
LEVEL_METERS = level_optics.LEVEL_MICROMETERS * METERS
MARGIN_PIXELS = 30  # holds the blur of level 10: a disc of radius 15.4 px and the rings around it


def blur_disc_pixels(defocus_meters: Any, optics: Optics = REFERENCE) -> Any:
    """Diameter in pixels of the paraxial blur disc, 2 |z| NA / n, of an object out of focus by `defocus_meters`."""
    return 2 * abs(defocus_meters) * optics.numerical_aperture / optics.refractive_index / optics.pixel_meters


def equal_blur_defocus(level: Any, optics: Optics) -> Any:
    """Defocus in meters at which `optics` gives the blur disc, in pixels, of a level of the reference optics."""
    disc = blur_disc_pixels(level * LEVEL_METERS)
    return disc * optics.pixel_meters * optics.refractive_index / (2 * optics.numerical_aperture)


def radial_intensity(radii_meters: np.ndarray, defocus_meters: Any, optics: Optics = REFERENCE) -> np.ndarray:
    """Point spread function of a circular aperture against the distance from its axis, scalar theory.

    |int_0^1 J0(k NA/n r rho) exp(-i/2 k rho^2 z (NA/n)^2) rho d rho|^2 with k = 2 pi n / wavelength
    (M. Born & E. Wolf, Principles of Optics, 7th ed., section 8.8).

    Parameters
    ----------
    radii_meters : (m,) array
        Distances r from the axis, in the object.
    defocus_meters : float or (l,) array
        Distances z from the focal plane; the sign makes no difference.

    Returns
    -------
    (m,) or (m, l) array
        Intensity, 1/4 at r = z = 0.
    """
    sine = optics.numerical_aperture / optics.refractive_index
    wave_number = 2 * np.pi * optics.refractive_index / optics.wavelength_meters
    rho = np.linspace(0, 1, 513)  # 20 samples to each oscillation of J0 at the far corner
    phase = np.exp(-0.5j * wave_number * sine**2 * np.outer(rho**2, defocus_meters))
    weights = integrate.simpson(np.eye(len(rho)), x=rho, axis=1) * rho
    waves = special.j0(wave_number * sine * np.outer(radii_meters, rho)) @ (weights[:, None] * phase)
    return np.abs(waves.reshape(len(radii_meters), *np.shape(defocus_meters))) ** 2


def debye_intensity(radii_meters: np.ndarray, defocus_meters: Any, optics: Optics) -> np.ndarray:
    """Point spread function for wide apertures too, as `radial_intensity` otherwise.

    Through a wide aperture a point out of focus is not an even disc but a core with a wide skirt.

    |int_0^alpha J0(k r sin t) exp(i k z cos t) sqrt(cos t) sin t dt|^2 with k = 2 pi n / wavelength, sin alpha = NA /
    n: the scalar form of the integral of an aplanatic lens (B. Richards & E. Wolf, Proc. R. Soc. A 253:358, 1959).

    Returns
    -------
    (m,) or (m, l) array
        Intensity, in arbitrary units.
    """
    wave_number = 2 * np.pi * optics.refractive_index / optics.wavelength_meters
    angles = np.linspace(0, np.arcsin(optics.numerical_aperture / optics.refractive_index), 1025)
    phase = np.exp(1j * wave_number * np.outer(np.cos(angles) - 1, defocus_meters))
    weights = integrate.simpson(np.eye(len(angles)), x=angles, axis=1) * np.sqrt(np.cos(angles)) * np.sin(angles)
    waves = special.j0(wave_number * np.outer(radii_meters, np.sin(angles))) @ (weights[:, None] * phase)
    return np.abs(waves.reshape(len(radii_meters), *np.shape(defocus_meters))) ** 2


def point_spread_function(
    defocus_meters: Any,
    optics: Optics = REFERENCE,
    margin_pixels: int = MARGIN_PIXELS,
    oversampling: int = 5,
    intensity: Callable[..., np.ndarray] = radial_intensity,
) -> np.ndarray:
    """Point spread function sampled by square pixels.

    Parameters
    ----------
    defocus_meters : float or (l,) array
    intensity : function
        `radial_intensity` or `debye_intensity`.

    Returns
    -------
    ([l,] 2 * margin_pixels + 1, 2 * margin_pixels + 1) array
        Share of the light that falls on each pixel; sums to 1.
    """
    side = 2 * margin_pixels + 1
    step = optics.pixel_meters / oversampling
    positions = (np.arange(side * oversampling) - (side * oversampling - 1) / 2) * step
    radii = np.hypot(positions[:, None], positions[None, :])
    table = np.arange(0, radii.max() + step, step / 4)
    profiles = intensity(table, np.atleast_1d(defocus_meters), optics)
    fine = np.stack([np.interp(radii, table, profile) for profile in profiles.T])
    binned = fine.reshape(-1, side, oversampling, side, oversampling).sum(axis=(2, 4))
    binned /= binned.sum(axis=(1, 2), keepdims=True)
    return binned.reshape(*np.shape(defocus_meters), side, side)


def defocus(image: np.ndarray, point_spread: np.ndarray) -> np.ndarray:
    """Convolve a (rows, columns) image with a point spread function; the borders are mirrored."""
    margin = point_spread.shape[0] // 2
    padded = np.pad(image, margin, mode="symmetric")
    return signal.fftconvolve(padded, point_spread, mode="valid")
