import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagefocus.patches import (
    PATCH_SIDE,
    cell_labels,
    cut_patches,
    grid_starts,
    label_centers,
    patch_grid,
    window_starts,
)

sides = st.integers(PATCH_SIDE, 700)
steps = st.sampled_from([84, 42])


@given(sides, steps)
def test_patches_cover_the_whole_side_and_stay_inside(length, step):
    starts = grid_starts(length, step)
    covered = np.zeros(length, bool)
    for start in starts:
        covered[start : start + PATCH_SIDE] = True
    assert covered.all()
    assert starts[0] == 0 and starts[-1] + PATCH_SIDE == length
    assert (np.diff(starts) > 0).all() and (np.diff(starts) <= step).all()


@pytest.mark.parametrize("shape, count", [((2160, 2160), 676), ((520, 696), 63), ((84, 84), 1), ((168, 252), 6)])
def test_number_of_patches_of_known_cameras(shape, count):
    assert len(patch_grid(shape)[0]) == count


def test_a_side_that_is_a_multiple_of_84_keeps_its_last_patch():
    assert grid_starts(4 * 84).tolist() == [0, 84, 168, 252]  # the predecessor dropped 252


@given(sides, sides, steps)
def test_cells_partition_the_image_and_each_pixel_belongs_to_the_nearest_center(rows, columns, step):
    labels = cell_labels((rows, columns), step)
    tops, lefts = patch_grid((rows, columns), step)
    assert np.array_equal(np.unique(labels), np.arange(1, len(tops) + 1))
    random = np.random.default_rng(rows * columns)
    row, column = random.integers(rows, size=20), random.integers(columns, size=20)
    middle = (PATCH_SIDE - 1) / 2
    distances = np.hypot(tops + middle - row[:, None], lefts + middle - column[:, None])
    own = distances[np.arange(20), labels[row, column] - 1]
    assert own == pytest.approx(distances.min(axis=1))


def test_cells_that_are_not_rated_have_no_label_and_leave_no_gap():
    rated = np.array([True, False, True, True])
    labels = cell_labels((168, 168), 84, rated)
    assert labels[0, 0] == 1 and labels[0, 167] == 0 and labels[167, 0] == 2 and labels[167, 167] == 3


def test_patches_are_the_pixels_at_their_corners():
    image = np.arange(100 * 130).reshape(100, 130)
    tops, lefts = patch_grid(image.shape)
    for patch, top, left in zip(cut_patches(image, tops, lefts), tops, lefts):
        assert np.array_equal(patch, image[top : top + 84, left : left + 84])


def test_grid_rows_run_first():
    tops, lefts = patch_grid((168, 252))
    assert tops.tolist() == [0, 0, 0, 84, 84, 84]
    assert lefts.tolist() == [0, 84, 168, 0, 84, 168]


@pytest.mark.parametrize("length, step", [(83, 84), (200, 50), (0, 42)])
def test_impossible_grids_are_refused(length, step):
    with pytest.raises(ValueError):
        grid_starts(length, step)


@pytest.mark.parametrize("scale", [0.5, 0.37, 0.9])
def test_cells_of_an_image_made_smaller_follow_its_own_pixels(scale):
    shape = (500, 700)
    labels = cell_labels(shape, scale=scale)
    smaller = tuple(int(round(length * scale)) for length in shape)
    assert labels.shape == shape and labels.max() == len(patch_grid(smaller)[0])
    rows, columns = ((np.arange(n) + 0.5) * m / n for n, m in zip(shape, smaller))
    expected = cell_labels(smaller)[rows.astype(int)[:, None], columns.astype(int)]
    assert (labels != expected).mean() < 0.02  # half a pixel at the borders of the cells


def test_windows_are_centered_on_their_place_and_moved_inward_at_the_border():
    assert window_starts([41.5, 42.2, 100, 0, 199], 200).tolist() == [0, 1, 58, 0, 116]
    assert window_starts([83.5, 200.5], 200, scale=0.5).tolist() == [0, 58]


def test_label_centers_are_means_of_pixels_over_layers_and_nan_where_a_label_is_missing():
    first, second = np.zeros((2, 20, 30), int)
    first[2:5, 10:20], second[3, 15], first[10, 20] = 1, 2, 4
    expected = [[3, 14.5], [3, 15], [np.nan, np.nan], [10, 20]]
    assert np.array_equal(label_centers([first, second], 2), expected, equal_nan=True)
    assert label_centers([np.zeros((5, 5), int)], 2).shape == (0, 2)
    assert label_centers([np.stack([first, first])], 3)[0].tolist() == [0.5, 3, 14.5]
