"""Ratings of places, objects and volumes, and of images made smaller."""

import numpy as np
import pytest

import imagefocus
from imagefocus.ratings import VolumeRating


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


def test_an_image_made_smaller_is_rated_as_the_smaller_one(defocused):
    image = defocused[2]
    fine = np.kron(image, np.ones((2, 2)))
    rating, plain = imagefocus.rate_image(fine, scale=0.5), imagefocus.rate_image(image)
    assert rating.shape == fine.shape and len(rating.patches) == len(plain.patches)
    assert rating.expected_score == pytest.approx(plain.expected_score, abs=0.5)
    assert rating.overlay(fine).shape == fine.shape + (3,)


def test_what_is_masked_out_does_not_leak_when_an_image_is_made_smaller(defocused):
    image = defocused[1].astype(float)
    mask = np.ones(image.shape, bool)
    mask[100:180, 200:300] = False
    spoilt = image.copy()
    spoilt[~mask] = np.nan
    scaled = [imagefocus.rate_image(pixels, mask=mask, scale=0.7).patches.probabilities for pixels in (image, spoilt)]
    assert np.array_equal(*scaled)


@pytest.mark.parametrize(
    "scale, error, words",
    [
        (0.5, imagefocus.TooSmall, "160 x 200 pixels, 80 x 100 after rescaling, smaller than one"),
        (0, ValueError, "the scale is 0; it must be above 0 and at most 1"),
        (1.5, ValueError, "the scale is 1.5"),
    ],
)
def test_scales_that_cannot_be_are_refused(scale, error, words):
    with pytest.raises(error, match=words):
        imagefocus.rate_image(np.zeros((160, 200)), scale=scale)


def test_a_pixel_that_is_no_number_is_located_in_the_full_image():
    image = np.random.default_rng(0).random((200, 200))
    image[150, 7] = np.nan
    with pytest.raises(imagefocus.NotFinite, match="row 150, column 7 is nan"):
        imagefocus.rate_image(image, scale=0.6)


def test_the_best_plane_is_the_sharpest_that_can_be_judged(defocused):
    blank = np.full((512, 672), 7.0)
    volume = imagefocus.rate_volume(np.stack([defocused[6], blank, defocused[1], defocused[4]]))
    assert volume.best_plane == 2 and volume.best is volume.planes[2]
    assert imagefocus.rate_volume(np.stack([blank, blank])).best_plane == 0


def test_where_no_plane_can_be_judged_the_most_certain_is_best():
    planes = [
        imagefocus.rate_image(np.random.default_rng(seed).random((168, 168)), judged_certainty=1.0) for seed in range(3)
    ]
    expected = int(np.argmax([plane.certainty for plane in planes]))
    assert VolumeRating(planes).best_plane == expected


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
