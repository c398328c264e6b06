"""Plate, well and site of image sets: Metadata columns go before file names."""

from helpers.made_reports import fields_of_rows, image_set, rated_file
from imagefocus.report.page_data import collect_data


def test_metadata_goes_before_file_names(tmp_path):
    rows = [{**rated_file("P7_B03_s2_w1.tif"), "Metadata_Well": "c4", "Metadata_Plate": "Q"}]
    fields = fields_of_rows(tmp_path, rows)
    assert (fields.plates, fields.wells, fields.sites) == (["Q"], ["C04"], ["2"])
    assert fields.load["Metadata_Well"] == ["c4"]


def test_without_a_plate_there_is_one_called_plate(tmp_path):
    fields = fields_of_rows(tmp_path, [rated_file("A01_s1.tif"), rated_file("A02_s1.tif")])
    assert fields.plates == ["plate", "plate"] and "Metadata_Plate" not in fields.load
    assert "one, called 'plate'" in " ".join(fields.notes)


def test_wells_out_of_range_are_in_the_table_and_in_no_heat_map(tmp_path):
    fields = fields_of_rows(tmp_path, [image_set(1), image_set(2, well="Z99"), image_set(3, well="")])
    data = collect_data(fields)
    assert data["positions"] == {"B03": (1, 2)} and data["sizes"] == {"P1": (8, 12)}
    assert fields.wells == ["B03", "Z99", ""]
    assert (
        "1 field(s) are in the table, but in no heat map, since a plate of 1536 wells has no well Z99." in fields.notes
    )
    assert "they have no Metadata_Well" in " ".join(fields.notes)
