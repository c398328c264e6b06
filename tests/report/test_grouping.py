"""The command line's table: which images are one image set."""

import numpy as np
import pytest

from helpers.made_reports import BLURRED, fields_of_rows, rated_file


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


def test_files_of_one_name_in_two_folders_are_two_images(tmp_path):
    assert len(fields_of_rows(tmp_path, [rated_file("A01.tif"), rated_file("A01.tif", folder="/b")])) == 2


@pytest.mark.parametrize("name", ["c%d.tif", "P_c%02d.tif"])
def test_names_that_count_make_one_channel(tmp_path, name):
    fields = fields_of_rows(tmp_path, [rated_file(name % number) for number in range(1, 65)])
    assert [channel.name for channel in fields.channels] == ["image"] and len(fields) == 64


def test_two_files_of_one_channel_are_never_in_one_image_set(tmp_path):
    """ImageXpress gives each file a GUID, so that those of a plate imaged twice differ in nothing else."""
    guids = ("1051DAA7-6C3F-4A8D-9C1A-0123456789AB", "2051DAA7-6C3F-4A8D-9C1A-0123456789AB")
    names = [f"P_A01_s1_w{channel}{guid}.tif" for guid in guids for channel in (1, 2)]
    fields = fields_of_rows(tmp_path, [rated_file(name) for name in names])
    assert [fields.load[f"Image_FileName_w{channel}"] for channel in (1, 2)] == [names[0::2], names[1::2]]


def test_images_in_the_folder_of_their_path_are_loaded_from_there(tmp_path):
    rows = [{**rated_file("a.tif"), "Path": "/data"}, rated_file("b.tif")]
    assert fields_of_rows(tmp_path, rows).load["Image_PathName_image"] == ["/data", "/data"]
