import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from helpers.made_ratings import image_rating
from imagefocus.ratings import (
    ABSTAIN_RAMP,
    FLAT,
    ImageRating,
    PatchRatings,
    abstain,
    certainties,
    expected_levels,
    most_probable_levels,
)

SURE = np.eye(11)
weights = arrays.arrays(float, (5, 11), elements=st.floats(0.001, 1))


def test_a_flat_distribution_says_nothing():
    assert most_probable_levels(FLAT) == 5
    assert expected_levels(FLAT) == pytest.approx(5)
    assert certainties(FLAT) == pytest.approx(0, abs=1e-12)


def test_a_sure_distribution_is_its_level():
    assert most_probable_levels(SURE).tolist() == list(range(11))
    assert expected_levels(SURE).tolist() == list(range(11))
    assert certainties(SURE) == pytest.approx(1)


def test_certainty_of_two_equal_levels_follows_the_entropy():
    assert certainties((SURE[3] + SURE[4]) / 2) == pytest.approx(1 - np.log(2) / np.log(11))


@given(weights.map(lambda raw: raw**6))  # from wavering to sure
def test_only_who_is_sure_of_three_neighboring_levels_is_judged(raw):
    before = raw / raw.sum(axis=1, keepdims=True)
    after = abstain(before, 0.95, 0.3)
    three = np.array([np.convolve(distribution, [1, 1, 1], "valid").max() for distribution in before])
    unsure = three < 0.95 - ABSTAIN_RAMP
    assert (certainties(after[unsure]) <= 0.3).all()
    alone = (three >= 0.95) | (certainties(before) <= 0.3)
    assert after[alone] == pytest.approx(before[alone])
    assert after.sum(axis=1) == pytest.approx(1) and (certainties(after) <= certainties(before) + 1e-9).all()
    no_tie = np.diff(np.sort(before))[:, -1] > 1e-6
    assert after[no_tie].argmax(axis=1).tolist() == before[no_tie].argmax(axis=1).tolist()


@given(weights.map(lambda raw: raw**6))
def test_more_is_asked_of_a_blurred_patch_than_of_one_that_may_be_in_focus(raw):
    before = raw / raw.sum(axis=1, keepdims=True)
    after, expected = abstain(before, 0.92, 0.3, 0.99), expected_levels(before)
    for asked, patches in ((0.92, expected <= 2.5), (0.99, expected >= 3.5)):
        assert after[patches] == pytest.approx(abstain(before, asked, 0.3)[patches])
    certainty = certainties(after)
    assert (certainty <= certainties(abstain(before, 0.92, 0.3)) + 1e-9).all()
    assert (certainty >= certainties(abstain(before, 0.99, 0.3)) - 1e-9).all()


@pytest.mark.parametrize("of_blurred", [None, 1.0])
def test_doubt_comes_gradually(of_blurred):
    sure, wavering = SURE[1], (SURE[1] + SURE[6]) / 2
    mixed = [(1 - share) * sure + share * wavering for share in np.linspace(0, 1, 1001)]
    assert np.abs(np.diff(certainties(abstain(np.array(mixed), 0.95, 0.3, of_blurred)))).max() < 0.02


@given(weights)
def test_ratings_stay_in_their_ranges(raw):
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    rating = image_rating(probabilities)
    assert 0 <= rating.score <= 10 and 0 <= rating.expected_score <= 10 and 0 <= rating.certainty <= 1
    assert rating.probabilities.sum() == pytest.approx(1)


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


def test_patches_know_their_row_and_column_in_the_grid():
    patches = PatchRatings(np.array([0, 0, 36, 36]), np.array([0, 50, 0, 50]), np.ones(4, bool), np.tile(FLAT, (4, 1)))
    assert patches.grid_rows.tolist() == [0, 0, 1, 1] and patches.grid_columns.tolist() == [0, 1, 0, 1]
