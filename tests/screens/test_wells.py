"""Wells and plates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagefocus.screens.wells import plate_size, tidy_well, well_name, well_position


@given(st.integers(0, 31), st.integers(0, 47))
def test_a_wells_name_gives_its_position(row, column):
    name = well_name(row, column)
    without_zero = name.replace("0", "") if column < 9 else name
    assert well_position(name) == well_position(without_zero.lower()) == (row, column)
    assert tidy_well(without_zero) == name


@pytest.mark.parametrize("well", ["Z99", "A49", "AG01", "A0", "A00", "7", "", "A01x", "AAA1"])
def test_what_is_no_well_of_1536_has_no_position(well):
    assert well_position(well) is None


@pytest.mark.parametrize(
    "wells, size", [("A01 H12", (8, 12)), ("A13", (16, 24)), ("I01", (16, 24)), ("Q01", (32, 48)), ("AF48", (32, 48))]
)
def test_the_smallest_plate_that_has_the_wells_is_drawn(wells, size):
    assert plate_size([well_position(well) for well in wells.split()]) == size
