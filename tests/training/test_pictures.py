"""Blank, processed and plain training patches; soft objects and imperfect optics."""

import numpy as np
import pytest

from model_export import aberrations, blanks, blur, defocus, images, pictures, planes, runs, sampling, soft_scenes

ALL = sampling.INGREDIENTS + sampling.FIELD_INGREDIENTS


@pytest.fixture(scope="module")
def read(training_images):
    return images.read_images(images.find_images(training_images), print)


@pytest.fixture(scope="module")
def sampler(read):
    return runs.make_sampler(read, ALL)


def test_a_seed_draws_the_same_batch_of_all_ingredients(sampler):
    patches, labels = sampler.batch(3, 64)
    assert patches.shape == (64, 84, 84, 1) and np.isfinite(patches).all()
    assert labels.sum(axis=1) == pytest.approx(1)
    again = sampler.batch(3, 64)
    assert np.array_equal(patches, again[0]) and np.array_equal(labels, again[1])


@pytest.mark.parametrize("ingredient", sampling.FIELD_INGREDIENTS)
def test_each_field_ingredient_changes_what_is_drawn(read, sampler, ingredient):
    without = runs.make_sampler(read, set(ALL) - {ingredient})
    assert not np.array_equal(sampler.batch(5, 64)[0], without.batch(5, 64)[0])


def test_blanks_have_the_flat_label_and_their_share(sampler):
    labels = np.concatenate([sampler.batch(seed, 128)[1] for seed in range(8)])
    flat = np.isclose(labels, 1 / 11).all(axis=1)
    assert np.mean(flat) == pytest.approx(pictures.BLANK_SHARE, abs=0.05)


def test_without_field_ingredients_nothing_of_them_is_drawn():
    random = np.random.default_rng(0)
    plan = pictures.draw_plan(64, random, sampling.INGREDIENTS)
    assert not plan.blank.any() and not any(plan.processings)
    assert random.random() == np.random.default_rng(0).random()


def test_the_light_of_blanks_is_smooth():
    lights = [blanks.draw_blank(np.random.default_rng(seed), 84) for seed in range(100)]
    shaded = [light for light in lights if light.any()]
    assert 30 < len(shaded) < 80
    for light in shaded:
        span = np.ptp(light)
        assert light.min() == pytest.approx(1) and span <= blanks.CONTRAST[1] + 1e-6
        assert max(np.abs(np.diff(light, axis=axis)).max() for axis in (0, 1)) < 0.25 * span


def test_soft_scenes_are_light_of_about_0_to_1():
    lights = soft_scenes.make_soft_scenes(np.random.default_rng(0), count_of_each=1)
    assert len(lights) == 6
    for light in lights:
        assert light.shape == (512, 512) and np.isfinite(light).all() and light.min() >= 0 and 0.9 < light.max() <= 3


def test_bright_debris_sets_the_level_and_debris_as_bright_leaves_none(monkeypatch):
    monkeypatch.setattr(planes, "DEBRIS_SHARE", 1)
    monkeypatch.setattr(planes, "DEBRIS_DISTANCE", (5, 5))
    transfer = blur.transfer_functions(blur.optics_bank())[2]
    flat = np.random.default_rng(0).standard_normal((4, blur.WINDOW, blur.WINDOW)).astype(np.float32)
    for brightness, expected in ((10, 5.0), (1, np.nan), (0.1, 0.0)):
        monkeypatch.setattr(planes, "DEBRIS_BRIGHTNESS", (brightness, brightness))
        levels = planes.add_debris(flat.copy(), np.zeros(4), transfer, np.random.default_rng(1))
        assert np.allclose(levels, expected, equal_nan=True)


def test_a_perfect_pupil_gives_the_point_spread_of_the_scalar_model():
    meters = np.array([0.0, 6e-6])
    spreads = aberrations.aberrated_point_spreads(meters, (0, 0, 0))
    expected = defocus.point_spread_function(meters)
    assert spreads.sum(axis=(1, 2)) == pytest.approx(1)
    assert np.abs(spreads - expected).max() < 0.1 * expected.max(axis=(1, 2)).min()


@pytest.mark.parametrize("waves", aberrations.KINDS)
def test_an_aberration_lowers_the_peak_in_focus(waves):
    perfect, aberrated = (aberrations.aberrated_point_spreads(np.array([0.0]), kind) for kind in ((0, 0, 0), waves))
    assert aberrated.max() < perfect.max()


def test_aberrated_optics_are_labeled_by_the_nearest_level():
    transfer, levels = aberrations.make_aberrated_transfer_functions()
    assert transfer.shape == (len(aberrations.KINDS), len(blur.LEVELS), blur.WINDOW, blur.WINDOW)
    assert (np.diff(levels, axis=1) >= 0).all() and (levels[:, 0] <= 2).all()
    assert np.abs(levels[:, 20:41] - blur.LEVELS[20:41]).max() <= 1
