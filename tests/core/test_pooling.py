"""What counts in an image is what holds signal: laws of the pooling, on the shipped weights."""

import numpy as np
import pytest

import imagefocus
from imagefocus.measurements import BLANK_FRACTION
from imagefocus.pooling import (
    DEVIATION_RAMP,
    FLAT,
    TEMPERATURE,
    abstain_by_deviation,
    level_deviations,
    patch_signals,
    pool,
    sharpen,
    signal_judged,
)
from imagefocus.ratings import certainties, expected_levels

SURE = np.eye(11)


def pooled(probabilities, signals):
    probabilities = np.array(probabilities)
    return pool(probabilities, certainties(probabilities), signals)


def empty_like(image, copies, seed=0):
    """The image with empty space of its background and noise below it, `copies` times its height."""
    random = np.random.default_rng(seed)
    background = np.percentile(image, 5)
    empty = random.poisson(background, (copies * image.shape[0], image.shape[1]))
    return np.concatenate([image, empty.astype(image.dtype)])


@pytest.mark.parametrize("level", [0, 1, 4, 6, 10])
def test_empty_patches_do_not_change_the_verdict(defocused, level):
    image = defocused[level][:252, :252]
    alone, beside = imagefocus.rate_image(image), imagefocus.rate_image(empty_like(image, 4))
    assert beside.expected_score == pytest.approx(alone.expected_score, abs=0.1)
    assert beside.certainty == pytest.approx(alone.certainty, abs=0.05)
    assert beside.certain_fraction >= 0.3


@pytest.mark.parametrize("gain, offset", [(0.25, 0), (4, 1000), (1, 2**20)])
@pytest.mark.parametrize("level", [0, 6])
def test_gain_and_offset_change_nothing(defocused, level, gain, offset):
    image = defocused[level].astype(float)
    one, other = imagefocus.rate_image(image), imagefocus.rate_image(image * gain + offset)
    assert other.probabilities == pytest.approx(one.probabilities, abs=1e-4)
    assert other.certain_fraction == pytest.approx(one.certain_fraction, abs=1e-3)


def test_a_sharp_field_stays_in_focus_in_its_emptiest_two_thirds(defocused):
    image = defocused[0]
    signals = imagefocus.rate_image(image).patches.signals.reshape(7, 8)
    for axis, length in enumerate(image.shape):
        kept = np.sort(np.argsort(signals.sum(axis=1 - axis))[: 2 * signals.shape[axis] // 3])
        lines = np.concatenate([np.arange(84 * line, min(84 * line + 84, length)) for line in kept])
        rating = imagefocus.rate_image(np.take(image, lines, axis=axis))
        assert rating.expected_score < 1.7 and rating.certainty >= 0.3


def test_the_rating_of_a_patch_and_its_signal_do_not_depend_on_the_others(defocused):
    image = np.tile(defocused[3][:336, :336], (4, 4))
    whole, part = imagefocus.rate_image(image).patches, imagefocus.rate_image(image[:336]).patches
    assert np.array_equal(whole.signals[: len(part)], part.signals)


def test_a_patch_counts_by_its_certainty_squared_and_its_signal():
    half = (SURE[3] + SURE[4]) / 2
    weight = 0.1 * (1 - np.log(2) / np.log(11)) ** 2
    mean = (SURE[2] + weight * half) / (1 + weight)
    assert pooled([SURE[2], half], [50.0, 5.0]) == pytest.approx(sharpen(mean, TEMPERATURE))


def test_patches_that_cannot_be_judged_do_not_count_however_many():
    unsure = 0.8 * FLAT + 0.2 * SURE[9]
    probabilities = [SURE[0]] + 300 * [unsure]
    assert pooled(probabilities, np.r_[1.0, np.full(300, 0.1)]) == pytest.approx(SURE[0], abs=1e-9)


def test_where_next_to_none_of_the_signal_can_be_judged_there_is_nothing_to_judge():
    probabilities = [SURE[0]] + 48 * [FLAT]
    assert signal_judged(np.ones(49), np.arange(49) < 1) == pytest.approx(1 / 49)
    flatter = FLAT + (1 / 49 / BLANK_FRACTION) * (SURE[0] - FLAT)
    assert pooled(probabilities, np.ones(49)) == pytest.approx(flatter)


@pytest.mark.parametrize("signals", [[], [0.0, 0.0], [1.0, 1.0]])
def test_nothing_to_judge_is_flat(signals):
    assert pooled(np.tile(FLAT, (len(signals), 1)), np.array(signals)) == pytest.approx(FLAT)
    assert signal_judged(signals, np.zeros(len(signals))) == 0


def test_the_unit_of_the_signals_does_not_count():
    probabilities, signals = np.random.default_rng(0).dirichlet(np.full(11, 0.1), 20), np.linspace(0.1, 3, 20)
    for unit in (1e-300, 1e-9, 1e300):
        assert pooled(probabilities, signals * unit) == pytest.approx(pooled(probabilities, signals))


def test_the_rating_changes_gradually_with_the_certainty_of_a_patch():
    mixed = [share * SURE[0] + (1 - share) * FLAT for share in np.linspace(0, 1, 2001)]
    levels = expected_levels(np.array([pooled([one, SURE[8]], [1.0, 0.5]) for one in mixed]))
    assert np.abs(np.diff(levels)).max() < 0.2 and np.ptp(levels) > 5


def test_signal_is_the_spread_of_block_means():
    random = np.random.default_rng(0)
    blocks = random.normal(0, 3, (4, 21, 21))
    patches = np.kron(blocks, np.ones((1, 4, 4)))
    assert patch_signals(patches) == pytest.approx(blocks.std(axis=(1, 2)))
    noise = random.normal(1000, 8, (200, 84, 84))
    assert patch_signals(noise).mean() == pytest.approx(8 / 4, rel=0.02)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
def test_a_constant_patch_has_no_signal(dtype):
    value = 0.1 if np.issubdtype(dtype, np.floating) else 77
    assert not patch_signals(np.full((2, 84, 84), value, dtype)).any()


def test_what_is_masked_out_has_no_signal():
    random = np.random.default_rng(0)
    patches, masks = random.normal(0, 1, (3, 84, 84)), np.ones((3, 84, 84), bool)
    masks[0, :, 50:], masks[2] = False, False
    spoiled = np.where(masks, patches, np.nan)
    signals = patch_signals(spoiled, masks)
    assert signals[0] == pytest.approx(patch_signals(patches)[0], rel=0.2)
    assert signals[1] == pytest.approx(patch_signals(patches)[1]) and signals[2] == 0


def test_the_largest_numbers_have_a_finite_signal():
    patches = np.full((1, 84, 84), np.finfo(float).max)
    patches[:, 42:] *= -1
    assert np.isfinite(patch_signals(patches)).all() and patch_signals(patches) > 1e308


def test_who_spreads_over_many_levels_is_given_up_gradually():
    narrow, wide = (SURE[1] + SURE[2]) / 2, (SURE[1] + SURE[7]) / 2
    mixed = np.array([(1 - share) * narrow + share * wide for share in np.linspace(0, 1, 501)])
    after = abstain_by_deviation(mixed, certainties(mixed), 0.9, 0.25)
    deviations = level_deviations(mixed)
    assert after[deviations <= 0.9] == pytest.approx(mixed[deviations <= 0.9])
    assert (certainties(after[deviations >= 0.9 + DEVIATION_RAMP]) <= 0.25 + 1e-9).all()
    assert (np.abs(np.diff(certainties(after))) <= 0.01 + 4 * np.abs(np.diff(deviations))).all()
    assert after.sum(axis=1) == pytest.approx(1)


def test_deviation_of_the_level():
    assert level_deviations(SURE) == pytest.approx(0)
    assert level_deviations((SURE[0] + SURE[10]) / 2) == pytest.approx(5)
    assert level_deviations(FLAT) == pytest.approx(np.sqrt(10))
