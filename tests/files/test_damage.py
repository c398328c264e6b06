"""Damage that tifffile and Pillow pass over, or that would take all memory, is reported; the rest is still rated."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from helpers.command_runs import assert_same_figures, rate, read_images, scene, write_tiff
from imagefocus.files import damage, read


def errors_of(path):
    return [str(plane.error) for plane in read.read_planes(str(path)) if plane.error is not None]


def planes_of(path):
    return [plane.pixels for plane in read.read_planes(str(path)) if plane.error is None]


def overwrite(path, position, form, *values):
    with open(str(path), "r+b") as file:
        file.seek(position)
        file.write(struct.pack(form, *values))


def set_tag(path, tag, value, page=0):
    """Overwrite the value of a tag that stands in the header, as an unsigned number of 4 bytes."""
    with tifffile.TiffFile(str(path)) as tiff:
        entry, order = tiff.pages[page].tags[tag].offset, tiff.byteorder
    overwrite(path, entry + 2, order + "HII", 4, 1, value)


def set_next_page(path, page, target):
    with tifffile.TiffFile(str(path)) as tiff:
        header, offset = tiff.pages[page], tiff.pages[target].offset
        overwrite(path, header.offset + 2 + 12 * len(header.tags), tiff.byteorder + "I", offset)


def test_a_byte_that_is_wrong_among_the_pixels_of_a_png_is_seen_by_its_checksum(tmp_path):
    Image.fromarray(scene(1)).save(str(tmp_path / "x.png"))
    good = (tmp_path / "x.png").read_bytes()
    first = good.index(b"IDAT") + 4
    for position in range(first, len(good) - 16, 500):
        (tmp_path / "x.png").write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        assert len(errors_of(tmp_path / "x.png")) == 1 and not planes_of(tmp_path / "x.png"), position


def deflated(path, **options):
    write_tiff(path, [])
    tifffile.imwrite(str(path), scene(0), photometric="minisblack", compression="zlib", metadata=None, **options)


KINDS = {
    "raw": lambda path: write_tiff(path, [scene(0)]),
    "deflate": lambda path: deflated(path, rowsperstrip=40),
    "tiles": lambda path: deflated(path, tile=(64, 64)),
    "lzw": lambda path: Image.fromarray(scene(0)).save(path, compression="tiff_lzw"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tag", [256, 257], ids=["width", "height"])
@pytest.mark.parametrize("length", [200, 60_000, 2**31, 2**32 - 1])
def test_a_picture_larger_than_its_file_can_hold_is_refused_before_memory_is_taken(kind, tag, length, tmp_path):
    path = str(tmp_path / "x.tif")
    KINDS[kind](path)
    set_tag(path, tag, length)
    (error,) = errors_of(path)
    assert "memory" not in error and not planes_of(path)
    assert length == 200 or "no room in it for" in error or "are missing" in error


@pytest.mark.parametrize("form, kind, side", [("PNG", np.uint16, 9000), ("JPEG", np.uint8, 9000)])
def test_a_png_or_jpeg_larger_than_its_file_can_hold_is_refused(form, kind, side, tmp_path):
    path = str(tmp_path / "x")
    Image.fromarray(scene(0, dtype=kind)).save(path, form)
    data = Path(path).read_bytes()
    if form == "PNG":
        size = struct.pack(">II", side, side)
        overwrite(path, 16, ">8s5sI", size, data[24:29], zlib.crc32(b"IHDR" + size + data[24:29]))
    else:
        overwrite(path, data.index(b"\xff\xc0") + 5, ">HH", side, side)
    assert "no room in it for" in errors_of(path)[0]


def test_a_blank_picture_is_no_damage_however_small_its_file(tmp_path):
    blank = np.zeros((3000, 3000), np.uint16)
    Image.fromarray(blank).save(str(tmp_path / "x.png"))
    tifffile.imwrite(str(tmp_path / "deflate.tif"), blank, photometric="minisblack", compression="zlib")
    for compression in ("tiff_lzw", "packbits"):
        Image.fromarray(blank).save(str(tmp_path / (compression + ".tif")), compression=compression)
    for path in tmp_path.iterdir():
        assert errors_of(path) == [] and planes_of(path)[0].shape == (3000, 3000), path


def test_a_strip_that_inflates_to_more_than_its_picture_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(damage, "SPARE_BYTES", 1 << 20)
    path = str(tmp_path / "x.tif")
    deflated(path, rowsperstrip=100)
    bomb = zlib.compress(bytes(30 << 20), 9)
    where = os.path.getsize(path)
    with open(path, "ab") as file:
        file.write(bomb)
    set_tag(path, 273, where)
    set_tag(path, 279, len(bomb))
    assert "holds more than its 26000 bytes" in errors_of(path)[0]


def test_tiles_that_are_not_listed_or_empty_are_no_blank_picture(tmp_path):
    path = str(tmp_path / "x.tif")
    deflated(path, tile=(64, 64))
    with tifffile.TiffFile(path) as tiff:
        tag = tiff.pages[0].tags[325]
    sizes = Path(path).read_bytes()[tag.valueoffset : tag.valueoffset + 24]
    overwrite(path, tag.valueoffset, "24s", bytes(24))
    assert "all its strips or tiles are empty" in errors_of(path)[0]
    overwrite(path, tag.valueoffset, "24s", sizes)
    overwrite(path, tag.offset + 4, "<I", 4)
    assert "2 of the 6 strips or tiles of its pixels are missing" in errors_of(path)[0]


@pytest.mark.parametrize("count, last, target", [(1, 0, 0), (3, 2, 1), (3, 1, 0), (130, 129, 10), (130, 129, 129)])
def test_pages_that_follow_in_a_circle_are_rated_once_and_are_an_error(count, last, target, tmp_path):
    path = tmp_path / "x.tif"
    write_tiff(path, [scene(0)] * count)  # tifffile by itself goes round for ever in circles of 100 and more
    set_next_page(path, last, target)
    assert len(planes_of(path)) == last + 1
    assert errors_of(path) == [f"the file is damaged: what comes after its plane {last} was there before."]


@pytest.mark.parametrize("offset", [0, 10**9])  # the first says that there is none
def test_a_file_without_a_page_is_an_error(offset, tmp_path):
    write_tiff(tmp_path / "x.tif", [scene(0)])
    overwrite(tmp_path / "x.tif", 4, "<I", offset)
    assert errors_of(tmp_path / "x.tif") == ["the file is damaged: no plane can be found in it."]


def test_a_page_whose_header_is_broken_leaves_the_other_pages_rated(tmp_path):
    path = tmp_path / "x.tif"
    write_tiff(path, [scene(0), scene(1), scene(2)])
    with tifffile.TiffFile(str(path)) as tiff:
        overwrite(path, tiff.pages[1].tags[256].offset + 2, "<H", 2)  # a width of letters
    assert rate(path, "--output", tmp_path / "out") == 1
    first, broken, last = read_images(tmp_path / "out")
    assert "damaged, or of an unknown kind" in broken["Error"] and broken["Plane"] == "1"
    assert_same_figures(first, scene(0))
    assert_same_figures(last, scene(2))


def write_as_imagej_above_4_gb(path, planes):
    tifffile.imwrite(str(path), np.stack(planes), imagej=True, photometric="minisblack")
    with tifffile.TiffFile(str(path)) as tiff:
        page = tiff.pages[0]
        overwrite(path, page.offset + 2 + 12 * len(page.tags), tiff.byteorder + "I", 0)
        return page.dataoffsets[0]


@pytest.mark.parametrize("kept", [1.01, 1.9, 2.5, 2.99])
def test_planes_cut_from_a_stack_without_pages_are_an_error(kept, tmp_path):
    path = tmp_path / "x.tif"
    first = write_as_imagej_above_4_gb(path, [scene(0), scene(1), scene(2)])
    path.write_bytes(path.read_bytes()[: first + int(kept * scene(0).nbytes)])
    assert errors_of(path) == ["the file is damaged: it is cut after the first of its 3 planes."]
    assert np.array_equal(planes_of(path)[0], scene(0))


def test_a_plane_taken_out_of_a_stack_with_the_stacks_description_is_whole(tmp_path):
    description = "ImageJ=1.53c\nimages=3\nslices=3\n"
    path = str(tmp_path / "x.tif")
    tifffile.imwrite(path, scene(0), photometric="minisblack", description=description, metadata=None)
    assert errors_of(path) == [] and len(planes_of(path)) == 1
