"""Defocus of objectives that are not perfect: spherical aberration, astigmatism and coma, up to 0.15 waves rms."""

from __future__ import annotations

import functools

import numpy as np

from . import defocus
from .blur import LEVELS, nearest_levels_of_edges, to_transfer, transfer_functions

OVERSAMPLING = 5
# Waves rms of spherical aberration, astigmatism and coma. The sign of the first two counts, since defocus has one.
KINDS = ((0.1, 0, 0), (-0.1, 0, 0), (0.15, 0, 0), (-0.15, 0, 0), (0, 0.12, 0), (0, 0, 0.15), (0.07, -0.07, 0.07))


def aberrated_point_spreads(
    defocus_meters: np.ndarray,
    waves: tuple[float, float, float],
    optics: defocus.Optics = defocus.REFERENCE,
    margin_pixels: int = defocus.MARGIN_PIXELS,
) -> np.ndarray:
    """Point spread functions of an aberrated circular aperture, from the Fourier transform of its pupil.

    Coma is made symmetric, by the mean with its mirror image, as the cosine transform of `blur` needs it: the loss of
    detail is that of coma, its direction is not.

    Parameters
    ----------
    defocus_meters : (l,) array
    waves : (float, float, float)
        Rms of spherical aberration, astigmatism and coma: Zernike's orthonormal terms (R. J. Noll, J. Opt. Soc. Am.
        66:207, 1976).

    Returns
    -------
    (l, 2 * margin_pixels + 1, 2 * margin_pixels + 1) array
        Sums to 1.
    """
    side = 2 * margin_pixels + 1
    fine = side * OVERSAMPLING
    frequencies = np.fft.fftfreq(fine, optics.pixel_meters / OVERSAMPLING)
    rows, columns = np.meshgrid(frequencies, frequencies, indexing="ij")
    cutoff = optics.numerical_aperture / optics.wavelength_meters
    rho, angle = np.hypot(rows, columns) / cutoff, np.arctan2(rows, columns)
    wavefront = 2 * np.pi * np.tensordot(waves, _zernike(rho, angle), axes=1)
    bend = np.pi / optics.wavelength_meters * optics.numerical_aperture**2 / optics.refractive_index * rho**2
    spreads = [_binned(np.fft.ifft2((rho <= 1) * np.exp(1j * (wavefront - bend * z))), side) for z in defocus_meters]
    return np.array(spreads)


def _zernike(rho, angle):
    return (
        np.sqrt(5) * (6 * rho**4 - 6 * rho**2 + 1),
        np.sqrt(6) * rho**2 * np.cos(2 * angle),
        np.sqrt(8) * (3 * rho**3 - 2 * rho) * np.sin(angle),
    )


def _binned(amplitude, side):
    """Intensity in each pixel, the middle of the first sample moved to that of the picture, and made symmetric."""
    intensity = np.fft.fftshift(np.abs(amplitude) ** 2)
    binned = intensity.reshape(side, OVERSAMPLING, side, OVERSAMPLING).sum(axis=(1, 3))
    binned = (binned + binned[::-1]) / 2
    binned = (binned + binned[:, ::-1]) / 2
    return binned / binned.sum()


@functools.lru_cache(maxsize=None)
def make_aberrated_transfer_functions() -> tuple[np.ndarray, np.ndarray]:
    """As `blur.transfer_functions`, of KINDS, and the levels at which the reference's are nearest.

    Returns
    -------
    (kinds, levels, WINDOW, WINDOW) float32 array
        Levels in steps of 1 / STEPS_PER_LEVEL, as far as the aberration allows.
    (kinds, levels) array
        What they are; above 0 in best focus.
    """
    reference = transfer_functions((defocus.REFERENCE,))[0]
    meters = defocus.equal_blur_defocus(LEVELS, defocus.REFERENCE)
    transfer: list[np.ndarray] = []
    levels: list[np.ndarray] = []
    for waves in KINDS:
        by_meters = to_transfer(aberrated_point_spreads(meters, waves))
        nearest = np.maximum.accumulate(nearest_levels_of_edges(by_meters, reference))
        steps = np.rint(np.interp(LEVELS, nearest + 1e-6 * LEVELS, np.arange(len(LEVELS)))).astype(int)
        transfer.append(by_meters[steps])
        levels.append(nearest[steps])
    return np.array(transfer, np.float32), np.array(levels)
