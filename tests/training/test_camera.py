import numpy as np
import pytest

from model_export import camera

GRAY = np.full((300, 300), 0.5)


@pytest.mark.parametrize("peak", [6, 18, 60, 1000])
def test_shot_noise_has_the_variance_of_its_mean(peak):
    counts = camera.expose(GRAY, peak, 16, np.random.default_rng(0), read_noise_electrons=1e-6, full_scale=4)
    electrons = counts * (4 * peak / 65535)
    assert electrons.mean() == pytest.approx(peak / 2, rel=0.02)
    assert electrons.var() == pytest.approx(peak / 2, rel=0.03)


def test_read_noise_is_added_in_electrons():
    counts = camera.expose(GRAY * 0, 1000, 16, np.random.default_rng(0), read_noise_electrons=10)
    assert np.std(counts * (1240 / 65535)) == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_counts_fill_the_converter_and_no_more(bits):
    light = np.linspace(0, 2, 1000).reshape(1, -1)
    counts = camera.expose(light, 1000, bits, np.random.default_rng(0))
    assert counts.max() == 2**bits - 1 and counts.dtype == np.uint16


def test_many_photons_and_few_are_exposed_alike():
    """From some photons on the noise is drawn from a normal distribution: the moments go on smoothly."""
    threshold = 2 * camera.NORMAL_FROM_PHOTONS  # GRAY is 0.5
    below, above = (
        camera.expose(GRAY, peak, 16, np.random.default_rng(0), read_noise_electrons=1) / peak
        for peak in (0.99 * threshold, 1.01 * threshold)
    )
    assert below.std() == pytest.approx(above.std(), rel=0.04)
    assert below.mean() * 0.99 == pytest.approx(above.mean() * 1.01, rel=0.05)


def test_pictures_may_each_have_their_own_exposure():
    peaks, bits = np.array([20.0, 5000.0]).reshape(2, 1, 1), np.array([8, 16]).reshape(2, 1, 1)
    together = camera.expose(np.stack([GRAY, GRAY]), peaks, bits, np.random.default_rng(0))
    assert together[0].max() <= 255 < together[1].max()
    relative = together.std(axis=(1, 2)) / together.mean(axis=(1, 2))
    assert relative[0] > 5 * relative[1]
