"""`imagefocus rate`: what it says of bad input."""

import os
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image

from helpers.command_runs import assert_same_figures, rate, read_images, scene, write_tiff
from imagefocus.cli import main
from imagefocus.cli import rate as rate_command


def bad_files(folder):
    """What is wrong with each file, by its name."""
    good = (folder / "a.tif").read_bytes()
    (folder / "cut.tif").write_bytes(good[: len(good) // 2])
    (folder / "empty.tif").write_bytes(b"")
    (folder / "text.tif").write_text("not an image")
    (folder / "notes.txt").write_text("not an image")
    tifffile.imwrite(str(folder / "nan.tif"), np.full((90, 90), np.nan, np.float32), photometric="minisblack")
    tifffile.imwrite(str(folder / "small.tif"), scene(0, (60, 90)), photometric="minisblack")
    tifffile.imwrite(str(folder / "complex.tif"), scene(0).astype(np.complex64), photometric="minisblack")
    os.mkfifo(str(folder / "pipe.tif"))
    Image.fromarray(scene(0, dtype=np.uint8)).save(str(folder / "cut.png"))
    (folder / "cut.png").write_bytes((folder / "cut.png").read_bytes()[:2000])
    os.symlink("nowhere", str(folder / "gone.tif"))
    return {
        "complex.tif": "complex64",
        "cut.png": "cannot be read",
        "cut.tif": "cannot be read",
        "empty.tif": "empty",
        "gone.tif": "No such file",
        "nan.tif": "row 0, column 0 is nan",
        "notes.txt": "no TIFF, PNG or JPEG",
        "pipe.tif": "no regular file",
        "small.tif": "60 x 90 pixels, smaller than one 84 x 84 patch",
        "text.tif": "no TIFF, PNG or JPEG",
    }


def test_files_that_cannot_be_rated_get_a_row_that_says_why_and_the_rest_go_on(folder, tmp_path, capsys):
    expected = bad_files(folder)
    assert rate(folder, folder / "notes.txt", folder / "missing.tif", "--output", tmp_path / "out") == 1
    rows = {row["FileName"]: row for row in read_images(tmp_path / "out")}
    expected["missing.tif"] = "No such file"
    assert sorted(rows) == sorted([name + ".tif" for name in "abcde"] + list(expected))
    for name, why in expected.items():
        assert why in rows[name]["Error"], name
        assert {rows[name][column] for column in rows[name] if column.startswith("ImageFocus_")} == {""}
    assert_same_figures(rows["e.tif"], scene(4))
    assert f"11 of 16 files could not be rated, the first is {folder / 'complex.tif'}" in capsys.readouterr().err


@pytest.mark.parametrize("inputs", [["empty"], ["missing.tif"], ["*.tif"]])
def test_without_an_image_nothing_is_written(inputs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(str(tmp_path))
    (tmp_path / "empty").mkdir()
    assert rate(*inputs, "--output", tmp_path / "out") == 2
    assert "no image found in " + inputs[0] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "option, why",
    [(["--weights", "v99"], "no weights v99"), (["--engine", "tensorflow"], "engine TensorFlow was asked")],
)
def test_what_would_fail_for_every_file_is_named_before_anything_is_written(
    option, why, folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(
        "imagefocus.network.engines.importlib.util.find_spec", lambda name: None if name == "tensorflow" else True
    )
    assert rate(folder, "--output", tmp_path / "out", *option) == 2
    assert why in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_missing_library_is_named_with_how_to_install_it(folder, tmp_path, monkeypatch, capsys):
    find = rate_command.importlib.util.find_spec
    monkeypatch.setattr(rate_command.importlib.util, "find_spec", lambda name: None if name == "PIL" else find(name))
    assert rate(folder, "--output", tmp_path / "out") == 2
    assert f"{sys.executable} -m pip install Pillow" in capsys.readouterr().err


def test_a_file_unlike_fluorescence_is_rated_noted_and_named_at_the_end_and_in_the_report(tmp_path, defocused, capsys):
    write_tiff(tmp_path / "A01_s1.tif", [defocused[0].max() - defocused[0]])
    write_tiff(tmp_path / "A02_s1.tif", [defocused[0]])
    assert rate(tmp_path, "--output", tmp_path / "out") == 0
    notes = {row["FileName"]: row["Note"] for row in read_images(tmp_path / "out")}
    assert "background is brighter" in notes["A01_s1.tif"] and notes["A02_s1.tif"] == ""
    assert "1 of 2 files do not look like fluorescence" in capsys.readouterr().err
    assert main.main(["report", str(tmp_path / "out"), "--output", str(tmp_path / "report.html")]) == 0
    assert "1 image(s) do not look like fluorescence" in capsys.readouterr().err
