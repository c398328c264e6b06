import numpy as np
import pytest

from model_export import camera

GREY = np.full((300, 300), 0.5)


@pytest.mark.parametrize("peak", [60, 1000])
def test_shot_noise_has_the_variance_of_its_mean(peak):
    counts = camera.expose(GREY, peak, 16, np.random.default_rng(0), read_noise_electrons=1e-6)
    electrons = counts * (1.2 * peak / 65535)
    assert electrons.mean() == pytest.approx(peak / 2, rel=0.02)
    assert electrons.var() == pytest.approx(peak / 2, rel=0.03)


def test_read_noise_is_added_in_electrons():
    counts = camera.expose(GREY * 0, 1000, 16, np.random.default_rng(0), read_noise_electrons=10)
    assert np.std(counts * (1240 / 65535)) == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_counts_fill_the_converter_and_no_more(bits):
    light = np.linspace(0, 2, 1000).reshape(1, -1)
    counts = camera.expose(light, 1000, bits, np.random.default_rng(0))
    assert counts.max() == 2**bits - 1 and counts.dtype == np.uint16


def test_many_photons_and_few_are_exposed_alike():
    """Above 50 photons the noise is drawn from a normal distribution: the moments go on smoothly."""
    below, above = (
        camera.expose(GREY, peak, 16, np.random.default_rng(0), read_noise_electrons=1) / peak for peak in (99, 101.5)
    )
    assert below.std() == pytest.approx(above.std(), rel=0.04)
    assert below.mean() * 99 == pytest.approx(above.mean() * 101.5, rel=0.05)
