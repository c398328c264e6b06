import numpy as np
import pytest

from imagefocus import Sampling
from imagefocus.optics import LEVEL_DISC_PIXELS, check_sampling, defocus_micrometers, known_scale
from model_export import defocus

REFERENCE = Sampling(0.65, 0.5, 1.0, 0.5)


def test_a_level_is_the_blur_that_the_network_was_trained_on():
    assert pytest.approx(defocus.blur_disc_pixels(defocus.LEVEL_METERS)) == LEVEL_DISC_PIXELS


@pytest.mark.parametrize("aperture, index, pixel", [(0.5, 1.0, 0.65), (0.95, 1.0, 0.16), (1.3, 1.515, 0.1)])
def test_the_distance_that_is_reported_has_the_blur_disc_of_the_level(aperture, index, pixel):
    optics = defocus.Optics(aperture, index, 500e-9, pixel * 1e-6)
    microns = defocus_micrometers(np.arange(11), Sampling(pixel, aperture, index, 0.5))
    assert defocus.blur_disc_pixels(microns * 1e-6, optics) == pytest.approx(LEVEL_DISC_PIXELS * np.arange(11))


def test_the_reference_microscope_has_two_micrometers_a_level_and_its_own_scale():
    assert defocus_micrometers(3.0, REFERENCE) == pytest.approx(6)
    assert known_scale(REFERENCE) == 1


def test_halving_the_pixels_halves_the_scale_and_leaves_the_distance_alone():
    fine = REFERENCE._replace(pixel_micrometers=0.325)
    assert known_scale(fine) == pytest.approx(0.5)
    assert defocus_micrometers(3.0, fine, known_scale(fine)) == pytest.approx(6)


def test_coarse_images_are_never_enlarged():
    assert known_scale(REFERENCE._replace(pixel_micrometers=1.3)) == 1


@pytest.mark.parametrize(
    "change, words",
    [
        ({"pixel_micrometers": 0}, "the pixel micrometers is 0; it must be above 0"),
        ({"wavelength_micrometers": -1}, "the wavelength micrometers is -1"),
        ({"numerical_aperture": 1.0}, "the aperture must be the smaller one"),
    ],
)
def test_values_of_no_microscope_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        check_sampling(REFERENCE._replace(**change))
