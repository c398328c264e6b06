"""Which files folders and patterns stand for."""

import os

import pytest

from helpers.command_runs import make_plate, rate, read_images, scene, write_tiff
from imagefocus.files import find


@pytest.fixture
def folder(tmp_path):
    return make_plate(tmp_path)


def test_folders_are_searched_without_what_is_no_image_and_without_going_in_circles(folder, tmp_path):
    (folder / "deeper.tif").mkdir()
    write_tiff(folder / "deeper.tif" / "f.TIFF", [scene(0)])
    for loop in ("loop", "second"):  # two, as the paths round one circle are only 40
        os.symlink("..", str(folder / "deeper.tif" / loop))
    for name in ("Thumbs.db", "notes.txt", "._a.tif", ".hidden.png"):
        (folder / name).write_text("no image")
    assert rate(folder, folder / "a.tif", str(folder) + os.sep, "--output", folder / "out", "--overlay") == 0
    names = [row["FileName"] for row in read_images(folder / "out")]
    assert names == ["a.tif", "b.tif", "c.tif", "d.tif", "e.tif", "f.TIFF"]
    # The overlays are in the folder that is searched, and are no images of it.
    assert rate(folder, "--output", folder / "out", "--resume") == 0
    assert [row["FileName"] for row in read_images(folder / "out")] == names


def test_a_folder_that_cannot_be_listed_is_named_and_changes_the_exit_status(folder, tmp_path, monkeypatch, capsys):
    (folder / "secret").mkdir()
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert rate(folder, "--output", tmp_path / "out") == 1
    assert len(read_images(tmp_path / "out")) == 5
    assert f"{folder / 'secret'} is skipped: Permission denied" in capsys.readouterr().err


def test_patterns_find_images_alone(folder, tmp_path):
    (folder / "a.txt").write_text("no image")
    write_tiff(folder / "[ab].tif", [scene(0)])
    assert rate(folder / "[bc].*", folder / "a*", folder / "[ab].tif", "--output", tmp_path / "out") == 0
    assert [row["FileName"] for row in read_images(tmp_path / "out")] == ["b.tif", "c.tif", "a.tif", "[ab].tif"]


def test_a_pattern_that_matches_nothing_is_named_and_is_no_file(tmp_path):
    (tmp_path / "a.png").touch()
    lines: list = []
    paths = find.find_images([str(tmp_path / "*.tif"), str(tmp_path / "*.png")], str(tmp_path / "out"), lines.append)
    assert paths == [str(tmp_path / "a.png")]
    assert lines == [f"the pattern {tmp_path / '*.tif'} matches no file."]


def test_a_file_is_listed_once_in_the_order_of_the_inputs_even_if_it_does_not_exist(tmp_path):
    for name in ("b.png", "c.png", "a.png"):
        (tmp_path / name).touch()
    warnings: list = []
    inputs = [str(tmp_path / "b.png"), str(tmp_path), str(tmp_path / "missing.tif"), str(tmp_path / "b.png")]
    paths = find.find_images(inputs, str(tmp_path / "out"), warnings.append)
    assert paths == [str(tmp_path / name) for name in ("b.png", "a.png", "c.png", "missing.tif")] and not warnings
