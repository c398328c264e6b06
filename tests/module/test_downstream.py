"""Other modules of CellProfiler use what MeasureImageFocus gives them: headless runs on files."""

import os
import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import tifffile

pytest.importorskip("cellprofiler")
from helpers.headless import run_cellprofiler
from helpers.made_pipelines import load_data, read, save, write_pipeline

CHANNELS = ["DNA", "DNA_1", "RNA", "AGP", "Mito"]
LIMIT = 2.5


def flag(measurement, largest, skip="No"):
    return {
        "Name the flag": "Blurred",
        "Skip image set if flagged?": skip,
        "Which measurement?": measurement,
        "Flag images based on low values?": "No",
        "Maximum value": largest,
    }


def keep(objects, kept, measurement):
    return {
        "Select the objects to filter": objects,
        "Name the output objects": kept,
        "Select the measurement to filter by": measurement,
        "Filter using a minimum measurement value?": "No",
        "Maximum value": LIMIT,
    }


SHEETS = {"Overwrite existing files without warning?": "Yes", "Add a prefix to file names?": "No"}
NUCLEI = {
    "Select the input image": "DNA_1",
    "Name the primary objects to be identified": "Nuclei",
    "Discard objects touching the border of the image?": "No",
    "Discard objects outside the diameter range?": "No",
    "Typical diameter of objects, in pixel units (Min,Max)": "15,60",
}
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
def half_blurred(defocused):
    """Sharp at the left, level 6 at the right."""
    return np.hstack([defocused[0][:, :336], defocused[6][:, 336:]])


@pytest.fixture(scope="module")
def two_sets(tmp_path_factory, defocused, half_blurred):
    """The results folder of a run of every module on two image sets of five channels."""
    folder = tmp_path_factory.mktemp("downstream")
    results = str(folder / "results")
    sets = [
        {"DNA": half_blurred, "DNA_1": defocused[0], "RNA": defocused[3], "AGP": defocused[6], "Mito": defocused[9]},
        dict.fromkeys(CHANNELS, defocused[6]),
    ]
    masked = {"Select the input image": "DNA", "Use objects or an image as a mask?": "Objects"}
    steps = [
        ("LoadData", load_data(str(folder / "images"), sets)),
        ("IdentifyPrimaryObjects", NUCLEI),
        ("MeasureImageFocus", FOCUS),
        ("FlagImage", flag("ImageFocus_ExpectedScore_DNA_1", LIMIT)),
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
    pipeline = str(folder / "everything.cppipe")
    write_pipeline(pipeline, steps)
    status, log = run_cellprofiler(pipeline, results)
    assert status == 0, log
    return results


def test_flag_image_marks_the_blurred_set_by_the_channel_asked_for(two_sets):
    rows = read(os.path.join(two_sets, "Image.csv"))
    assert [float(row["Metadata_Blurred"]) for row in rows] == [0, 1]
    assert float(rows[0]["ImageFocus_ExpectedScore_DNA_1"]) < LIMIT < float(rows[0]["ImageFocus_ExpectedScore_DNA"])


def test_five_channels_are_measured_each_by_its_name(two_sets):
    row = read(os.path.join(two_sets, "Image.csv"))[0]
    for channel, level in zip(CHANNELS[1:], (0, 3, 6, 9)):
        assert abs(int(float(row["ImageFocus_Score_" + channel])) - level) <= 1
    experiment = Path(two_sets, "Experiment.csv").read_text()
    assert re.search(r"ImageFocus_Weights,v\d+ [0-9a-f]{8}", experiment)


def test_filter_objects_keeps_the_nuclei_and_patches_in_focus(two_sets):
    nuclei, patches = (read(os.path.join(two_sets, name + ".csv")) for name in ("SharpNuclei", "SharpPatches"))
    assert {row["ImageNumber"] for row in nuclei} == {row["ImageNumber"] for row in patches} == {"1"}
    all_nuclei = [row for row in read(os.path.join(two_sets, "Nuclei.csv")) if row["ImageNumber"] == "1"]
    left = [row for row in all_nuclei if float(row["Location_Center_X"]) < 336 - 42]
    right = [row for row in all_nuclei if float(row["Location_Center_X"]) > 336 + 42]
    kept = {(row["Location_Center_X"], row["Location_Center_Y"]) for row in nuclei}

    def share_kept(rows):
        return np.mean([(row["Location_Center_X"], row["Location_Center_Y"]) in kept for row in rows])

    assert len(left) > 20 and share_kept(left) > 0.9 and len(right) > 20 and share_kept(right) == 0
    assert len(patches) > 10 and all(float(row["Location_Center_X"]) < 336 for row in patches)


def test_relate_objects_finds_the_patch_of_each_nucleus(two_sets):
    rows = read(os.path.join(two_sets, "Nuclei.csv"))
    patches = {
        (row["ImageNumber"], row["ObjectNumber"]): row for row in read(os.path.join(two_sets, "FocusPatches.csv"))
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
        rows = read(os.path.join(two_sets, "Image.csv"))
        columns = [name.replace("Image_", "", 1) for name in scores.split(", ")]
        assert np.allclose(found, [[float(row[column]) for column in columns] for row in rows])
        count, nulls = database.execute(
            "select count(*), sum(FocusPatches_ImageFocus_Certainty_DNA is null) from My_Per_FocusPatches"
        ).fetchone()
        assert (count, nulls) == (2 * 56, 0)
        (weights,) = database.execute("select ImageFocus_Weights from My_Per_Experiment").fetchone()
        assert re.fullmatch(r"v\d+ [0-9a-f]{8}", weights)


def test_flag_image_of_revision_4_skips_a_flagged_set_before_segmentation(tmp_path, defocused):
    sets = [{"DNA_1": defocused[6]}, {"DNA_1": defocused[0]}]
    steps = [
        ("LoadData", load_data(str(tmp_path / "images"), sets)),
        ("MeasureImageFocus", {"Images to measure": "All loaded images"}),
        ("FlagImage", flag("ImageFocus_ExpectedScore_DNA_1", LIMIT, skip="Yes")),
        ("IdentifyPrimaryObjects", NUCLEI),
        ("ExportToSpreadsheet", SHEETS),
    ]
    pipeline, results = tmp_path / "skip.cppipe", str(tmp_path / "results")
    write_pipeline(str(pipeline), steps)
    text = pipeline.read_text().replace("    Allow fuzzy feature matching?:No\n", "")
    before, after = text.split("FlagImage:[", 1)
    after = after.replace("variable_revision_number:5", "variable_revision_number:4", 1)
    pipeline.write_text(before + "FlagImage:[" + after)
    status, log = run_cellprofiler(str(pipeline), results)
    assert status == 0, log
    rows = read(os.path.join(results, "Image.csv"))
    assert [float(row["Metadata_Blurred"]) for row in rows] == [1, 0]
    assert {row["ImageNumber"] for row in read(os.path.join(results, "Nuclei.csv"))} == {"2"}


def test_a_volume_is_masked_and_filtered_in_its_best_plane(tmp_path, defocused, half_blurred):
    volume = np.stack([defocused[8], half_blurred, defocused[5], defocused[9]])[:, 100:352, 200:452]
    images = str(tmp_path / "images")
    os.mkdir(images)
    tifffile.imwrite(os.path.join(images, "1_DNA.tif"), volume, photometric="minisblack")
    steps = [
        ("Images", {}),
        ("Metadata", {}),
        ("NamesAndTypes", {"Process as 3D?": "Yes"}),  # LoadData reads no volumes
        ("Groups", {}),
        (
            "MeasureImageFocus",
            {
                "Select the images": "DNA",
                "Output the patches as objects?": "Yes",
                "Output focus maps?": "Yes",
                "Output overlay images?": "Yes",
            },
        ),
        ("FilterObjects", keep("FocusPatches", "SharpPatches", "ImageFocus_ExpectedScore_DNA")),
        (
            "MaskImage",
            {
                "Select the input image": "DNA",
                "Select object for mask": "SharpPatches",
                "Name the output image": "Masked",
            },
        ),
        ("SaveImages", save("Masked", "_masked", "tiff", "16-bit integer")),
        ("SaveImages", save("FocusMap_DNA", "_map", "tiff", "32-bit floating point")),
        ("SaveImages", save("FocusOverlay_DNA", "_overlay", "png", "8-bit integer")),
        ("ExportToSpreadsheet", SHEETS),
    ]
    pipeline, results = str(tmp_path / "volume.cppipe"), str(tmp_path / "results")
    write_pipeline(pipeline, steps)
    status, log = run_cellprofiler(pipeline, results, images=images)
    assert status == 0, log
    (row,) = read(os.path.join(results, "Image.csv"))
    assert float(row["ImageFocus_BestPlane_DNA"]) == 1 and float(row["Count_FocusPatches"]) == 9
    patches = read(os.path.join(results, "FocusPatches.csv"))
    assert {float(patch["Location_Center_Z"]) for patch in patches} == {1}
    kept = tifffile.imread(os.path.join(results, "1_DNA_masked.tiff")) > 0
    assert kept.shape == volume.shape and not kept[[0, 2, 3]].any()
    assert kept[1, :, :84].mean() > 0.9 and not kept[1, :, 200:].any()
    assert tifffile.imread(os.path.join(results, "1_DNA_map.tiff")).shape == volume.shape


def test_a_channel_missing_in_one_image_set_is_named(tmp_path, defocused):
    sets = [{"DNA": defocused[0], "RNA": defocused[0]}, {"DNA": defocused[0], "RNA": None}]
    steps = [
        ("LoadData", load_data(str(tmp_path / "images"), sets)),
        ("MeasureImageFocus", {"Images to measure": "All loaded images"}),
        ("ExportToSpreadsheet", SHEETS),
    ]
    pipeline = str(tmp_path / "missing.cppipe")
    write_pipeline(pipeline, steps)
    status, log = run_cellprofiler(pipeline, str(tmp_path / "results"))
    assert status == 1 and "2_RNA.tif" in log
