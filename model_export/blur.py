"""What microscopes of many kinds make of a window about a patch, at blur in steps of a quarter of a level."""

import functools

import numpy as np
from scipy import special

from imagefocus.patches import PATCH_SIDE

from . import defocus

WINDOW = PATCH_SIDE + 36  # a patch with enough about it for the light that blur brings in; beyond, it is mirrored
STEPS_PER_LEVEL = 4
LARGEST_LEVEL = 14
LEVELS = np.arange(LARGEST_LEVEL * STEPS_PER_LEVEL + 1) / STEPS_PER_LEVEL
WIDE_APERTURES = (0.62, 0.74, 0.86)  # NA / n of objectives for 20x and up


def optics_bank():
    """Widefield optics that reach a level at the same blur and differ in how diffraction and aperture draw it.

    Returns
    -------
    tuple of defocus.Optics
        The reference with wavelengths of 260 to 845 nm, as wavelength / NA / pixel varies over objectives and cameras;
        and wide apertures with pixels as much smaller, whose defocus is no even disc.
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
def transfer_functions(bank):
    """What the point spread functions multiply the cosine transform of a mirrored WINDOW x WINDOW image by.

    Parameters
    ----------
    bank : tuple of defocus.Optics

    Returns
    -------
    (optics, levels, WINDOW, WINDOW) float32 array
        Levels in steps of 1 / STEPS_PER_LEVEL.
    """
    reference = _transfer(defocus.equal_blur_defocus(LEVELS, defocus.REFERENCE), defocus.REFERENCE)
    edges = 1 / np.maximum(np.hypot(*np.indices(reference.shape[1:])), 1) ** 1.5  # the spectrum of sharp edges
    transfer = []
    for optics in bank:
        meters = defocus.equal_blur_defocus(LEVELS, optics)
        if optics.numerical_aperture in WIDE_APERTURES:
            nearest = nearest_levels(_transfer(meters, optics) * edges, edges, reference)
            meters = np.interp(LEVELS, np.maximum.accumulate(nearest + 1e-6 * np.arange(len(LEVELS))), meters)
        transfer.append(_transfer(meters, optics))
    return np.array(transfer, np.float32)


def _transfer(defocus_meters, optics):
    """(l, WINDOW, WINDOW) array of (l,) defoci.

    Convolving with a symmetric kernel under mirrored borders is a product in the type-II cosine transform
    (S. A. Martucci, IEEE Trans. Signal Process. 42:1038, 1994).
    """
    offsets = np.arange(-defocus.MARGIN_PIXELS, defocus.MARGIN_PIXELS + 1)
    cosines = np.cos(np.pi / WINDOW * np.outer(np.arange(WINDOW), offsets))
    wide = optics.numerical_aperture in WIDE_APERTURES
    intensity = defocus.debye_intensity if wide else defocus.radial_intensity
    return cosines @ defocus.point_spread_function(defocus_meters, optics, intensity=intensity) @ cosines.T


@functools.lru_cache(maxsize=None)
def disc_transfer_functions():
    """(levels, WINDOW, WINDOW) float32 array: even discs with the diameters of the levels, without diffraction."""
    frequencies = np.hypot(*np.indices((WINDOW, WINDOW))) / (2 * WINDOW)  # cycles per pixel
    diameters = defocus.blur_disc_pixels(LEVELS * defocus.LEVEL_METERS)
    x = np.maximum(np.pi * np.multiply.outer(diameters, frequencies), 1e-9)
    return (2 * special.j1(x) / x).astype(np.float32)


def as_in_focus(level):
    """Levels with those counted as in focus that are within what optics differ by there.

    In focus, the longest wavelengths of `optics_bank` look nearest to level 0.75 of the reference. So that much is 0, and
    what is between it and 1.5 is spread over what is between 0 and 1.5.
    """
    return np.minimum(level, np.maximum(0, 2 * (np.asarray(level) - 0.75)))


def nearest_levels(pictures, sharp, transfer):
    """Levels at which transfer functions map a sharp picture nearest to given pictures of it.

    Nearest is in mean square, whatever the brightness: with even discs, as the true levels of real z-stacks are found.

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
