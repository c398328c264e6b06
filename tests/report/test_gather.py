"""Image sets of CellProfiler's table, and what all tables have in common."""

from helpers.files import write_table
from helpers.made_reports import BLURRED, failure, fields_of_rows, image_set, rated_file


def test_channels_are_kept_apart_when_one_name_begins_another(tmp_path):
    fields = fields_of_rows(tmp_path, [image_set(1, dna_1=BLURRED)])
    assert {channel.name: channel.numbers["ExpectedScore"][0] for channel in fields.channels} == {
        "DNA": 1.25,
        "DNA_1": 7,
    }
    assert [channel.file_column for channel in fields.channels] == ["Image_FileName_DNA", "Image_FileName_DNA_1"]


def test_the_list_to_load_has_every_image_and_all_metadata_of_the_set(tmp_path):
    more = {"FileName_Actin": "a.tif", "PathName_Actin": "/b", "Metadata_Dose": "3", "Metadata_FileLocation": "file:/x"}
    load = fields_of_rows(tmp_path, [image_set(1, Frame_DNA=0, **more)]).load
    names = {f"Image_{kind}Name_{image}" for kind in ("File", "Path") for image in ("DNA", "DNA_1", "Actin")}
    assert set(load) == names | {"Metadata_Plate", "Metadata_Well", "Metadata_Site", "Metadata_Dose"}


def test_repeated_rows_and_headers_count_once_and_are_noted(tmp_path):
    rows = [image_set(1), image_set(2), image_set(1, dna=BLURRED), {name: name for name in image_set(1)}]
    fields = fields_of_rows(tmp_path, rows)
    assert fields.channels[0].numbers["ExpectedScore"].tolist() == [1.25, 1.25]
    assert "1 row(s) name the same image(s)" in " ".join(fields.notes)
    assert "The header stands 1 more time(s)" in " ".join(fields.notes)


def test_a_table_in_which_nothing_is_rated_says_why(tmp_path):
    path = write_table(tmp_path / "images.csv", [rated_file("A02.tif", [""] * 4, error="it is empty.")])
    assert "No image of the table has a rating; the first says: it is empty." in failure(tmp_path, path)


def test_a_column_that_names_no_image_is_not_loaded(tmp_path):
    fields = fields_of_rows(tmp_path, [image_set(1, FileName="x.tif")])
    assert not [name for name in fields.load if name.endswith("_") or name == "FileName"]


def test_frames_and_series_are_loaded_where_a_file_has_several(tmp_path):
    rows = [image_set(number, Frame_DNA=number - 1, Series_DNA=0, Frame_DNA_1="") for number in (1, 2)]
    load = fields_of_rows(tmp_path, rows).load
    assert [name for name in load if name.startswith(("Frame", "Series"))] == ["Frame_DNA"]
