"""Each plane of a file is rated as what it is."""

import os
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from helpers.command_runs import assert_same_figures, rate, read_images, scene, write_tiff
from imagefocus.files.read import Unreadable, read_planes


def stack_of_pages(path, planes):
    write_tiff(path, planes)


def ome_tiff(path, planes):
    tifffile.imwrite(str(path), planes.reshape((2, 2) + planes.shape[1:]), ome=True, metadata={"axes": "ZCYX"})


def stack_without_pages(path, planes):
    """As ImageJ writes above 4 GB: a single page, and the planes after the first follow its data."""
    tifffile.imwrite(str(path), planes, imagej=True, photometric="minisblack")
    with tifffile.TiffFile(str(path)) as tiff:
        order, page = tiff.byteorder, tiff.pages[0]
        next_page = page.offset + 2 + 12 * len(page.tags)
    with open(str(path), "r+b") as file:
        file.seek(next_page)
        file.write(struct.pack(order + "I", 0))


def channels_in_one_page(path, planes):
    tifffile.imwrite(str(path), np.moveaxis(planes, 0, -1), photometric="minisblack", planarconfig="contig")


def channels_one_after_another(path, planes):
    tifffile.imwrite(str(path), planes, photometric="minisblack", planarconfig="separate", metadata=None)


def compressed(path, planes):
    write_tiff(path, planes[:0])
    with tifffile.TiffWriter(str(path), bigtiff=True) as writer:
        for plane in planes:
            writer.write(plane, contiguous=False, photometric="minisblack", compression="zlib", tile=(64, 64))


def lzw(path, planes):
    pages = [Image.fromarray(plane) for plane in planes]
    pages[0].save(str(path), compression="tiff_lzw", save_all=True, append_images=pages[1:])


def upside_down(path, planes):
    with tifffile.TiffWriter(str(path)) as writer:
        for plane in planes:
            writer.write(np.invert(plane), contiguous=False, photometric="miniswhite", metadata=None)


STACKS = [
    stack_of_pages,
    ome_tiff,
    stack_without_pages,
    channels_in_one_page,
    channels_one_after_another,
    compressed,
    lzw,
    upside_down,
]


@pytest.mark.parametrize("write", STACKS)
def test_each_plane_of_a_tiff_is_a_row_in_the_order_of_the_file(write, tmp_path):
    planes = np.stack([scene(seed) for seed in range(4)])
    write(tmp_path / "stack.tif", planes)
    assert rate(tmp_path / "stack.tif", "--output", tmp_path / "out") == 0
    rows = read_images(tmp_path / "out")
    assert [row["Plane"] for row in rows] == ["0", "1", "2", "3"]
    for row, plane in zip(rows, planes):
        assert_same_figures(row, plane)


OME = """<?xml version="1.0"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:%d"><Image ID="Image:0"><Pixels
ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16"
SizeX="130" SizeY="100" SizeZ="2" SizeC="1" SizeT="1"><Channel ID="Channel:0:0"/>
<TiffData IFD="0" FirstZ="0" PlaneCount="1"><UUID FileName="0.ome.tif">urn:uuid:0</UUID></TiffData>
<TiffData IFD="0" FirstZ="1" PlaneCount="1"><UUID FileName="1.ome.tif">urn:uuid:1</UUID></TiffData>
</Pixels></Image></OME>"""


def test_an_ome_tiff_of_several_files_gives_each_files_own_planes(tmp_path):
    options = {"metadata": None, "photometric": "minisblack"}
    for z in range(2):
        tifffile.imwrite(str(tmp_path / f"{z}.ome.tif"), scene(z), description=OME % z, **options)
    # tifffile follows the description into the other file; so each plane would be rated once a file.
    assert tifffile.imread(str(tmp_path / "0.ome.tif")).shape == (2, 100, 130)
    assert rate(tmp_path, "--output", tmp_path / "out") == 0
    rows = read_images(tmp_path / "out")
    assert [(row["FileName"], row["Plane"]) for row in rows] == [("0.ome.tif", "0"), ("1.ome.tif", "0")]
    for z, row in enumerate(rows):
        assert_same_figures(row, scene(z))


def test_thumbnails_and_masks_beside_an_image_are_not_rated(tmp_path):
    with tifffile.TiffWriter(str(tmp_path / "x.tif")) as writer:
        for seed in range(3):
            writer.write(scene(seed), subfiletype=seed != 1, contiguous=False, photometric="minisblack", metadata=None)
    with tifffile.TiffFile(str(tmp_path / "x.tif"), mode="r+b") as tiff:
        tiff.pages[2].tags[254].overwrite(4)  # tifffile writes no masks
    assert rate(tmp_path / "x.tif", "--output", tmp_path / "out") == 0
    (row,) = read_images(tmp_path / "out")
    assert_same_figures(row, scene(1))


@pytest.mark.parametrize("ending, kind", [(".png", np.uint8), (".png", np.uint16), (".PNG", np.uint8)])
def test_png_is_rated_with_all_its_bits(ending, kind, tmp_path):
    Image.fromarray(scene(1, dtype=kind)).save(str(tmp_path / ("x" + ending)))
    assert rate(tmp_path, "--output", tmp_path / "out") == 0
    assert_same_figures(read_images(tmp_path / "out")[0], scene(1, dtype=kind))


def test_jpeg_is_rated_as_it_is_decoded(tmp_path):
    Image.fromarray(scene(1, dtype=np.uint8)).save(str(tmp_path / "x.jpg"))
    assert rate(tmp_path, "--output", tmp_path / "out") == 0
    assert_same_figures(read_images(tmp_path / "out")[0], np.asarray(Image.open(str(tmp_path / "x.jpg"))))


def as_rgb(path, channels):
    Image.fromarray(channels).save(str(path))


def as_rgba(path, channels):
    Image.fromarray(np.dstack([channels, np.full(channels.shape[:2], 255, np.uint8)])).save(str(path))


def as_palette(path, channels):
    levels = channels[..., 0]
    present = (channels > 0).any(axis=(0, 1))
    picture = Image.frombytes("P", levels.shape[::-1], levels.tobytes())
    picture.putpalette([value * int(present[channel]) for value in range(256) for channel in range(3)])
    picture.save(str(path))


COLOR = [
    (as_rgb, ".png"),
    (as_rgba, ".png"),
    (as_palette, ".png"),
    (as_rgb, ".tif"),
    (as_rgba, ".tif"),
    (as_palette, ".tif"),
]


@pytest.mark.parametrize("write, ending", COLOR)
def test_color_counts_as_gray_only_if_its_channels_are_equal(write, ending, tmp_path):
    gray = np.repeat(scene(1, dtype=np.uint8)[..., None], 3, axis=2)
    blue = gray * np.array([1, 1, 0], np.uint8)
    write(tmp_path / ("gray" + ending), gray)
    write(tmp_path / ("tinted" + ending), blue)
    assert rate(tmp_path, "--output", tmp_path / "out") == 1
    gray_row, tinted_row = read_images(tmp_path / "out")
    assert_same_figures(gray_row, gray[..., 0])
    assert "in color" in tinted_row["Error"] and tinted_row["ImageFocus_Score"] == ""


def test_a_bad_plane_leaves_the_other_planes_of_its_file_rated(tmp_path):
    planes = [scene(0).astype(np.float32), np.full((90, 90), np.nan, np.float32), scene(2).astype(np.float32)]
    write_tiff(tmp_path / "x.tif", planes)
    assert rate(tmp_path / "x.tif", "--output", tmp_path / "out") == 1
    first, bad, last = read_images(tmp_path / "out")
    assert_same_figures(first, planes[0])
    assert "is nan" in bad["Error"] and bad["Plane"] == "1"
    assert_same_figures(last, planes[2])


def test_planes_lost_because_the_file_is_cut_are_an_error(tmp_path):
    write_tiff(tmp_path / "x.tif", [scene(0), scene(1), scene(2)])
    with tifffile.TiffFile(str(tmp_path / "x.tif")) as tiff:
        end = tiff.pages[1].dataoffsets[0] + scene(1).nbytes
    os.truncate(str(tmp_path / "x.tif"), end)
    assert rate(tmp_path / "x.tif", "--output", tmp_path / "out") == 1
    rows = read_images(tmp_path / "out")
    assert_same_figures(rows[1], scene(1))
    assert [row["Plane"] for row in rows] == ["0", "1", "2"] and "after its plane 1" in rows[2]["Error"]


def test_a_plane_has_either_pixels_or_an_error_and_a_cut_file_ends_with_the_error(tmp_path):
    path = tmp_path / "x.tif"
    write_tiff(path, [scene(0), scene(1), scene(2)])
    assert [(plane.pixels.shape, plane.error) for plane in read_planes(str(path))] == [((100, 130), None)] * 3
    with tifffile.TiffFile(str(path)) as tiff:
        end = tiff.pages[1].dataoffsets[0] + scene(1).nbytes
    os.truncate(str(path), end)
    first, second, last = read_planes(str(path))
    assert np.array_equal(second.pixels, scene(1)) and first.error is second.error is None
    assert last.pixels is None and isinstance(last.error, Unreadable)


@pytest.mark.parametrize("content, reason", [(b"", "it is empty."), (b"text", "it is no TIFF, PNG or JPEG file.")])
def test_what_is_no_image_file_is_refused_as_a_whole(content, reason, tmp_path):
    (tmp_path / "x.tif").write_bytes(content)
    with pytest.raises(Unreadable) as refusal:
        list(read_planes(str(tmp_path / "x.tif")))
    assert str(refusal.value) == reason
