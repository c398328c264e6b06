"""Checking, shrinking, normalizing and filling pixels, alone and on the way to a rating."""

import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import imagefocus
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


@pytest.mark.parametrize(
    "image, error, words",
    [
        (np.zeros((60, 512)), imagefocus.TooSmall, "60 x 512 pixels, smaller than one 84 x 84 patch"),
        (np.zeros((100, 100, 3)), imagefocus.NotGrayscale, "100 x 100 x 3"),
        (np.zeros((100, 100), complex), imagefocus.NotGrayscale, "complex128"),
        (np.array(3), imagefocus.NotGrayscale, "scalar"),
    ],
)
def test_what_cannot_be_rated_is_named(image, error, words):
    with pytest.raises(error, match=words):
        imagefocus.rate_image(image)


@pytest.mark.parametrize("value, word", [(np.nan, "nan"), (np.inf, "inf")])
def test_pixels_that_are_no_numbers_are_located(value, word):
    image = np.random.default_rng(0).random((200, 200))
    image[150, 7] = value
    with pytest.raises(imagefocus.NotFinite, match=f"row 150, column 7 is {word}"):
        imagefocus.rate_image(image)


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="mask is 90 x 100 pixels, the image 100 x 100"):
        imagefocus.rate_image(np.zeros((100, 100)), mask=np.ones((90, 100), bool))


@pytest.mark.parametrize("rate_it", [imagefocus.rate_image, imagefocus.rate_volume])
@pytest.mark.parametrize("path", ["x.tif", b"x.tif", pathlib.Path("x.tif")])
def test_a_path_is_refused_with_what_to_pass_instead(rate_it, path):
    with pytest.raises(imagefocus.NotGrayscale, match="x.tif.*; pass its pixels, an array, not a path"):
        rate_it(path)


def test_an_image_made_smaller_is_rated_as_the_smaller_one(defocused):
    image = defocused[2]
    fine = np.kron(image, np.ones((2, 2)))
    rating, plain = imagefocus.rate_image(fine, scale=0.5), imagefocus.rate_image(image)
    assert rating.shape == fine.shape and len(rating.patches) == len(plain.patches)
    assert rating.expected_score == pytest.approx(plain.expected_score, abs=0.5)
    assert rating.overlay(fine).shape == fine.shape + (3,)


def test_what_is_masked_out_does_not_leak_when_an_image_is_made_smaller(with_a_hole):
    image, mask, spoilt = with_a_hole
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
