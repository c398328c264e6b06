"""What microscopes of many kinds make of a window about a patch, at blur in steps of a quarter of a level."""

import functools

import numpy as np

from imagefocus.patches import PATCH_SIDE

from . import defocus

WINDOW = PATCH_SIDE + 36  # a patch with enough about it for the light that blur brings in; beyond, it is mirrored
STEPS_PER_LEVEL = 4
LARGEST_LEVEL = 14
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
    levels = np.arange(LARGEST_LEVEL * STEPS_PER_LEVEL + 1) / STEPS_PER_LEVEL
    reference = _transfer(defocus.equal_blur_defocus(levels, defocus.REFERENCE), defocus.REFERENCE)
    transfer = []
    for optics in bank:
        meters = defocus.equal_blur_defocus(levels, optics)
        if optics.numerical_aperture in WIDE_APERTURES:
            meters = np.interp(levels, nearest_levels(_transfer(meters, optics), reference, levels), meters)
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


def nearest_levels(transfer, reference, levels):
    """Levels at which the reference optics come nearest to given transfer functions.

    Nearest is in mean square, over pictures with the spectrum of sharp edges, whose power falls as the third power of
    the frequency.

    Parameters
    ----------
    transfer, reference : (l, WINDOW, WINDOW) arrays
    levels : (l,) array
        Of `reference`.

    Returns
    -------
    (l,) array, never falling
    """
    frequencies = np.hypot(*np.indices(transfer.shape[1:]))
    power = 1 / np.maximum(frequencies, 1) ** 3
    power[0, 0] = 0
    errors = np.array([(power * (one - reference) ** 2).sum(axis=(1, 2)) for one in transfer])
    return np.maximum.accumulate(levels[errors.argmin(axis=1)] + 1e-6 * np.arange(len(transfer)))
