"""Training patches drawn from images."""

import numpy as np
import pytest

from model_export import blur, images, pictures, planes, runs, sampling, scenes


@pytest.fixture(scope="module")
def sampler(training_images):
    return runs.make_sampler(images.read_images(images.find_images(training_images), print))


def test_a_seed_draws_the_same_batch_and_another_seed_another(sampler):
    patches, labels = sampler.batch(3, 24)
    assert patches.shape == (24, 84, 84, 1) and labels.shape == (24, 11)
    assert labels.sum(axis=1) == pytest.approx(1)
    again = sampler.batch(3, 24)
    assert np.array_equal(patches, again[0]) and np.array_equal(labels, again[1])
    assert not np.array_equal(patches, sampler.batch(4, 24)[0])


def test_windows_are_enlarged_without_a_change_of_brightness():
    sampler = sampling.PatchSampler([np.ones((400, 400), np.float32)], ["a"], ingredients=["zoom"])
    for seed in range(20):
        slices, heights = sampler.draw_window(np.random.default_rng(seed))
        window = sampling.fft.idctn(slices[0], norm="ortho")
        assert len(slices) == 1 and heights == [0]
        assert window == pytest.approx(np.ones((sampling.WINDOW,) * 2), abs=1e-3)


def test_of_the_same_objects_the_more_blurred_has_less_contrast(sampler):
    margin = pictures.MARGIN
    random = np.random.default_rng(0)
    pairs, pairs_of_flat_in_patches = [], []
    for _ in range(150):
        slices, heights = sampler.draw_window(random)
        lights, levels = sampler.defocus_window(slices, heights, random)
        pairs += have_less_contrast(lights, levels)
        if len(heights) == 1:  # into a patch the light of high nuclei comes from beside it
            pairs_of_flat_in_patches += have_less_contrast(lights[:, margin:-margin, margin:-margin], levels)
    for answers in (pairs, pairs_of_flat_in_patches):
        assert len(answers) > 200 and np.mean(answers) > 0.99  # some patches show haze above all


def have_less_contrast(lights, levels):
    contrasts = lights.std(axis=(1, 2))
    further, nearer = np.nonzero((levels[:, None] >= levels + 3) & (contrasts > 0))
    return (contrasts[further] < contrasts[nearer]).tolist()


def test_each_ingredient_changes_what_is_drawn(training_images):
    read = images.read_images(images.find_images(training_images), print)
    whole = runs.make_sampler(read).batch(5, 64)[0]
    for ingredient in sampling.INGREDIENTS:
        without = runs.make_sampler(read, set(sampling.INGREDIENTS) - {ingredient}).batch(5, 64)[0]
        assert not np.array_equal(whole, without), ingredient


def test_larger_nuclei_are_higher_up_to_those_of_40x(sampler, monkeypatch):
    monkeypatch.setattr(sampling, "THICK_SHARE", 1)
    heights = []
    for radius in (2, 10, 40):  # the same nuclei, declared smaller and larger
        monkeypatch.setattr(sampler, "thick", [(radius, *sampler.thick[0][1:])])
        drawn = [sampler.draw_window(np.random.default_rng(seed))[1] for seed in range(30)]
        assert all(np.allclose(slices, -slices[::-1]) for slices in drawn)
        heights.append(np.array([slices[-1] for slices in drawn]))
    small, middle, large = heights
    below = middle < sampling.LARGEST_HALF_THICKNESS
    assert 2 * min(sampling.LEVELS_PER_RADIUS) <= small.min() and below.any()
    assert middle[below] == pytest.approx(5 * small[below])
    assert large.max() == sampling.LARGEST_HALF_THICKNESS and (large >= middle).all()


def test_dividing_cells_are_as_bright_as_said_and_above_the_plane(monkeypatch):
    light = 7 + np.random.default_rng(0).standard_normal((1, blur.WINDOW, blur.WINDOW))
    monkeypatch.setattr(planes, "ROUNDED_BRIGHTNESS", (20, 20))
    monkeypatch.setattr(scenes, "draw_rounded_cells", lambda random, side: np.eye(side))
    heights = []
    for seed in range(100):
        flat = sampling.fft.dctn(light, axes=(1, 2), norm="ortho")
        cells, height = planes.draw_cells_above(flat, np.random.default_rng(seed))
        assert sampling.fft.idctn(cells[0], norm="ortho") == pytest.approx(20 * light.std() * np.eye(blur.WINDOW))
        heights.append(*height)
    low, high = planes.ROUNDED_HEIGHTS
    assert low <= min(heights) < low + 0.2 and high - 0.2 < max(heights) <= high


def test_dividing_cells_are_in_some_windows_with_flat_objects(monkeypatch):
    sampler = sampling.PatchSampler([np.zeros((400, 400), np.float32)], ["a"], ingredients=["depth"])
    counts = dict(dark=0, thick=0, dividing=0)
    monkeypatch.setattr(sampling, "draw_cells_above", lambda flat, random: (flat + 1, np.zeros(1)))
    for seed in range(200):
        random = np.random.default_rng(seed)
        slices, heights = sampler.draw_window(random)
        lights, _ = sampler.defocus_window(slices, heights, random)
        counts["thick" if len(heights) > 1 else "dividing" if lights.any() else "dark"] += 1
    share = counts["dividing"] / (counts["dividing"] + counts["dark"])
    assert counts["thick"] > 20 and share == pytest.approx(sampling.ROUNDED_SHARE, abs=0.06)


def test_slices_above_and_below_the_plane_in_focus_are_blurred_by_their_distance():
    slices = np.random.default_rng(0).standard_normal((2, blur.WINDOW, blur.WINDOW)).astype(np.float32)
    transfer = blur.transfer_functions(blur.optics_bank())[0]
    seen = planes.through_focus(slices, np.array([-1.0, 1.0]), np.array([0, 4, 14]), transfer)
    expected = [
        slices[0] * transfer[below] + slices[1] * transfer[above] for below, above in ((4, 4), (0, 8), (10, 18))
    ]
    assert np.abs(seen - expected).max() < 1e-5


def test_the_level_of_thick_objects_is_that_of_the_disc_which_maps_the_sharpest_plane_onto_theirs(sampler, monkeypatch):
    index = np.array([0, 8, 20, 36])
    monkeypatch.setattr(sampling, "draw_level_steps", lambda count, random: index)
    monkeypatch.setattr(sampling, "THICK_SHARE", 1)
    rows = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        slices, heights = sampler.draw_window(random)
        rows.append((heights[-1], slices.any(), *sampler.defocus_window(slices, heights, random)[1]))
    half, lit, *levels = np.array(rows).T
    lit, levels = lit == 1, np.array(levels)
    assert levels[0, lit].max() <= 0.25 and (levels[:, ~lit] == index[:, None] / blur.STEPS_PER_LEVEL).all()
    thin, thick = (levels[:, lit & group].mean(axis=1) for group in (half < 2, half > 6))
    assert thin == pytest.approx(index / blur.STEPS_PER_LEVEL, abs=0.4)
    assert (thick[1:] < thin[1:] - 0.1).all() and (np.diff(thick) > 1).all()  # a part of them is in focus for longer
