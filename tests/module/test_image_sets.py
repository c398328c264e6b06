"""Image sets that are skipped, lack a channel, or are volumes: headless runs on files."""

import os

import numpy as np
import pytest
import tifffile

pytest.importorskip("cellprofiler")
from helpers.files import read_table
from helpers.headless import run_cellprofiler
from helpers.made_pipelines import NUCLEI, SHEETS, flag, keep, load_data, run_pipeline, save, write_pipeline


def test_flag_image_of_revision_4_skips_a_flagged_set_before_segmentation(tmp_path, defocused):
    sets = [{"DNA_1": defocused[6]}, {"DNA_1": defocused[0]}]
    steps = [
        ("LoadData", load_data(str(tmp_path / "images"), sets)),
        ("MeasureImageFocus", {"Images to measure": "All loaded images"}),
        ("FlagImage", flag("ImageFocus_ExpectedScore_DNA_1", skip="Yes")),
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
    rows = read_table(os.path.join(results, "Image.csv"))
    assert [float(row["Metadata_Blurred"]) for row in rows] == [1, 0]
    assert {row["ImageNumber"] for row in read_table(os.path.join(results, "Nuclei.csv"))} == {"2"}


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
    results, status, log = run_pipeline(str(tmp_path), steps, images=images)
    assert status == 0, log
    (row,) = read_table(os.path.join(results, "Image.csv"))
    assert float(row["ImageFocus_BestPlane_DNA"]) == 1 and float(row["Count_FocusPatches"]) == 9
    patches = read_table(os.path.join(results, "FocusPatches.csv"))
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
    _, status, log = run_pipeline(str(tmp_path), steps)
    assert status == 1 and "2_RNA.tif" in log
