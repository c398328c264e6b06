"""Laws of the maths on distributions over levels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from imagefocus.levels import (
    ABSTAIN_RAMP,
    FLAT,
    abstain,
    certainties,
    expected_levels,
    most_probable_levels,
    pool_patches,
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
def test_only_what_is_sure_of_three_neighboring_levels_is_judged(raw):
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


@pytest.mark.parametrize("needed_if_blurred", [None, 1.0])
def test_abstaining_comes_gradually(needed_if_blurred):
    sure, wavering = SURE[1], (SURE[1] + SURE[6]) / 2
    mixed = [(1 - share) * sure + share * wavering for share in np.linspace(0, 1, 1001)]
    assert np.abs(np.diff(certainties(abstain(np.array(mixed), 0.95, 0.3, needed_if_blurred)))).max() < 0.02


def test_patches_count_by_their_certainty():
    assert pool_patches(np.array([SURE[2], FLAT, FLAT])) == pytest.approx(SURE[2])
    half = (SURE[0] + SURE[10]) / 2
    weight = 1 - np.log(2) / np.log(11)
    assert pool_patches(np.array([SURE[2], half])) == pytest.approx((SURE[2] + weight * half) / (1 + weight))
