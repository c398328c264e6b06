"""Real z-stacks and measured point spread functions, read from tables."""

import numpy as np
import pytest
import tifffile

from helpers.made_stacks import write_stack_table
from model_export import stacks


def test_planes_and_their_levels_are_read_from_the_table(stack_csv, defocused):
    (stack,) = stacks.read_stacks(stack_csv)
    assert stack.name == "nuclei" and stack.levels == pytest.approx([0, 1, 2, 3], abs=0.01)
    assert all(np.array_equal(plane, image) for plane, image in zip(stack.planes, defocused))


def test_a_plane_that_does_not_exist_is_named(stack_csv, tmp_path):
    path = write_stack_table(tmp_path, [("nuclei", 4, 0, 1)])
    with pytest.raises(ValueError, match="stack nuclei names plane 4 of nuclei.tif, which has planes 0 to 3"):
        stacks.read_stacks(path)


def test_a_stack_that_is_too_small_or_damaged_is_named_before_work_begins(stack_csv, tmp_path):
    tifffile.imwrite(str(tmp_path / "nuclei.tif"), np.ones((4, 50, 90), np.uint8), photometric="minisblack")
    with pytest.raises(
        ValueError, match="stack nuclei: nuclei.tif has planes of 50 x 90 pixels, smaller than one 84 x 84"
    ):
        stacks.read_stacks(stack_csv)
    (tmp_path / "nuclei.tif").write_text("no image")
    with pytest.raises(ValueError, match="nuclei.tif"):
        stacks.read_stacks(stack_csv)


def test_a_table_without_its_columns_says_which(tmp_path):
    (tmp_path / "s.csv").write_text("stack,plane\n")
    with pytest.raises(ValueError, match="lacks the columns file, z_um, blur_disc_px"):
        stacks.read_stacks(str(tmp_path / "s.csv"))


def test_a_measured_point_spread_function_is_centered_binned_and_freed_of_background(tmp_path):
    planes = np.full((3, 90, 80), 200.0)
    planes[1, 39:42, 49:52] += 1000
    planes[1, 40, 50] += 10  # the brightest pixel, so that it is the center
    planes[2, 36:45, 46:55] += 100
    tifffile.imwrite(str(tmp_path / "psf.tif"), planes.astype(np.uint16), photometric="minisblack")
    (tmp_path / "psf.csv").write_text("plane,blur_disc_px\n1,1.5\n2,3\n")
    kernels, discs = stacks.read_point_spread(str(tmp_path / "psf.tif"), str(tmp_path / "psf.csv"), 1, 2)
    middle = stacks.KERNEL_SIDE // 2
    assert kernels.shape == (2, stacks.KERNEL_SIDE, stacks.KERNEL_SIDE) and discs.tolist() == [1.5, 3]
    assert kernels[0, middle, middle] == pytest.approx(1) and kernels[0].sum() == pytest.approx(1)
    assert kernels[1, middle - 1 : middle + 2, middle - 1 : middle + 2] == pytest.approx(np.full((3, 3), 1 / 9))
    with pytest.raises(ValueError, match="has no plane 0, 3"):
        stacks.read_point_spread(str(tmp_path / "psf.tif"), str(tmp_path / "psf.csv"), 0, 3)
