"""Reading tables of each kind, and bad ones."""

import os
from pathlib import Path

import pytest

from helpers.files import write_table
from helpers.made_reports import (
    BLANK,
    BLURRED,
    GOOD,
    failure,
    fields_of,
    image_set,
    rated_file,
    write_database,
)
from imagefocus.report import write_report
from imagefocus.report.page_data import collect_data


def test_the_database_and_the_csv_of_one_run_give_the_same_report(tmp_path):
    rows = [image_set(number, dna=values) for number, values in enumerate([GOOD, BLURRED, BLANK])]
    from_database = fields_of(write_database(tmp_path / "run.db", rows))
    from_csv = fields_of(write_table(tmp_path / "FocusImage.csv", rows))
    assert collect_data(from_database) == collect_data(from_csv)


def test_tables_separated_by_semicolons_or_tabs_are_read(tmp_path):
    for delimiter in ";\t":
        path = write_table(tmp_path / "FocusImage.csv", [image_set(1)], delimiter=delimiter)
        assert len(fields_of(path).channels) == 2


def test_a_folder_stands_for_the_one_table_in_it(tmp_path):
    write_table(tmp_path / "images.csv", [rated_file("A01.tif")])
    (tmp_path / "patches.csv").touch()
    write_report(str(tmp_path), str(tmp_path / "report.html"))
    (tmp_path / "FocusImage.csv").touch()
    with pytest.raises(ValueError, match=r"several tables \(FocusImage.csv, images.csv\): name one"):
        write_report(str(tmp_path), str(tmp_path / "report.html"))


def test_a_missing_table_is_named(tmp_path):
    assert "There is no file" in failure(tmp_path, tmp_path / "no.csv")
    assert "holds no table: give the images.csv" in failure(tmp_path, tmp_path)


def test_a_table_without_ratings_says_what_is_expected_and_what_it_has(tmp_path):
    message = failure(tmp_path, write_table(tmp_path / "images.csv", [{"FileName": "a.tif", "Area": 3}]))
    assert "lacks the columns ImageFocus_Score, ImageFocus_ExpectedScore" in message
    assert "Expected: ImageFocus_<feature>_<image>" in message and "it has FileName, Area" in message


def test_a_column_missing_for_one_channel_is_named(tmp_path):
    row = image_set(1)
    del row["ImageFocus_CertainFraction_DNA_1"]
    message = failure(tmp_path, write_table(tmp_path / "FocusImage.csv", [row]))
    assert "lacks the column ImageFocus_CertainFraction_DNA_1. Expected" in message


@pytest.mark.parametrize("text, problem", [("", "is empty"), ("\n", "is empty"), ("header", "has no rows")])
def test_an_empty_table_says_so(tmp_path, text, problem):
    header = ",".join(rated_file("")) + "\n"
    (tmp_path / "images.csv").write_text(header if text == "header" else text)
    assert problem in failure(tmp_path, tmp_path / "images.csv")


def test_a_file_cut_off_while_it_was_written_still_makes_a_report(tmp_path):
    path = write_table(tmp_path / "images.csv", [rated_file("A01.tif"), rated_file("A02.tif")])
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
