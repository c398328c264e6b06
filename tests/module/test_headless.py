"""CellProfiler itself, headless, as a subprocess on files: what a user of the module gets."""

import os
import re
import shutil
import stat
import subprocess
import sys

import numpy as np
import pytest
import tifffile

pytest.importorskip("cellprofiler")
from helpers.files import EXAMPLES, ROOT, read_table
from helpers.headless import run_cellprofiler

DEMO = os.path.join(EXAMPLES, "run_demo.py")
REVISION_1 = os.path.join(ROOT, "tests", "module", "pipelines", "revision_1.cppipe")


def call(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def list_tree(folder):
    return sorted(
        os.path.join(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if "__pycache__" not in parent
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    output = str(tmp_path_factory.mktemp("demo"))
    return call([sys.executable, DEMO, "--output", output]), output


def test_the_demo_prints_one_line_an_image_with_its_true_level_and_its_rating(demo):
    result, _ = demo
    assert result.returncode == 0, result.stdout
    lines = re.findall(r"^Demo_A\d\d_s\d_w1.tif +(\d+|blank) +(\d+) +([\d.]+) +([\d.]+)$", result.stdout, re.MULTILINE)
    assert len(lines) == 24
    for level, score, _, certainty in lines:
        if level == "blank":
            assert float(certainty) < 0.05
        else:
            assert abs(int(score) - int(level)) <= 1, lines


def test_the_demo_tells_where_its_tables_overlays_and_report_lie(demo):
    result, output = demo
    for path in ("FocusImage.csv", "FocusFocusPatches.csv", "overlays", "report.html"):
        where = os.path.join(output, "results", path)
        assert where in result.stdout and os.path.exists(where)
    assert len(os.listdir(os.path.join(output, "results", "overlays"))) == 24


def test_the_spreadsheets_hold_numbers_for_every_image_and_patch(demo):
    images = read_table(os.path.join(demo[1], "results", "FocusImage.csv"))
    patches = read_table(os.path.join(demo[1], "results", "FocusFocusPatches.csv"))
    assert {row["Metadata_Well"] for row in images} == {f"A{column + 1:02}" for column in range(12)}
    for row in images:
        values = [float(value) for name, value in row.items() if name.startswith("ImageFocus_")]
        assert len(values) == 6 and np.isfinite(values).all()
        assert float(row["Count_FocusPatches"]) == float(row["ImageFocus_PatchCount_DNA"]) == 16
    assert len(patches) == 24 * 16
    assert {int(row["ImageFocus_GridColumn"]) for row in patches} == set(range(4))
    assert np.isfinite([float(row["ImageFocus_ExpectedScore_DNA"]) for row in patches]).all()


def test_the_demo_fails_aloud_when_the_module_is_not_loaded(tmp_path):
    result = call([sys.executable, DEMO, "--output", str(tmp_path / "out"), "--plugins", str(tmp_path)])
    assert result.returncode != 0
    assert f"was MeasureImageFocus loaded from {tmp_path}?" in result.stdout


def test_the_demo_deletes_nothing_that_it_did_not_make(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "precious.tif").touch()
    result = call([sys.executable, DEMO, "--output", str(tmp_path)])
    assert result.returncode == 1 and "holds files that no demo made" in result.stdout
    assert (tmp_path / "images" / "precious.tif").exists()


@pytest.fixture(scope="module")
def copied_plugins(tmp_path_factory):
    """The contents of plugins/, copied as a user would, and read-only as batch systems stage them (root may write)."""
    folder = str(tmp_path_factory.mktemp("copied") / "plugins")
    shutil.copytree(os.path.join(ROOT, "plugins"), folder, ignore=shutil.ignore_patterns("__pycache__"))
    for parent, _, names in os.walk(folder):
        for path in [parent] + [os.path.join(parent, name) for name in names]:
            os.chmod(path, os.stat(path).st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    return folder


def test_an_old_pipeline_measures_a_batch_that_blank_images_do_not_stop(copied_plugins, nuclei, tmp_path):
    images, results = str(tmp_path / "in"), str(tmp_path / "out")
    os.mkdir(images)
    pictures = {
        "P_A01_s1_w1.tif": np.rint(nuclei * 4095).astype(np.uint16),
        "P_A02_s1_w1.tif": np.full((100, 130), 7, np.uint16),
        "P_A03_s1_w1.tif": np.rint(nuclei * 255).astype(np.uint8),
    }
    for name, pixels in pictures.items():
        tifffile.imwrite(os.path.join(images, name), pixels)
    before = list_tree(copied_plugins)
    status, printed = run_cellprofiler(REVISION_1, results, images=images, plugins=copied_plugins)
    assert status == 0, printed
    assert list_tree(copied_plugins) == before  # nothing is written beside the code
    rows = {row["FileName_DNA"]: row for row in read_table(os.path.join(results, "FocusImage.csv"))}
    assert int(rows["P_A01_s1_w1.tif"]["ImageFocus_Score_DNA"]) <= 1
    assert int(rows["P_A03_s1_w1.tif"]["ImageFocus_Score_DNA"]) <= 1
    blank = rows["P_A02_s1_w1.tif"]
    assert float(blank["ImageFocus_Score_DNA"]) == 5 and float(blank["ImageFocus_Certainty_DNA"]) == 0
    assert not os.path.exists(os.path.join(results, "FocusFocusPatches.csv"))


def test_an_image_that_is_too_small_stops_the_run_with_its_name_and_advice(tmp_path):
    images = str(tmp_path / "in")
    os.mkdir(images)
    tifffile.imwrite(os.path.join(images, "P_A01_s1_w1.tif"), np.zeros((60, 512), np.uint16))
    status, printed = run_cellprofiler(REVISION_1, str(tmp_path / "out"), images=images)
    assert status == 1
    assert "MeasureImageFocus cannot rate DNA: the image is 60 x 512 pixels" in printed
    assert "Check any Crop or Resize before it." in printed
