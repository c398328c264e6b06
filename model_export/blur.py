"""How microscopes of many kinds blur a window about a patch, in steps of a quarter of a level."""

from __future__ import annotations

import functools

import numpy as np
from scipy import special

from imagefocus.patches import PATCH_SIDE

from . import defocus

WINDOW = PATCH_SIDE + 36  # a patch and a margin, from which blur brings light into the patch; mirrored beyond that
STEPS_PER_LEVEL = 4
LARGEST_LEVEL = 14
LEVELS = np.arange(LARGEST_LEVEL * STEPS_PER_LEVEL + 1) / STEPS_PER_LEVEL
WIDE_APERTURES = (0.62, 0.74, 0.86)  # NA / n of objectives for 20x and up


def optics_bank() -> tuple[defocus.Optics, ...]:
    """Widefield optics that are equally blurred at a level, each with its own diffraction and aperture.

    Returns
    -------
    tuple of defocus.Optics
        The reference with wavelengths of 260 to 845 nm, since wavelength / NA / pixel varies over objectives and
        cameras; and wide apertures with pixels that are smaller by the same factor, whose blur is not an even disc.
    """
    wavelengths = np.array([0.52, 0.75, 1.0, 1.3, 1.69]) * defocus.REFERENCE.wavelength_meters
    narrow = [defocus.REFERENCE._replace(wavelength_meters=wavelength) for wavelength in wavelengths]
    pixel = defocus.REFERENCE.pixel_meters * defocus.REFERENCE.numerical_aperture
    wide = [
        defocus.REFERENCE._replace(numerical_aperture=aperture, pixel_meters=pixel / aperture)
        for aperture in WIDE_APERTURES
    ]
    return (*narrow, *wide)


@functools.lru_cache(maxsize=None)
def transfer_functions(bank: tuple[defocus.Optics, ...]) -> np.ndarray:
    """Factors by which the point spread functions multiply the cosine transform of a mirrored WINDOW x WINDOW image.

    Parameters
    ----------
    bank : tuple of defocus.Optics

    Returns
    -------
    (optics, levels, WINDOW, WINDOW) float32 array
        Levels in steps of 1 / STEPS_PER_LEVEL.
    """
    reference = _transfer(defocus.equal_blur_defocus(LEVELS, defocus.REFERENCE), defocus.REFERENCE)
    transfer = []
    for optics in bank:
        meters = defocus.equal_blur_defocus(LEVELS, optics)
        if optics.numerical_aperture in WIDE_APERTURES:
            nearest = nearest_levels_of_edges(_transfer(meters, optics), reference)
            meters = np.interp(LEVELS, np.maximum.accumulate(nearest + 1e-6 * np.arange(len(LEVELS))), meters)
        transfer.append(_transfer(meters, optics))
    return np.array(transfer, np.float32)


def _transfer(defocus_meters, optics):
    wide = optics.numerical_aperture in WIDE_APERTURES
    intensity = defocus.debye_intensity if wide else defocus.radial_intensity
    return to_transfer(defocus.point_spread_function(defocus_meters, optics, intensity=intensity))


def to_transfer(point_spreads: np.ndarray) -> np.ndarray:
    """(l, WINDOW, WINDOW) array of (l, side, side) point spread functions, symmetric and of odd sides.

    Convolving with a symmetric kernel under mirrored borders is a product in the type-II cosine transform
    (S. A. Martucci, IEEE Trans. Signal Process. 42:1038, 1994).
    """
    margin = point_spreads.shape[-1] // 2
    cosines = np.cos(np.pi / WINDOW * np.outer(np.arange(WINDOW), np.arange(-margin, margin + 1)))
    return cosines @ point_spreads @ cosines.T


@functools.lru_cache(maxsize=None)
def disc_transfer_functions() -> np.ndarray:
    """(levels, WINDOW, WINDOW) float32 array: even discs with the diameters of the levels, without diffraction."""
    frequencies = np.hypot(*np.indices((WINDOW, WINDOW))) / (2 * WINDOW)  # cycles per pixel
    diameters = defocus.blur_disc_pixels(LEVELS * defocus.LEVEL_METERS)
    x = np.maximum(np.pi * np.multiply.outer(diameters, frequencies), 1e-9)
    return (2 * special.j1(x) / x).astype(np.float32)


def nearest_levels_of_edges(transfer: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(n,) levels of a reference that are nearest to (n, WINDOW, WINDOW) transfer functions, for a picture of edges."""
    edges = 1 / np.maximum(np.hypot(*np.indices(transfer.shape[1:])), 1) ** 1.5  # the spectrum of sharp edges
    return nearest_levels(transfer * edges, edges, reference)


def nearest_levels(pictures: np.ndarray, sharp: np.ndarray, transfer: np.ndarray) -> np.ndarray:
    """Levels whose transfer function brings a sharp picture nearest to each of some blurred pictures of it.

    Nearest in mean square, at any brightness. With even discs, this is how the true levels of real z-stacks are found.

    Parameters
    ----------
    pictures : (n, WINDOW, WINDOW) array
        Cosine transforms.
    sharp : (WINDOW, WINDOW) array
        Cosine transform of the sharp picture.
    transfer : (levels, WINDOW, WINDOW) array

    Returns
    -------
    (n,) array
    """
    pictures, sharp = (array.reshape(*array.shape[:-2], -1)[..., 1:] for array in (pictures, sharp))  # without the mean
    transfer = transfer.reshape(len(transfer), -1)[:, 1:]
    alike = (pictures * sharp) @ transfer.T
    return LEVELS[(alike / np.sqrt(sharp**2 @ (transfer**2).T + 1e-30)).argmax(axis=1)]
