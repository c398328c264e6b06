import numpy as np
import pytest

from model_export import dataset, defocus


def test_images_are_read_by_set_and_scaled_to_light(training_folder):
    images = dataset.read_images(training_folder, sets=["a"])
    assert [image.path for image in images] == ["0.tif", "2.tif"]
    assert all(np.percentile(image.light, [0.1, 99.9]) == pytest.approx([0, 1], abs=1e-3) for image in images)


def test_no_image_is_an_error_that_names_the_table(training_folder):
    with pytest.raises(ValueError, match="images.csv lists no image of split validation"):
        dataset.read_images(training_folder, "validation")


def test_a_seed_draws_the_same_batch_and_another_seed_another(training_folder):
    sampler = dataset.PatchSampler(dataset.read_images(training_folder))
    patches, labels = sampler.batch(3, 24)
    assert patches.shape == (24, 84, 84, 1) and labels.shape == (24, 11)
    assert labels.sum(axis=1) == pytest.approx(1)
    again = sampler.batch(3, 24)
    assert np.array_equal(patches, again[0]) and np.array_equal(labels, again[1])
    assert not np.array_equal(patches, sampler.batch(4, 24)[0])


def test_labels_between_levels_are_shared_by_the_two():
    assert dataset.soft_label([3.25])[0, 3:5].tolist() == [0.75, 0.25]
    assert dataset.soft_label([0, 10]) @ np.arange(11) == pytest.approx([0, 10])


def test_transfer_functions_blur_as_convolution_does():
    light = np.random.default_rng(0).random((dataset.WINDOW, dataset.WINDOW))
    level = 6
    transfer = dataset.transfer_functions((defocus.REFERENCE,))[0, level * dataset.STEPS_PER_LEVEL]
    inside = slice(defocus.MARGIN_PIXELS, -defocus.MARGIN_PIXELS)
    by_transform = np.fft.irfft2(np.fft.rfft2(light) * transfer, s=light.shape)[inside, inside]
    point_spread = defocus.point_spread_function(level * defocus.LEVEL_METERS)
    assert np.abs(by_transform - defocus.defocus(light, point_spread)[inside, inside]).max() < 1e-5
