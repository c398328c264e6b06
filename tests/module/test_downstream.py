"""Other modules of CellProfiler use what MeasureImageFocus gives them: one headless run of them all."""

import os
import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import tifffile

pytest.importorskip("cellprofiler")
from helpers.files import read_table
from helpers.made_pipelines import LIMIT, NUCLEI, SHEETS, flag, keep, load_data, run_pipeline, save

CHANNELS = ["DNA", "DNA_1", "RNA", "AGP", "Mito"]
FOCUS = {
    "Select the images": ", ".join(CHANNELS),
    "Output the patches as objects?": "Yes",
    "Measure the probability of each level?": "Yes",
    "Measure the focus of objects?": "Yes",
    "Select the objects": "Nuclei",
    "Output overlay images?": "Yes",
    "Output focus maps?": "Yes",
    "Uncertain patches in the focus map": "As out of focus",
}


@pytest.fixture(scope="module")
def two_sets(tmp_path_factory, defocused, half_blurred):
    """The results folder of a run of every module on two image sets of five channels."""
    folder = tmp_path_factory.mktemp("downstream")
    sets = [
        {"DNA": half_blurred, "DNA_1": defocused[0], "RNA": defocused[3], "AGP": defocused[6], "Mito": defocused[9]},
        dict.fromkeys(CHANNELS, defocused[6]),
    ]
    masked = {"Select the input image": "DNA", "Use objects or an image as a mask?": "Objects"}
    steps = [
        ("LoadData", load_data(str(folder / "images"), sets)),
        ("IdentifyPrimaryObjects", NUCLEI),
        ("MeasureImageFocus", FOCUS),
        ("FlagImage", flag("ImageFocus_ExpectedScore_DNA_1")),
        ("FilterObjects", keep("Nuclei", "SharpNuclei", "ImageFocus_ExpectedScore_DNA")),
        ("FilterObjects", keep("FocusPatches", "SharpPatches", "ImageFocus_ExpectedScore_DNA")),
        ("RelateObjects", {"Parent objects": "FocusPatches", "Child objects": "Nuclei"}),
        ("MaskImage", {**masked, "Select object for mask": "SharpPatches", "Name the output image": "ByPatches"}),
        (
            "Threshold",
            {
                "Select the input image": "FocusMap_DNA",
                "Name the output image": "BlurredRegion",
                "Thresholding method": "Manual",
                "Manual threshold": LIMIT / 10,
            },
        ),
        (
            "MaskImage",
            {
                "Select the input image": "DNA",
                "Use objects or an image as a mask?": "Image",
                "Select image for mask": "BlurredRegion",
                "Invert the mask?": "Yes",
                "Name the output image": "ByMap",
            },
        ),
        (
            "DisplayDataOnImage",
            {
                "Select the input objects": "FocusPatches",
                "Measurement to display": "ImageFocus_ExpectedScore_DNA",
                "Select the image on which to display the measurements": "DNA",
                "Name the output image that has the measurements displayed": "Numbers",
            },
        ),
        ("SaveImages", save("FocusOverlay_DNA", "_overlay", "png", "8-bit integer")),
        ("SaveImages", save("FocusMap_DNA", "_map", "tiff", "32-bit floating point")),
        ("SaveImages", save("ByPatches", "_bypatches", "tiff", "16-bit integer")),
        ("SaveImages", save("ByMap", "_bymap", "tiff", "16-bit integer")),
        ("SaveImages", save("Numbers", "_numbers", "png", "8-bit integer")),
        (
            "ExportToDatabase",
            {
                "Create one table per object, a single object table or a single object view?": (
                    "One table per object type"
                ),
                "Name the SQLite database file": "focus.db",
                "Table prefix": "My_",
                "Output file location": "Default Output Folder|",
                "Overwrite without warning?": "Data and schema",
            },
        ),
        ("ExportToSpreadsheet", SHEETS),
    ]
    results, status, log = run_pipeline(str(folder), steps)
    assert status == 0, log
    return results


def test_flag_image_marks_the_blurred_set_by_the_channel_asked_for(two_sets):
    rows = read_table(os.path.join(two_sets, "Image.csv"))
    assert [float(row["Metadata_Blurred"]) for row in rows] == [0, 1]
    assert float(rows[0]["ImageFocus_ExpectedScore_DNA_1"]) < LIMIT < float(rows[0]["ImageFocus_ExpectedScore_DNA"])


def test_five_channels_are_measured_each_by_its_name(two_sets):
    row = read_table(os.path.join(two_sets, "Image.csv"))[0]
    for channel, level in zip(CHANNELS[1:], (0, 3, 6, 9)):
        assert abs(int(float(row["ImageFocus_Score_" + channel])) - level) <= 1
    experiment = Path(two_sets, "Experiment.csv").read_text()
    assert re.search(r"ImageFocus_Weights,v\d+ [0-9a-f]{8}", experiment)


def test_filter_objects_keeps_the_nuclei_and_patches_in_focus(two_sets):
    nuclei, patches = (read_table(os.path.join(two_sets, name + ".csv")) for name in ("SharpNuclei", "SharpPatches"))
    assert {row["ImageNumber"] for row in nuclei} == {row["ImageNumber"] for row in patches} == {"1"}
    all_nuclei = [row for row in read_table(os.path.join(two_sets, "Nuclei.csv")) if row["ImageNumber"] == "1"]
    left = [row for row in all_nuclei if float(row["Location_Center_X"]) < 336 - 42]
    right = [row for row in all_nuclei if float(row["Location_Center_X"]) > 336 + 42]
    kept = {(row["Location_Center_X"], row["Location_Center_Y"]) for row in nuclei}

    def share_kept(rows):
        return np.mean([(row["Location_Center_X"], row["Location_Center_Y"]) in kept for row in rows])

    assert len(left) > 20 and share_kept(left) > 0.9 and len(right) > 20 and share_kept(right) == 0
    assert len(patches) > 10 and all(float(row["Location_Center_X"]) < 336 for row in patches)


def test_relate_objects_finds_the_patch_of_each_nucleus(two_sets):
    rows = read_table(os.path.join(two_sets, "Nuclei.csv"))
    patches = {
        (row["ImageNumber"], row["ObjectNumber"]): row for row in read_table(os.path.join(two_sets, "FocusPatches.csv"))
    }
    for row in rows:
        patch = patches[row["ImageNumber"], row["Parent_FocusPatches"]]
        assert abs(float(row["Location_Center_X"]) - float(patch["Location_Center_X"])) < 84
        assert abs(float(row["Location_Center_Y"]) - float(patch["Location_Center_Y"])) < 84


@pytest.mark.parametrize("by", ["_bypatches", "_bymap"])
def test_mask_image_cuts_out_the_region_in_focus(two_sets, by):
    kept = tifffile.imread(os.path.join(two_sets, f"1_DNA{by}.tiff")) > 0
    assert kept[:, :300].mean() > 0.8 and kept[:, 430:].mean() < 0.02
    assert not (tifffile.imread(os.path.join(two_sets, f"2_DNA{by}.tiff")) > 0).any()


def test_pictures_are_saved_as_they_are(two_sets):
    from PIL import Image

    overlay = np.asarray(Image.open(os.path.join(two_sets, "1_DNA_overlay.png")))
    assert overlay.shape == (512, 672, 3) and overlay.dtype == np.uint8
    green_over_blue = overlay[..., 1].astype(int) - overlay[..., 2]  # level 0 is blue, level 6 between green and yellow
    assert (green_over_blue[:, :330] < -100).sum() > 1000 and not (green_over_blue[:, 430:] < -100).any()
    assert (green_over_blue[:, 430:] > 100).sum() > 1000 and not (green_over_blue[:, :250] > 100).any()
    focus_map = tifffile.imread(os.path.join(two_sets, "1_DNA_map.tiff"))
    assert focus_map.dtype == np.float32 and focus_map.min() >= 0 and focus_map.max() <= 1
    assert os.path.getsize(os.path.join(two_sets, "1_DNA_numbers.png")) > 10000


def test_the_database_has_a_table_for_each_kind_of_object(two_sets):
    with sqlite3.connect(os.path.join(two_sets, "focus.db")) as database:
        tables = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
        assert {"My_Per_Image", "My_Per_Nuclei", "My_Per_FocusPatches", "My_Per_SharpNuclei"} <= tables
        features = ("ExpectedScore_DNA", "ExpectedScore_DNA_1", "Probability10_Mito")
        scores = ", ".join("Image_ImageFocus_" + feature for feature in features)
        found = database.execute(f"select {scores} from My_Per_Image order by ImageNumber").fetchall()
        rows = read_table(os.path.join(two_sets, "Image.csv"))
        columns = [name.replace("Image_", "", 1) for name in scores.split(", ")]
        assert np.allclose(found, [[float(row[column]) for column in columns] for row in rows])
        count, nulls = database.execute(
            "select count(*), sum(FocusPatches_ImageFocus_Certainty_DNA is null) from My_Per_FocusPatches"
        ).fetchone()
        assert (count, nulls) == (2 * 56, 0)
        (weights,) = database.execute("select ImageFocus_Weights from My_Per_Experiment").fetchone()
        assert re.fullmatch(r"v\d+ [0-9a-f]{8}", weights)
