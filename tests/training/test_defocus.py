import numpy as np
import pytest
from scipy import special

from model_export import defocus

LEVELS = [level * defocus.LEVEL_METERS for level in range(11)]


@pytest.mark.parametrize("defocus_meters", LEVELS[::2])
def test_no_light_is_lost_and_the_sign_of_defocus_makes_no_difference(defocus_meters):
    point_spread = defocus.point_spread_function(defocus_meters)
    assert point_spread.shape == (61, 61) and point_spread.min() >= 0
    assert point_spread.sum() == pytest.approx(1)
    assert np.allclose(point_spread, defocus.point_spread_function(-defocus_meters))


def test_in_focus_it_is_the_airy_pattern():
    optics = defocus.REFERENCE
    radii = np.linspace(1e-9, 5e-6, 50)
    v = 2 * np.pi / optics.wavelength_meters * optics.numerical_aperture * radii
    airy = (2 * special.j1(v) / v) ** 2
    assert defocus.radial_intensity(radii, 0.0) == pytest.approx(airy / 4, abs=1e-6)


def test_on_the_axis_it_is_the_known_sinc_of_defocus():
    optics = defocus.REFERENCE
    for z in LEVELS[1:]:
        u = 2 * np.pi / optics.wavelength_meters * optics.numerical_aperture**2 * z
        expected = (np.sin(u / 4) / (u / 4)) ** 2 / 4
        assert defocus.radial_intensity(np.zeros(1), z)[0] == pytest.approx(expected, abs=1e-6)


def test_the_integral_for_wide_apertures_is_the_other_where_they_are_narrow():
    radii = np.linspace(0, 60e-6, 50)
    narrow = defocus.REFERENCE._replace(numerical_aperture=0.05)
    for z in (0.0, 300e-6):
        either = [intensity(radii, z, narrow) for intensity in (defocus.radial_intensity, defocus.debye_intensity)]
        assert either[0] / either[0].max() == pytest.approx(either[1] / either[1].max(), abs=5e-3)


def test_light_through_a_wide_aperture_is_denser_in_the_middle_than_in_an_even_disc():
    z, wide = 60e-6, defocus.REFERENCE._replace(numerical_aperture=0.86)
    radii = np.linspace(0, z * 0.86 / np.sqrt(1 - 0.86**2), 2000)  # to the rays of the rim
    middle, rim = (np.array_split(defocus.debye_intensity(radii, z, wide), 5)[part].mean() for part in (0, 3))
    assert rim < 0.6 * middle


def test_a_level_is_a_blur_disc_of_3_08_pixels():
    assert defocus.blur_disc_pixels(defocus.LEVEL_METERS) == pytest.approx(3.08, abs=0.005)


@pytest.mark.parametrize("level", [4, 7, 10])
def test_far_from_focus_most_light_falls_in_the_paraxial_disc(level):
    point_spread = defocus.point_spread_function(level * defocus.LEVEL_METERS)
    radius = np.hypot(*(np.indices(point_spread.shape) - 30))
    disc = defocus.blur_disc_pixels(level * defocus.LEVEL_METERS) / 2
    assert point_spread[radius <= disc].sum() > 0.85
    assert point_spread[radius <= 0.7 * disc].sum() < 0.65  # a disc, not a peak: half its area holds half the light


def test_other_optics_reach_a_level_at_the_same_blur_disc():
    oil = defocus.Optics(1.2, 1.52, 600e-9, 0.1e-6)
    for level in (1, 5, 10):
        same = defocus.equal_blur_defocus(level, oil)
        assert defocus.blur_disc_pixels(same, oil) == pytest.approx(defocus.blur_disc_pixels(LEVELS[level]))


def test_defocus_spreads_a_point_and_keeps_a_plane():
    point_spread = defocus.point_spread_function(LEVELS[5])
    image = np.zeros((101, 121))
    image[50, 60] = 1
    assert np.allclose(defocus.defocus(image, point_spread)[20:81, 30:91], point_spread, atol=1e-12)
    assert np.allclose(defocus.defocus(np.full((90, 100), 3.0), point_spread), 3.0)
