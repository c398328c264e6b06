"""What the report reads: each kind of table, and bad input."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers.made_reports import (
    BLANK,
    BLURRED,
    GOOD,
    failure,
    fields_of,
    fields_of_rows,
    image_set,
    rated_file,
    write_csv,
    write_database,
)
from imagefocus.network.engines import load_weights
from imagefocus.report import write_report
from imagefocus.report.page_data import collect_data

# Input kinds


def test_files_that_differ_in_the_channel_alone_are_one_image_set(tmp_path):
    rows = [rated_file("P7_B03_s2_w1.tif"), rated_file("P7_B03_s2_w2.tif", BLURRED), rated_file("P7_B03_s3_w2.tif")]
    fields = fields_of_rows(tmp_path, rows)
    assert (fields.plates, fields.wells, fields.sites) == (["P7", "P7"], ["B03", "B03"], ["2", "3"])
    first, second = fields.channels
    assert (first.name, second.name) == ("w1", "w2")
    assert first.numbers["ExpectedScore"][0] == 1.25 and np.isnan(first.numbers["ExpectedScore"][1])
    assert second.numbers["ExpectedScore"].tolist() == [7.0, 1.25] and not first.errors
    assert "are missing: their image sets count as not rated, and none of them is kept" in " ".join(fields.notes)
    assert fields.load == {
        "Metadata_Plate": ["P7", "P7"],
        "Metadata_Well": ["B03", "B03"],
        "Metadata_Site": ["2", "3"],
        "Image_FileName_w1": ["P7_B03_s2_w1.tif", ""],
        "Image_PathName_w1": ["/data", ""],
        "Image_FileName_w2": ["P7_B03_s2_w2.tif", "P7_B03_s3_w2.tif"],
        "Image_PathName_w2": ["/data", "/data"],
    }


def test_planes_are_image_sets_with_their_frame_and_names_without_a_channel_make_one(tmp_path):
    fields = fields_of_rows(tmp_path, [rated_file("x.tif", plane=plane) for plane in range(3)])
    assert [channel.name for channel in fields.channels] == ["image"]
    assert fields.load["Frame_image"] == ["0", "1", "2"]


def weighed(*weights):
    return [dict(rated_file(f"A{number:02}.tif"), Weights=name) for number, name in enumerate(weights, 1)]


def test_weights_other_than_the_bundled_ones_are_told(tmp_path):
    own = load_weights().fingerprint
    limit = f"The limit shown, {load_weights().in_focus_limit:g}, is that of the bundled weights, {own}"
    for table, told in (([own, own], ()), (["v1 0", "v1 0"], ["Rated with weights v1 0. " + limit])):
        notes = " ".join(fields_of_rows(tmp_path, weighed(*table)).notes)
        assert all(text in notes for text in told) and ("weights" in notes) == bool(told)


def test_more_than_one_kind_of_weights_is_told(tmp_path):
    own = load_weights().fingerprint
    notes = " ".join(fields_of_rows(tmp_path, weighed(own, "v1 0", own, "")).notes)
    assert f"more than one kind of weights: {own} (2 images), v1 0 (1 images)" in notes
    assert "the model card of v1 0 " in notes


def test_channels_are_told_apart_when_one_name_begins_another(tmp_path):
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


def test_the_database_and_the_csv_of_one_run_give_the_same_report(tmp_path):
    rows = [image_set(number, dna=values) for number, values in enumerate([GOOD, BLURRED, BLANK])]
    from_database = fields_of(write_database(tmp_path / "run.db", rows))
    from_csv = fields_of(write_csv(tmp_path / "FocusImage.csv", rows))
    assert collect_data(from_database) == collect_data(from_csv)


def test_tables_separated_by_semicolons_or_tabs_are_read(tmp_path):
    for delimiter in ";\t":
        path = write_csv(tmp_path / "FocusImage.csv", [image_set(1)], delimiter)
        assert len(fields_of(path).channels) == 2


def test_a_folder_stands_for_the_one_table_in_it(tmp_path):
    write_csv(tmp_path / "images.csv", [rated_file("A01.tif")])
    (tmp_path / "patches.csv").touch()
    write_report(str(tmp_path), str(tmp_path / "report.html"))
    (tmp_path / "FocusImage.csv").touch()
    with pytest.raises(ValueError, match=r"several tables \(FocusImage.csv, images.csv\): name one"):
        write_report(str(tmp_path), str(tmp_path / "report.html"))


# Bad input


def test_a_missing_table_is_named(tmp_path):
    assert "There is no file" in failure(tmp_path, tmp_path / "no.csv")
    assert "holds no table: give the images.csv" in failure(tmp_path, tmp_path)


def test_a_table_without_ratings_says_what_is_expected_and_what_it_has(tmp_path):
    message = failure(tmp_path, write_csv(tmp_path / "images.csv", [{"FileName": "a.tif", "Area": 3}]))
    assert "lacks the columns ImageFocus_Score, ImageFocus_ExpectedScore" in message
    assert "Expected: ImageFocus_<feature>_<image>" in message and "it has FileName, Area" in message


def test_a_column_missing_for_one_channel_is_named(tmp_path):
    row = image_set(1)
    del row["ImageFocus_CertainFraction_DNA_1"]
    message = failure(tmp_path, write_csv(tmp_path / "FocusImage.csv", [row]))
    assert "lacks the column ImageFocus_CertainFraction_DNA_1. Expected" in message


@pytest.mark.parametrize("text, said", [("", "is empty"), ("\n", "is empty"), ("header", "has no rows")])
def test_an_empty_table_says_so(tmp_path, text, said):
    header = ",".join(rated_file("")) + "\n"
    (tmp_path / "images.csv").write_text(header if text == "header" else text)
    assert said in failure(tmp_path, tmp_path / "images.csv")


def test_repeated_rows_and_headers_count_once_and_are_told(tmp_path):
    rows = [image_set(1), image_set(2), image_set(1, dna=BLURRED), {name: name for name in image_set(1)}]
    fields = fields_of_rows(tmp_path, rows)
    assert fields.channels[0].numbers["ExpectedScore"].tolist() == [1.25, 1.25]
    assert "1 row(s) name the same image(s)" in " ".join(fields.notes)
    assert "The header stands 1 more time(s)" in " ".join(fields.notes)


def test_files_of_one_name_in_two_folders_are_two_images(tmp_path):
    assert len(fields_of_rows(tmp_path, [rated_file("A01.tif"), rated_file("A01.tif", folder="/b")])) == 2


def test_wells_out_of_range_are_in_the_table_and_in_no_heat_map(tmp_path):
    fields = fields_of_rows(tmp_path, [image_set(1), image_set(2, well="Z99"), image_set(3, well="")])
    data = collect_data(fields)
    assert data["positions"] == {"B03": (1, 2)} and data["sizes"] == {"P1": (8, 12)}
    assert fields.wells == ["B03", "Z99", ""]
    assert (
        "1 field(s) are in the table, but in no heat map, since a plate of 1536 wells has no well Z99." in fields.notes
    )
    assert "they have no Metadata_Well" in " ".join(fields.notes)


@pytest.mark.parametrize("bad", ["abc", "", "nan", "inf", "-1", "11"])
def test_what_is_no_number_is_told_and_not_rated(tmp_path, bad):
    fields = fields_of_rows(tmp_path, [image_set(1), image_set(2, dna=(1, bad, 0.5, 0.9))])
    channel = fields.channels[0]
    assert np.isnan(channel.numbers["Certainty"]).tolist() == [False, True]
    assert channel.errors == {1: f"ImageFocus_ExpectedScore_DNA is {bad!r}, no number of 0 to 10"}
    assert "1 image(s) of DNA have no usable numbers; the first, row 2" in " ".join(fields.notes)
    assert not fields.channels[1].errors


def test_files_that_could_not_be_rated_give_their_reason(tmp_path):
    fields = fields_of_rows(tmp_path, [rated_file("A01.tif"), rated_file("A02.tif", [""] * 4, error="it is empty.")])
    assert fields.channels[0].errors == {1: "it is empty."}
    assert "1 image(s) could not be rated" in " ".join(fields.notes)


def test_a_table_in_which_nothing_is_rated_says_why(tmp_path):
    path = write_csv(tmp_path / "images.csv", [rated_file("A02.tif", [""] * 4, error="it is empty.")])
    assert "No image of the table has a rating; the first says: it is empty." in failure(tmp_path, path)


def test_a_file_cut_off_while_it_was_written_still_makes_a_report(tmp_path):
    path = write_csv(tmp_path / "images.csv", [rated_file("A01.tif"), rated_file("A02.tif")])
    text = Path(path).read_text()
    Path(path).write_text(text[: text.rindex("/data")])
    fields = fields_of(path)
    assert len(fields) == 2 and list(fields.channels[0].errors) == [1]
    assert "cut off" in fields.notes[0]


def test_what_is_no_table_is_refused_in_words(tmp_path):
    (tmp_path / "latin.csv").write_bytes(b"FileName,\xe4\n")
    assert "is no UTF-8 text (byte 9)" in failure(tmp_path, tmp_path / "latin.csv")
    (tmp_path / "zero.csv").write_bytes((",".join(rated_file("")) + "\na\0b,1\n").encode())
    assert failure(tmp_path, tmp_path / "zero.csv")
    (tmp_path / "broken.db").write_bytes(b"SQLite format 3\0" + b"x" * 200)
    assert "broken.db cannot be read" in failure(tmp_path, tmp_path / "broken.db")


def test_a_database_without_the_one_table_names_those_it_has(tmp_path):
    path = write_database(tmp_path / "a.db", [image_set(1)], "Other")
    assert "no table whose name ends in Per_Image (it has Other)" in failure(tmp_path, path)
    for table in ("A_Per_Image", "B_Per_Image"):
        write_database(path, [image_set(1)], table)
    assert "several tables (A_Per_Image, B_Per_Image)" in failure(tmp_path, path)


def test_a_database_is_left_as_it_was(tmp_path):
    path = write_database(tmp_path / "a #1%.db", [image_set(1)])
    before = Path(path).read_bytes()
    write_report(path, str(tmp_path / "report.html"))
    assert Path(path).read_bytes() == before and sorted(os.listdir(tmp_path)) == ["a #1%.db", "report.html"]


def test_without_jinja2_the_message_tells_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    path = write_csv(tmp_path / "images.csv", [rated_file("A01.tif")])
    assert "pip install 'imagefocus[report]'" in failure(tmp_path, path)


def test_the_report_never_overwrites_its_table(tmp_path):
    path = write_csv(tmp_path / "images.csv", [rated_file("A01.tif")])
    with pytest.raises(ValueError, match="would overwrite its table"):
        write_report(path, str(tmp_path / "x" / ".." / "images.csv"))
    with pytest.raises(ValueError, match="cannot be written: No such file"):
        write_report(path, str(tmp_path / "no" / "report.html"))
