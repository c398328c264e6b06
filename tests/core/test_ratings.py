"""Laws of the ratings of patches and images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import imagefocus
from helpers.made_ratings import image_rating
from imagefocus.levels import FLAT, expected_levels
from imagefocus.ratings import ImageRating, PatchRatings, VolumeRating

SURE = np.eye(11)
weights = arrays.arrays(float, (5, 11), elements=st.floats(0.001, 1))


@given(weights)
def test_ratings_stay_in_their_ranges(raw):
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    rating = image_rating(probabilities)
    assert 0 <= rating.score <= 10 and 0 <= rating.expected_score <= 10 and 0 <= rating.certainty <= 1
    assert rating.probabilities.sum() == pytest.approx(1)
    levels = expected_levels(probabilities)
    assert levels.min() - 1e-9 <= rating.expected_score <= levels.max() + 1e-9


@pytest.mark.parametrize("probabilities, rated", [([FLAT, FLAT], None), ([SURE[0]], [False])])
def test_nothing_to_judge_has_the_flat_rating_and_no_fraction(probabilities, rated):
    rating = image_rating(probabilities, rated)
    assert (rating.score, rating.expected_score) == (5, pytest.approx(5.0))
    assert rating.certainty == pytest.approx(0, abs=1e-12)
    assert rating.certain_fraction == 0 and rating.out_of_focus_fraction == 0


def test_fractions_count_rated_and_judged_patches_alone():
    rating = image_rating([SURE[0], SURE[6], SURE[7], FLAT, SURE[9]], rated=[True, True, True, True, False])
    assert rating.patch_count == 4
    assert rating.certain_fraction == pytest.approx(3 / 4)
    assert rating.out_of_focus_fraction == pytest.approx(2 / 3)


def test_a_patch_is_judged_from_the_limit_on_and_out_of_focus_above_its_own():
    probabilities = np.array([(SURE[2] + SURE[4]) / 2, SURE[2]])
    patches = PatchRatings(np.zeros(2, int), np.arange(2), np.ones(2, bool), probabilities)
    rating = ImageRating(
        patches, (84, 84 * len(patches)), 84, 1.0, judged_certainty=patches.certainties[0], in_focus_limit=2.0
    )
    assert rating.certain_fraction == 1 and rating.out_of_focus_fraction == 0.5


@pytest.mark.parametrize("judged, verdict", [(0, "nothing to judge"), (4, "nothing to judge"), (5, "in focus")])
def test_an_image_can_be_judged_from_five_patches_in_a_hundred_on(judged, verdict):
    assert image_rating([SURE[0]] * judged + [FLAT] * (100 - judged)).verdict == verdict


def test_patches_know_their_row_and_column_in_the_grid():
    patches = PatchRatings(np.array([0, 0, 36, 36]), np.array([0, 50, 0, 50]), np.ones(4, bool), np.tile(FLAT, (4, 1)))
    assert patches.grid_rows.tolist() == [0, 0, 1, 1] and patches.grid_columns.tolist() == [0, 1, 0, 1]


def test_a_rating_prints_as_its_verdict(defocused):
    sharp, blurred = imagefocus.rate_image(defocused[0]), imagefocus.rate_image(defocused[8])
    assert repr(sharp) == (
        f"ImageRating(in focus, level {sharp.expected_score:.1f} of 10, certainty {sharp.certainty:.2f}, 56 patches)"
    )
    assert blurred.verdict == "out of focus" and repr(blurred).startswith("ImageRating(out of focus, level ")
    blank = imagefocus.rate_image(np.zeros((84, 84)))
    assert blank.verdict == "nothing to judge" and repr(blank) == "ImageRating(nothing to judge, 1 patch)"
    assert repr(sharp.patches) == "PatchRatings(56 patches, 56 of them rated)"
    volume = imagefocus.rate_volume(np.stack([defocused[8], defocused[0]]))
    assert repr(volume) == f"VolumeRating(best plane 1 of 2: {sharp!r})"


def test_the_verdict_turns_at_the_limit_of_the_rating():
    probabilities = np.eye(11)[[2]]
    assert image_rating(probabilities).verdict == "in focus"  # its limit is 2.0
    assert image_rating(probabilities * 0.98 + np.eye(11)[3] * 0.02).verdict == "out of focus"


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
