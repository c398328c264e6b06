"""Plate, well and site of image sets: Metadata columns go before file names."""

import pytest

from helpers.made_reports import fields_of_rows, rated_file


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
