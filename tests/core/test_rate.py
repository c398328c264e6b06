"""Laws of whole ratings, on a real image of nuclei whose defocus is known."""

import doctest
import tracemalloc

import numpy as np
import pytest

import imagefocus
from imagefocus import measurements, rate


def test_each_known_defocus_is_rated_within_one_level(defocused):
    scores = [imagefocus.rate_image(image).score for image in defocused]
    assert np.abs(np.array(scores) - np.arange(11)).max() <= 1, scores


def test_more_blur_never_rates_sharper(defocused):
    expected = [imagefocus.rate_image(image).expected_score for image in defocused]
    assert (np.diff(expected) > 0).all(), expected


@pytest.mark.parametrize("gain, offset", [(0.1, 0), (2, 0), (1, 1000), (1 / 65535, 0)])
def test_intensity_scale_changes_nothing(defocused, gain, offset):
    image = defocused[3].astype(float)
    rating, scaled = imagefocus.rate_image(image), imagefocus.rate_image(image * gain + offset)
    assert np.abs(rating.patches.probabilities - scaled.patches.probabilities).max() < 1e-4


def test_eight_bits_rate_as_sixteen(defocused):
    for image in defocused[::5]:
        eight = np.rint(image * (255 / image.max())).astype(np.uint8)
        assert imagefocus.rate_image(eight).expected_score == pytest.approx(
            imagefocus.rate_image(image).expected_score, abs=0.3
        )


def test_memory_does_not_grow_with_the_image():
    peaks = []
    for side in (840, 3360):
        image = np.random.default_rng(0).integers(0, 1000, (side, side)).astype(np.uint16)
        imagefocus.rate_image(image[:84, :84], engine="numpy")
        tracemalloc.start()
        imagefocus.rate_image(image, engine="numpy")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0], peaks  # 16 times the patches


def test_all_rated_patches_carry_the_numbers_of_their_probabilities(defocused):
    rating = imagefocus.rate_image(defocused[2])
    patches = rating.patches
    assert len(patches) == rating.patch_count == 7 * 8
    assert patches.probabilities.sum(axis=1) == pytest.approx(1)
    assert np.array_equal(patches.scores, patches.probabilities.argmax(axis=1))
    assert patches.expected_scores == pytest.approx(patches.probabilities @ np.arange(11))


def test_half_steps_double_the_patches_along_each_side(defocused):
    rating = imagefocus.rate_image(defocused[2], step=42)
    assert len(rating.patches) == 12 * 15
    assert rating.score == pytest.approx(imagefocus.rate_image(defocused[2]).score, abs=1)


@pytest.mark.parametrize("image", [np.zeros((100, 200)), np.full((84, 84), 0.1), np.ones((90, 90), bool)])
def test_a_constant_image_has_nothing_to_judge(image):
    rating = imagefocus.rate_image(image)
    assert (rating.score, rating.expected_score, rating.certainty) == (5, 5.0, 0.0)
    assert rating.patch_count > 0 and rating.certain_fraction == rating.out_of_focus_fraction == 0


@pytest.mark.parametrize("value", [0.1, 0.3, 7, 1000.7])
def test_a_constant_image_under_a_mask_has_nothing_to_judge(value):
    mask = np.ones((200, 200), bool)
    mask[:, :20] = False
    mask[100:120, 100:130] = False
    rating = imagefocus.rate_image(np.full((200, 200), value), mask=mask)
    assert (rating.score, rating.certainty, rating.certain_fraction) == (5, 0, 0)


def test_a_masked_out_image_is_rated_as_nothing_to_judge(defocused):
    rating = imagefocus.rate_image(defocused[0], mask=np.zeros(defocused[0].shape, bool))
    assert (rating.score, rating.expected_score, rating.certainty, rating.patch_count) == (5, 5.0, 0.0, 0)


def test_a_full_mask_changes_nothing(defocused):
    image = defocused[4]
    masked = imagefocus.rate_image(image, mask=np.ones(image.shape, bool))
    assert np.array_equal(masked.patches.probabilities, imagefocus.rate_image(image).patches.probabilities)


def test_patches_are_rated_when_at_least_half_of_their_pixels_count():
    image = np.random.default_rng(0).random((84, 168))
    mask = np.zeros(image.shape, bool)
    mask[:42, :84] = True
    mask[:41, 84:] = True
    assert imagefocus.rate_image(image, mask=mask).patches.rated.tolist() == [True, False]


def test_what_is_masked_out_does_not_matter(with_a_hole):
    image, mask, spoilt = with_a_hole
    expected = imagefocus.rate_image(image, mask=mask)
    assert np.array_equal(
        imagefocus.rate_image(spoilt, mask=mask).patches.probabilities, expected.patches.probabilities
    )


def test_a_circular_mask_does_not_look_like_an_edge(defocused):
    image = defocused[6]
    rows, columns = np.indices(image.shape)
    mask = np.hypot(rows - image.shape[0] / 2, columns - image.shape[1] / 2) < 240
    change = imagefocus.rate_image(image, mask=mask).expected_score - imagefocus.rate_image(image).expected_score
    assert abs(change) < 0.5


def test_the_examples_in_the_docstrings_are_true():
    for module in (imagefocus, measurements, rate):
        result = doctest.testmod(module)
        assert result.attempted and not result.failed
