"""The rows and pictures of a file are what `rate_image` gives."""

import numpy as np
import pytest
from PIL import Image

import imagefocus
from helpers.command_runs import assert_same_figures, rate, read_images, scene, write_tiff
from helpers.files import read_table
from imagefocus.cli.rate_file import FIGURES, IMAGE_COLUMNS, PATCH_COLUMNS, Options, rate_file


def test_the_table_has_the_columns_and_figures_that_rate_image_gives(folder, tmp_path):
    assert rate(folder, "--output", tmp_path / "out") == 0
    rows = read_images(tmp_path / "out")
    assert list(rows[0])[:9] == ["FileName", "Path", "Plane"] + [
        "ImageFocus_" + name
        for name in ["Score", "ExpectedScore", "Certainty", "PatchCount", "CertainFraction", "OutOfFocusFraction"]
    ]
    assert list(rows[0])[9:21] == [f"ImageFocus_Probability{level:02}" for level in range(11)] + ["Error"]
    assert [(row["FileName"], row["Path"], row["Plane"]) for row in rows] == [
        (name + ".tif", str(folder / (name + ".tif")), "0") for name in "abcde"
    ]
    for seed, row in enumerate(rows):
        assert_same_figures(row, scene(seed))
    assert len({row["ImageFocus_ExpectedScore"] for row in rows}) == 5


def test_patches_have_the_figures_and_places_that_rate_image_gives(folder, tmp_path):
    assert rate(folder / "c.tif", "--output", tmp_path / "out", "--patches", "--step", 42) == 0
    rows, patches = read_table(tmp_path / "out" / "patches.csv"), imagefocus.rate_image(scene(2), step=42).patches
    assert list(rows[0])[:9] == ["FileName", "Plane", "GridRow", "GridColumn", "Top", "Left"] + [
        "ImageFocus_" + name for name in ["Score", "ExpectedScore", "Certainty"]
    ]
    # 100 x 130 pixels: rows begin at 0 and 16, columns at 0, 42 and 46.
    places = [[int(row[name]) for name in ("GridRow", "GridColumn", "Top", "Left")] for row in rows]
    assert places == [[r, c, top, left] for r, top in enumerate([0, 16]) for c, left in enumerate([0, 42, 46])]
    for name, expected in [("Score", patches.scores), ("ExpectedScore", patches.expected_scores)]:
        assert [float(row["ImageFocus_" + name]) for row in rows] == pytest.approx(expected.tolist(), abs=1e-6)
    assert [float(row["ImageFocus_Probability10"]) for row in rows] == pytest.approx(
        patches.probabilities[:, 10].tolist(), abs=1e-6
    )


def test_overlays_are_those_of_the_rating_and_do_not_overwrite_each_other(folder, tmp_path):
    (folder / "deeper").mkdir()
    write_tiff(folder / "deeper" / "a.tif", [scene(6), scene(7)])
    assert rate(folder / "a.tif", folder / "deeper", "--output", tmp_path / "out", "--overlay") == 0
    pictures = {
        np.asarray(Image.open(str(path))).tobytes() for path in (tmp_path / "out" / "overlays").glob("a.tif-*.png")
    }
    assert pictures == {imagefocus.rate_image(scene(n)).overlay(scene(n)).tobytes() for n in (0, 6, 7)}


def test_each_row_has_a_value_for_each_column_whether_the_plane_could_be_rated_or_not(tmp_path):
    planes = [scene(0).astype(np.float32), np.full((90, 90), np.nan, np.float32)]
    write_tiff(tmp_path / "x.tif", planes)
    options = Options("numpy", None, "fingerprint", 42, patches=True, overlays=None)
    rated = rate_file(str(tmp_path / "x.tif"), options)
    assert [set(row) for row in rated.image_rows] == [set(IMAGE_COLUMNS)] * 2
    assert rated.patch_rows and all(set(row) == set(PATCH_COLUMNS) for row in rated.patch_rows)
    good, bad = rated.image_rows
    assert good["Error"] == "" and [bad["Error"]] == rated.errors
    assert {bad[name] for name in [*FIGURES, "Engine"]} == {""} and "" not in [good[name] for name in FIGURES]
    for row in rated.image_rows:
        facts = {"PlaneCount": 2, "Weights": "fingerprint", "Step": 42, "FileSize": (tmp_path / "x.tif").stat().st_size}
        assert {name: row[name] for name in facts} == facts
