"""Laws of the ratings of windows, objects and volumes."""

import numpy as np
import pytest

import imagefocus


def test_a_window_is_rated_as_the_patch_it_is(defocused):
    rating = imagefocus.rate_image(defocused[3])
    centers = rating.patch_centers()
    windows = imagefocus.rate_windows(defocused[3], centers)
    assert np.array_equal(windows.tops, rating.patches.tops) and np.array_equal(windows.lefts, rating.patches.lefts)
    assert np.allclose(windows.probabilities, rating.patches.probabilities, atol=1e-6)


def test_places_outside_are_moved_inward_and_no_place_is_not_rated(defocused):
    windows = imagefocus.rate_windows(defocused[3], [(-5, 5000), (np.nan, 3)])
    assert (windows.tops[0], windows.lefts[0]) == (0, 672 - 84)
    assert windows.rated.tolist() == [True, False]
    assert windows.expected_scores[1] == pytest.approx(5) and windows.certainties[1] == 0


def test_no_places_are_no_error(defocused):
    assert len(imagefocus.rate_windows(defocused[3], np.zeros((0, 2)))) == 0
    assert len(imagefocus.rate_objects(defocused[3][None], [np.zeros((1, 512, 672), int)])) == 0


def test_masked_places_are_not_rated(defocused):
    mask = np.ones(defocused[3].shape, bool)
    mask[:, :150] = False
    windows = imagefocus.rate_windows(defocused[3], [(100, 50), (100, 300)], mask=mask)
    assert windows.rated.tolist() == [False, True]


@pytest.mark.parametrize("volume", [np.zeros((100, 100)), np.zeros((0, 100, 100)), np.zeros((2, 100, 100, 3))])
def test_what_is_no_volume_is_refused(volume):
    with pytest.raises(imagefocus.NotGrayscale, match="planes x rows x columns"):
        imagefocus.rate_volume(volume)


def test_a_mask_of_another_shape_than_the_volume_is_refused():
    with pytest.raises(ValueError, match="mask is 1 x 100 x 100 pixels, the volume 2 x 100 x 100"):
        imagefocus.rate_volume(np.zeros((2, 100, 100)), mask=np.ones((1, 100, 100), bool))


@pytest.mark.parametrize("labels", [np.ones((1, 90, 100), int), np.ones((1, 100, 100)), np.ones((100, 100), int)])
def test_labels_that_do_not_fit_the_volume_are_refused(labels):
    with pytest.raises(ValueError, match="whole numbers of the volume's shape, 1 x 100 x 100, are needed"):
        imagefocus.rate_objects(np.zeros((1, 100, 100)), [labels])


def test_objects_of_an_image_are_rated_by_the_windows_about_their_centers(defocused):
    image = defocused[2]
    labels = np.zeros(image.shape, int)
    labels[90:110, 200:230], labels[300:305, 100:105] = 1, 3
    ratings = imagefocus.rate_objects(image, labels)
    expected = imagefocus.rate_windows(image, [(99.5, 214.5), (np.nan, np.nan), (302, 102)])
    assert ratings.rated.tolist() == [True, False, True]
    assert (ratings.probabilities == expected.probabilities).all() and (ratings.tops == expected.tops).all()
    volume = imagefocus.rate_objects(image[None], labels[None])
    layers = imagefocus.rate_objects(image, [np.where(labels == 1, 1, 0), np.where(labels == 3, 3, 0)])
    assert (volume.probabilities == ratings.probabilities).all() and (
        layers.probabilities == ratings.probabilities
    ).all()


def test_labels_that_do_not_fit_the_image_are_refused():
    with pytest.raises(
        ValueError, match="the labels are 84 x 85 of int64; whole numbers of the image's shape, 84 x 84"
    ):
        imagefocus.rate_objects(np.eye(84), np.zeros((84, 85), int))
