"""Defocus levels in micrometers of a given microscope, and the sampling that the network knows.

A point out of focus by z is imaged, by geometrical optics at small angles, as a disc of diameter 2 |z| NA / n in the
object (M. Born & E. Wolf, Principles of Optics, 7th ed., section 8.8).
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

Sampling = namedtuple("Sampling", "pixel_micrometers numerical_aperture refractive_index wavelength_micrometers")

LEVEL_COUNT = 11  # of defocus, 0 (sharp) to 10
LEVEL_MICROMETERS = 2.0  # of defocus from one level to the next, at the reference
REFERENCE = Sampling(0.65, 0.5, 1.0, 0.5)  # the microscope that defines the levels
# Diameter of the blur disc of level 1; the refractive index of the reference is 1.
LEVEL_DISC_PIXELS = 2 * LEVEL_MICROMETERS * REFERENCE.numerical_aperture / REFERENCE.pixel_micrometers
# wavelength / NA, the unit of the diffraction pattern, in pixels of the reference
REFERENCE_WAVELENGTH_PIXELS = (
    REFERENCE.wavelength_micrometers / REFERENCE.numerical_aperture / REFERENCE.pixel_micrometers
)


def defocus_micrometers(level: Any, sampling: Sampling, scale: float = 1.0) -> Any:
    """Distance from focus at which a microscope blurs as much as a level, |z| = disc n / (2 NA).

    Parameters
    ----------
    level : float or array of 0.0 to 10.0
        Of an image that was made smaller by the factor `scale`.
    sampling : Sampling
        Of the image before that.
    scale : float

    Returns
    -------
    float or array, of 0 or above
    """
    disc = level * LEVEL_DISC_PIXELS / scale * sampling.pixel_micrometers
    return disc * sampling.refractive_index / (2 * sampling.numerical_aperture)


def known_scale(sampling: Sampling) -> float:
    """Factor, at most 1, by which an image must be made smaller so that diffraction spreads as in the reference.

    The radius of the diffraction pattern in focus is proportional to wavelength / NA; at high magnification it covers
    more pixels than the network knows, which looks like defocus.
    """
    spread = sampling.wavelength_micrometers / sampling.numerical_aperture / sampling.pixel_micrometers
    return min(1.0, REFERENCE_WAVELENGTH_PIXELS / spread)


def check_sampling(sampling: Sampling) -> None:
    """Raise a ValueError if no microscope has these values."""
    for name, value in sampling._asdict().items():
        if not value > 0:
            raise ValueError(f"the {name.replace('_', ' ')} is {value}; it must be above 0.")
    if sampling.numerical_aperture >= sampling.refractive_index:
        raise ValueError(
            f"the numerical aperture is {sampling.numerical_aperture} and the refractive index "
            f"{sampling.refractive_index}; the aperture must be the smaller one."
        )
