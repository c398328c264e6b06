"""In-focus images found in folders and tables, read and checked."""

import csv
import os

import numpy as np
import pytest
import tifffile
from PIL import Image

from model_export import images


def write(path, pixels):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    tifffile.imwrite(str(path), pixels)


def lines_and_images(folder, keep_suspect=False):
    lines = []
    return lines, images.read_images(images.find_images(str(folder)), lines.append, keep_suspect)


def test_rows_of_a_csv_are_read_by_split_and_set(training_images):
    assert len(images.find_images(training_images, "train")) == 6
    entries = images.find_images(training_images)
    assert [entry.set_name for entry in entries] == list("ababab")
    assert [os.path.basename(entry.path) for entry in entries[:2]] == ["0.tif", "1.tif"]
    assert {(entry.licence, entry.source) for entry in entries} == {("CC0", "made@1a2b")}
    read = images.read_images(entries, print)
    assert all(np.percentile(image.light, [0.1, 99.9]) == pytest.approx([0, 1], abs=1e-3) for image in read)


def test_sub_folders_are_sets_and_other_files_are_passed_over(tmp_path, nuclei):
    sharp = (nuclei * 60000).astype(np.uint16)
    write(str(tmp_path / "dapi" / "deep" / "1.TIF"), sharp)
    write(str(tmp_path / "2.tif"), sharp)
    Image.fromarray((nuclei * 255).astype(np.uint8)).save(str(tmp_path / "3.png"))
    (tmp_path / "notes.txt").write_text("no image")
    entries = images.find_images(str(tmp_path) + os.sep)
    assert [(entry.set_name, os.path.basename(entry.path)) for entry in entries] == [
        (tmp_path.name, "2.tif"),
        (tmp_path.name, "3.png"),
        ("dapi", "1.TIF"),
    ]
    lines, read = lines_and_images(tmp_path)
    assert [image.light.shape for image in read] == [nuclei.shape] * 3 and lines == ["images read: 3, skipped: 0"]


def test_no_image_is_an_error_that_names_where_was_looked(training_images):
    with pytest.raises(ValueError, match="no image found in .*images.csv, split validation: "):
        images.find_images(training_images, "validation")


def test_an_empty_folder_and_a_csv_without_files_say_what_is_needed(tmp_path):
    with pytest.raises(ValueError, match="no image found in .*: a folder with TIFF or PNG"):
        images.find_images(str(tmp_path))
    with open(tmp_path / "list.csv", "w", newline="") as table:
        csv.writer(table).writerows([["path"], ["1.tif"]])
    with pytest.raises(ValueError, match="no column 'file'.*'path'"):
        images.find_images(str(tmp_path / "list.csv"))


def test_what_cannot_be_used_is_named_with_its_reason_and_counted(tmp_path, nuclei, defocused):
    sharp = (nuclei * 60000).astype(np.uint16)
    write(str(tmp_path / "good.tif"), sharp)
    write(str(tmp_path / "blurred.tif"), defocused[7])
    write(str(tmp_path / "saturated.tif"), np.minimum(sharp, 12000))
    write(str(tmp_path / "small.tif"), sharp[:60])
    write(str(tmp_path / "constant.tif"), np.full((200, 200), 7, np.uint16))
    write(str(tmp_path / "noise.tif"), np.random.default_rng(0).poisson(100, (400, 400)).astype(np.uint16))
    tifffile.imwrite(str(tmp_path / "stack.tif"), np.stack([sharp, sharp]), photometric="minisblack")
    write(str(tmp_path / "nan.tif"), np.where(nuclei > 0.5, np.nan, nuclei).astype(np.float32))
    (tmp_path / "damaged.tif").write_bytes((tmp_path / "good.tif").read_bytes()[:3000])
    (tmp_path / "text.png").write_text("no image")
    lines, read = lines_and_images(tmp_path)
    assert [os.path.basename(image.path) for image in read] == ["good.tif"]
    assert lines[-1] == "images read: 1, skipped: 9"
    reasons = {os.path.basename(line.split(": ")[0].split(" ", 1)[1]): line.split(": ", 1)[1] for line in lines[:-1]}
    for name, reason in {
        "blurred.tif": "blurred: its level is",
        "saturated.tif": "saturated: ",
        "small.tif": "too small: 60 x 672 pixels",
        "constant.tif": "empty: every pixel is 7",
        "noise.tif": "empty: nothing in it can be judged",
        "stack.tif": "not a single grayscale plane",
        "nan.tif": "not finite",
        "damaged.tif": "",
        "text.png": "cannot identify image",
    }.items():
        assert reason in reasons[name], reasons[name]


def test_suspect_images_are_used_on_request(tmp_path, defocused):
    write(str(tmp_path / "blurred.tif"), defocused[7])
    with pytest.raises(ValueError, match="none of the 1 images can be used"):
        lines_and_images(tmp_path)
    assert len(lines_and_images(tmp_path, keep_suspect=True)[1]) == 1


def test_one_plane_stored_as_a_stack_is_read(tmp_path, nuclei):
    sharp = (nuclei * 60000).astype(np.uint16)
    tifffile.imwrite(str(tmp_path / "one.tif"), sharp[None, None], photometric="minisblack", metadata={"axes": "TZYX"})
    assert (images.read_pixels(str(tmp_path / "one.tif")) == sharp).all()
    assert len(lines_and_images(tmp_path)[1]) == 1


def test_gray_pictures_stored_as_color_are_read_and_colored_ones_refused(tmp_path):
    gray = np.random.default_rng(0).integers(0, 255, (90, 100), dtype=np.uint8)
    Image.fromarray(np.stack([gray] * 3, axis=2)).save(str(tmp_path / "gray.png"))
    assert np.array_equal(images.read_pixels(str(tmp_path / "gray.png")), gray)
    Image.fromarray(np.stack([gray, gray, 255 - gray], axis=2)).save(str(tmp_path / "color.png"))
    with pytest.raises(ValueError, match="not a single grayscale plane"):
        images.read_pixels(str(tmp_path / "color.png"))


def test_pictures_with_a_palette_are_read_as_gray_and_masks_as_numbers(tmp_path):
    gray = np.tile(np.arange(100, dtype=np.uint8), (90, 1))
    picture = Image.fromarray(255 - gray)
    picture.putpalette([255 - value // 3 for value in range(768)])  # an index is the darker, the higher
    picture.save(str(tmp_path / "palette.png"))
    assert np.array_equal(images.read_pixels(str(tmp_path / "palette.png")), gray)
    Image.fromarray(gray > 50).save(str(tmp_path / "mask.png"))
    assert images.to_light(images.read_pixels(str(tmp_path / "mask.png"))).max() == 1
