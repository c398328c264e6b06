import colorsys
import tracemalloc

import numpy as np
import pytest

import imagefocus
from imagefocus.levels import FLAT
from imagefocus.overlay import border_colors, draw_overlay, gray_limits, stretch
from imagefocus.patches import patch_grid
from imagefocus.ratings import ImageRating, PatchRatings


def rate(levels, shape, rated=None, certain=True):
    tops, lefts = patch_grid(shape)
    probabilities = np.eye(11)[levels] if certain else np.tile(FLAT, (len(levels), 1))
    rated = np.ones(len(levels), bool) if rated is None else np.array(rated)
    return ImageRating(PatchRatings(tops, lefts, rated, probabilities), shape, 84, 1.0, 0.3, 2.0)


def test_hues_are_the_standard_ones_from_blue_to_red():
    colors = border_colors(np.arange(11), np.ones(11))
    expected = [colorsys.hsv_to_rgb(2 / 3 * (1 - level / 10), 1, 1) for level in range(11)]
    assert np.abs(colors - 255 * np.array(expected)).max() <= 0.5
    assert len({tuple(color) for color in colors}) == 11


def test_lightness_grows_with_certainty_from_black():
    colors = border_colors(np.full(6, 4), np.array([0, 0.1, 0.29999, 0.3, 0.5, 1]))
    assert colors.max(axis=1).tolist() == [0, 16, 140, 140, 180, 255]


def test_each_cell_has_a_border_of_its_own_color_and_the_image_inside():
    image = np.tile(np.arange(168), (168, 1))
    overlay = draw_overlay(image, rate([0, 3, 7, 10], image.shape))
    assert overlay.shape == (168, 168, 3) and overlay.dtype == np.uint8
    colors = border_colors(np.array([0, 3, 7, 10]), np.ones(4))
    for corner, color in zip([(0, 0), (0, 167), (167, 0), (167, 167)], colors):
        assert np.array_equal(overlay[corner], color)
    assert np.array_equal(overlay[82, 82], colors[0]) and np.array_equal(overlay[85, 85], colors[3])
    assert np.array_equal(overlay[40, 40], np.full(3, stretch(image, *gray_limits(image))[40, 40]))


def test_patches_that_are_not_rated_have_no_border():
    image = np.zeros((84, 168))
    overlay = draw_overlay(image, rate([10, 10], image.shape, rated=[True, False]))
    assert overlay[:, :84].any() and not overlay[:, 84:].any()


def test_an_overlay_takes_little_more_memory_than_its_own():
    image = np.zeros((4200, 4200), np.float32)
    rating = rate(np.zeros(2500, int), image.shape)
    tracemalloc.start()
    overlay = draw_overlay(image, rating)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * overlay.nbytes  # three bytes a pixel


@pytest.mark.parametrize("image", [np.full((90, 90), 7), np.full((90, 90), np.nan), np.ones((90, 90), bool)])
def test_pictures_of_nothing_are_black(image):
    assert not stretch(image, *gray_limits(image)).any()


def test_an_image_of_another_size_is_refused():
    with pytest.raises(ValueError, match="the image that was rated"):
        draw_overlay(np.zeros((84, 90)), rate([0], (84, 84)))


def test_a_rating_draws_itself(defocused):
    rating = imagefocus.rate_image(defocused[0])
    assert np.array_equal(rating.overlay(defocused[0]), draw_overlay(defocused[0], rating))


def test_the_second_palette_runs_from_blue_over_white_to_orange_without_red_against_green():
    colors = border_colors(np.arange(11), np.ones(11), "blue to orange").astype(int)
    assert (
        colors[0].tolist() == [0, 114, 178] and colors[5].tolist() == [240] * 3 and colors[10].tolist() == [213, 94, 0]
    )
    blue_against_yellow = colors[:, 2] - colors[:, :2].mean(axis=1)  # what red-green deficiency leaves
    assert (np.diff(blue_against_yellow) < 0).all()
    with pytest.raises(ValueError, match="no palette 'rainbow'; choose one of hue, blue to orange"):
        border_colors([1], [1], "rainbow")


def map_by_hand(rating, levels):
    """Mean of the levels of the rated patches over each pixel, patch by patch."""
    total, count = np.zeros((2,) + rating.shape)
    patches = rating.patches
    for top, left, rated, level in zip(patches.tops, patches.lefts, patches.rated, levels):
        if rated:
            total[top : top + 84, left : left + 84] += level
            count[top : top + 84, left : left + 84] += 1
    return np.where(count, total / np.maximum(count, 1) / 10, 1), count > 0


@pytest.mark.parametrize("shape, step", [((84, 84), 84), ((200, 168), 84), ((170, 251), 42)])
def test_the_focus_map_is_the_mean_of_the_patches_over_a_pixel(shape, step):
    random = np.random.default_rng(0)
    tops, lefts = patch_grid(shape, step)
    rated = random.random(len(tops)) < 0.8
    patches = PatchRatings(tops, lefts, rated, random.dirichlet(np.full(11, 0.2), len(tops)))
    rating = ImageRating(patches, shape, step, 1.0, 0.3, 2.0)
    level, known = rating.focus_map()
    expected, covered = map_by_hand(rating, patches.expected_scores)
    assert np.allclose(level, expected, atol=1e-6) and np.array_equal(known, covered) and level.dtype == np.float32
    level, _ = rating.focus_map(uncertain=10.0)
    expected, _ = map_by_hand(rating, np.where(patches.certainties >= 0.3, patches.expected_scores, 10))
    assert np.allclose(level, expected, atol=1e-6)


def test_a_map_of_nothing_rated_is_one_and_unknown():
    level, known = rate([3, 3], (84, 168), rated=[False, False]).focus_map()
    assert (level == 1).all() and not known.any()
