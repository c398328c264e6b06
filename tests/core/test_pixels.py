import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from imagefocus.pixels import fill_masked, normalize

DTYPES = [np.bool_, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.float16, np.float32, np.float64]


@given(st.data(), st.sampled_from(DTYPES))
def test_any_real_patch_becomes_mean_zero_and_deviation_one_or_all_zero(data, dtype):
    finite = {"allow_nan": False, "allow_infinity": False} if np.dtype(dtype).kind == "f" else {}
    patch = data.draw(arrays.arrays(dtype, (1, 6, 7), elements=arrays.from_dtype(np.dtype(dtype), **finite)))
    result = normalize(patch)
    assert result.dtype == np.float32 and np.isfinite(result).all()
    if patch.min() == patch.max():
        assert not result.any()
    else:
        assert result.mean() == pytest.approx(0, abs=1e-4) and result.std() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("gain, offset", [(0.1, 0), (2, 0), (1, 5000), (1 / 65535, 0), (-1, 0)])
def test_gain_and_offset_change_nothing(gain, offset):
    patch = np.random.default_rng(0).poisson(50, (3, 84, 84)).astype(float)
    expected = normalize(patch) * np.sign(gain)
    assert np.abs(normalize(patch * gain + offset) - expected).max() < 1e-5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.filterwarnings("error")
def test_differences_that_overflow_are_still_differences(dtype):
    chessboard = np.indices((84, 84)).sum(axis=0)[None] % 2
    largest = np.finfo(dtype).max
    assert np.allclose(normalize(np.where(chessboard, largest, -largest).astype(dtype)), 2 * chessboard - 1)


@pytest.mark.filterwarnings("error")
def test_tiny_differences_are_seen_beside_a_patch_whose_differences_overflow():
    chessboard = np.indices((84, 84)).sum(axis=0) % 2
    largest, tiniest = np.finfo(float).max, np.finfo(float).smallest_subnormal
    patches = np.array([np.where(chessboard, largest, -largest), np.where(chessboard, tiniest, 0)])
    assert np.allclose(normalize(patches), 2 * chessboard - 1)


def test_a_constant_patch_is_all_zeros_even_if_its_mean_is_not_exact():
    assert not normalize(np.full((1, 84, 84), 0.1)).any()


def test_masked_pixels_continue_the_others_without_an_edge():
    rows, columns = np.indices((84, 84))
    patch = 100.0 + rows + 2 * columns
    mask = np.hypot(rows - 42, columns - 10) > 15
    patch[~mask] = -1e6
    filled = fill_masked(patch[None], mask[None])[0]
    assert np.array_equal(filled[mask], patch[mask])
    steps = [np.abs(np.diff(filled, axis=axis)).max() for axis in (0, 1)]
    assert max(steps) < 8  # the ramp itself has 2 a pixel; filling with the mean would leave a step of 70


def test_masked_pixels_may_be_nan():
    patch = np.random.default_rng(0).random((1, 84, 84))
    mask = np.ones((1, 84, 84), bool)
    mask[0, :, :30] = False
    patch[~mask] = np.nan
    assert np.isfinite(fill_masked(patch, mask)).all()
