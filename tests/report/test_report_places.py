"""Plate, well, site and channel, from Metadata columns or file names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.made_reports import fields_of_rows, rated_file
from imagefocus.screens.places import plate_size, recognize, recognize_all, tidy_well, well_name, well_position


@pytest.mark.parametrize(
    "name, plate, well, site, channel",
    [
        ("Plate_A01_s1_w1.tif", "Plate", "A01", "1", "w1"),
        ("IXMtest_B13_s12_w21051DAA7-6C3F-4A8D-9C1A-0123456789AB.tif", "IXMtest", "B13", "12", "w2"),
        ("r01c02f03p01-ch1sk1fk1fl1.tiff", "", "A02", "3", "ch1"),
        ("A01_s1", "", "A01", "1", ""),
        ("BR00116991_AF48_s01_w5.TIF", "BR00116991", "AF48", "1", "w5"),
        ("P01_B3_site_2_ch3.png", "P01", "B03", "2", "ch3"),
        ("X1_H07_T0001F004L01A02Z01C03.tif", "X1", "H07", "4", "C03"),
        ("AS_09125_050118150001_A03f04d2.TIF", "AS_09125_050118150001", "A03", "4", "d2"),
        ("C - 11(fld 2 wv DAPI - DAPI).tif", "", "C11", "2", "DAPI - DAPI"),
        ("Demo_Z99_s1_w1.tif", "Demo", "Z99", "1", "w1"),
        ("nuclei C1 overview.tif", "", "", "", ""),
        ("", "", "", "", ""),
    ],
)
def test_microscopes_file_names_are_recognized(name, plate, well, site, channel):
    assert recognize(name)[:4] == (plate, well, site, channel)


@pytest.mark.parametrize(
    "names, channels",
    [
        (["c1.tif", "c2.tif", "c64.tif"], [""] * 3),
        (["P_c1.tif", "Q_c1.tif"], [""] * 2),
        (["P_c1.tif", "P_c2.tif"], ["c1", "c2"]),
        (["P_c100.tif", "P_ch101.tif", "P_w102.tif"], [""] * 3),
        (["P_w1.tif", "Q_w1.tif"], ["w1"] * 2),
        (["P-ch1.tif", "w1.tif"], ["ch1", ""]),
    ],
)
def test_not_every_name_with_a_letter_and_a_number_has_a_channel(names, channels):
    places = recognize_all(names)
    assert [place.channel for place in places] == channels
    assert all(place.rest == name for place, name in zip(places, names) if not place.channel)


@pytest.mark.parametrize("name", ["c%d.tif", "P_c%02d.tif"])
def test_names_that_count_make_one_channel(tmp_path, name):
    fields = fields_of_rows(tmp_path, [rated_file(name % number) for number in range(1, 65)])
    assert [channel.name for channel in fields.channels] == ["image"] and len(fields) == 64


def test_metadata_goes_before_file_names(tmp_path):
    rows = [{**rated_file("P7_B03_s2_w1.tif"), "Metadata_Well": "c4", "Metadata_Plate": "Q"}]
    fields = fields_of_rows(tmp_path, rows)
    assert (fields.plates, fields.wells, fields.sites) == (["Q"], ["C04"], ["2"])
    assert fields.load["Metadata_Well"] == ["c4"]


def test_without_a_plate_there_is_one_called_plate(tmp_path):
    fields = fields_of_rows(tmp_path, [rated_file("A01_s1.tif"), rated_file("A02_s1.tif")])
    assert fields.plates == ["plate", "plate"] and "Metadata_Plate" not in fields.load
    assert "one, called 'plate'" in " ".join(fields.notes)


@given(st.integers(0, 31), st.integers(0, 47))
def test_a_wells_name_tells_its_position(row, column):
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
    assert plate_size(list(map(well_position, wells.split()))) == size
