import numpy as np
import pytest

from model_export import defocus, images, runs, sampling, scenes

LABELS = np.arange(11)


@pytest.fixture(scope="module")
def sampler(training_images):
    return runs.sampler_of(images.read_images(images.find_images(training_images), print))


def test_a_seed_draws_the_same_batch_and_another_seed_another(sampler):
    patches, labels = sampler.batch(3, 24)
    assert patches.shape == (24, 84, 84, 1) and labels.shape == (24, 11)
    assert labels.sum(axis=1) == pytest.approx(1)
    again = sampler.batch(3, 24)
    assert np.array_equal(patches, again[0]) and np.array_equal(labels, again[1])
    assert not np.array_equal(patches, sampler.batch(4, 24)[0])


def test_labels_between_levels_are_shared_by_the_two():
    assert sampling.soft_label([3.25])[0, 3:5].tolist() == [0.75, 0.25]
    assert sampling.soft_label([0, 10, 13.5]) @ LABELS == pytest.approx([0, 10, 10])


def test_transfer_functions_blur_as_convolution_with_mirrored_borders_does():
    light = np.random.default_rng(0).random((sampling.WINDOW, sampling.WINDOW))
    level = 6
    transfer = sampling.transfer_functions((defocus.REFERENCE,))[0, level * sampling.STEPS_PER_LEVEL]
    by_transform = sampling.fft.idctn(sampling.fft.dctn(light, norm="ortho") * transfer, norm="ortho")
    point_spread = defocus.point_spread_function(level * defocus.LEVEL_METERS)
    assert np.abs(by_transform - defocus.defocus(light, point_spread)).max() < 1e-5


def test_windows_are_enlarged_without_a_change_of_brightness():
    sampler = sampling.PatchSampler([np.ones((400, 400), np.float32)], ["a"], ingredients=["zoom"])
    for seed in range(20):
        window = sampling.fft.idctn(sampler.window(np.random.default_rng(seed)), norm="ortho")
        assert window == pytest.approx(np.ones((sampling.WINDOW,) * 2), abs=1e-3)


def test_of_the_same_objects_the_more_blurred_has_less_contrast(sampler):
    random = np.random.default_rng(0)
    pairs = []
    for _ in range(150):
        lights, levels = sampler.defocused(sampler.window(random), random)
        contrasts = lights.std(axis=(1, 2))
        further, nearer = np.nonzero(levels[:, None] >= levels + 3)
        pairs += (contrasts[further] < contrasts[nearer]).tolist()
    assert len(pairs) > 200 and np.mean(pairs) > 0.95  # haze may add some


def test_levels_are_drawn_alike_with_some_between_and_some_beyond():
    levels = sampling.draw_levels(50000, np.random.default_rng(0)) / sampling.STEPS_PER_LEVEL
    counts = np.bincount(levels[levels % 1 == 0].astype(int))
    assert counts[1:10].max() < 1.1 * counts[1:10].min() and 0.9 < counts[10] / counts[5] < 1.1
    assert (
        np.mean(levels > 10) == pytest.approx(sampling.BEYOND_SHARE, rel=0.1) and levels.max() == sampling.LARGEST_LEVEL
    )
    assert np.mean(levels % 1 > 0) == pytest.approx(0.75 * (sampling.BETWEEN_SHARE + sampling.BEYOND_SHARE), rel=0.1)


def test_each_ingredient_changes_what_is_drawn(training_images):
    read = images.read_images(images.find_images(training_images), print)
    whole = runs.sampler_of(read).batch(5, 64)[0]
    for ingredient in sampling.INGREDIENTS:
        without = runs.sampler_of(read, set(sampling.INGREDIENTS) - {ingredient}).batch(5, 64)[0]
        assert not np.array_equal(whole, without), ingredient


def test_made_up_scenes_are_light_in_focus():
    lights = scenes.make_scenes(np.random.default_rng(0))
    assert len(lights) == 5 * scenes.COUNT_OF_EACH
    for light in lights:
        assert light.shape == (512, 512) and light.dtype == np.float32 and np.isfinite(light).all()
        assert light.min() >= 0 and np.percentile(light, 99.9) == pytest.approx(1, abs=1e-3)
        differences = np.abs(np.diff(light, axis=1))
        assert np.percentile(differences, 99.9) > 0.02  # edges of a few pixels are there to be seen
