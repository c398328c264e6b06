"""Blur by transfer functions."""

import numpy as np
import pytest

from model_export import blur, defocus, sampling


def test_transfer_functions_blur_as_convolution_with_mirrored_borders_does():
    light = np.random.default_rng(0).random((sampling.WINDOW, sampling.WINDOW))
    level = 6
    transfer = sampling.transfer_functions((defocus.REFERENCE,))[0, level * sampling.STEPS_PER_LEVEL]
    by_transform = sampling.fft.idctn(sampling.fft.dctn(light, norm="ortho") * transfer, norm="ortho")
    point_spread = defocus.point_spread_function(level * defocus.LEVEL_METERS)
    assert np.abs(by_transform - defocus.defocus(light, point_spread)).max() < 1e-5


def test_the_nearest_level_is_that_of_the_blur_whatever_the_brightness():
    sharp = np.random.default_rng(0).standard_normal((blur.WINDOW,) * 2)
    discs = blur.disc_transfer_functions()
    assert blur.nearest_levels(3 * sharp * discs, sharp, discs).tolist() == blur.LEVELS.tolist()
    even = np.zeros((blur.WINDOW,) * 2)
    rows, columns = np.indices(even.shape) - blur.WINDOW // 2
    even[np.hypot(rows, columns) <= defocus.blur_disc_pixels(8 * defocus.LEVEL_METERS) / 2] = 1
    point = np.zeros_like(even)
    point[blur.WINDOW // 2, blur.WINDOW // 2] = 1
    even, point = (sampling.fft.dctn(picture, norm="ortho") for picture in (even, point))
    assert blur.nearest_levels(even[None], point, discs) == pytest.approx(8, abs=0.25)


def test_wide_apertures_reach_a_level_where_they_blur_as_the_reference_does():
    bank = blur.optics_bank()
    transfer = blur.transfer_functions(bank)
    reference = transfer[bank.index(defocus.REFERENCE)]
    edges = 1 / np.maximum(np.hypot(*np.indices(reference.shape[1:])), 1) ** 1.5
    whole = slice(0, 4 * 10 + 1, 4)
    for optics, factors in zip(bank, transfer):
        if optics.numerical_aperture in blur.WIDE_APERTURES:
            nearest = blur.nearest_levels(factors[whole] * edges, edges, reference)
            assert nearest == pytest.approx(blur.LEVELS[whole], abs=0.26)
            assert np.abs(factors[whole] - reference[whole]).max() > 0.03  # and yet is no even disc
