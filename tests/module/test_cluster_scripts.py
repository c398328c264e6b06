"""The scripts of example_pipelines/snakemake: shards, files that are cut off, and what fails alone.

Snakemake itself is run by tests/checks/cluster/run.sh.
"""

import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from helpers.files import EXAMPLES

sys.path.append(os.path.join(EXAMPLES, "snakemake", "scripts"))

import headless
import image_sets
import measure
import whole_files


def rows_of(wells):
    return [{"Metadata_Well": well, "Image_FileName_DNA": f"{number}.tif"} for number, well in enumerate(wells, 1)]


@pytest.mark.parametrize("size", [1, 4, 5, 12, 100])
def test_shards_hold_each_image_set_once_and_no_more_than_asked(size):
    shards = image_sets.split(rows_of("A" * 12), size)
    assert [number for first, last in shards for number in range(first, last + 1)] == list(range(1, 13))
    assert all(last - first < size for first, last in shards) and len(shards) == -(-12 // size)


def test_groups_are_never_parted_even_where_they_are_larger_than_a_shard():
    assert image_sets.split(rows_of("AAABBCDDDDDDE"), 4, ["Metadata_Well"]) == [(1, 3), (4, 6), (7, 12), (13, 13)]
    with pytest.raises(ValueError, match="rows of A do not stand together .* Sort it by Metadata_Well"):
        image_sets.split(rows_of("AAB" + "A"), 4, ["Metadata_Well"])
    with pytest.raises(ValueError, match="no column Metadata_Plate"):
        image_sets.split(rows_of("AA"), 4, ["Metadata_Plate"])


def test_a_shard_is_measured_again_where_its_rows_or_the_pipeline_change_and_only_then(tmp_path):
    pipeline, rows = tmp_path / "p.cppipe", rows_of("AABB")
    pipeline.write_text("one")
    of_shards = [image_sets.digest(rows, *shard, str(pipeline)) for shard in ((1, 2), (3, 4))]
    rows[2]["Metadata_Well"] = "C"
    assert image_sets.digest(rows, 1, 2, str(pipeline)) == of_shards[0]
    assert image_sets.digest(rows, 3, 4, str(pipeline)) != of_shards[1]
    pipeline.write_text("two")
    assert image_sets.digest(rows, 1, 2, str(pipeline)) != of_shards[0]


def test_files_are_found_as_loaddata_finds_them():
    row = {
        "Image_FileName_DNA": "a.tif",
        "Image_PathName_DNA": "/plate",
        "FileName_RNA": "b.tif",
        "Image_FileName_ER": "",
    }
    assert image_sets.files_of({**row, "Metadata_FileName_x": "c"}, "/in") == ["/plate/a.tif", "/in/b.tif"]


TIFFS = {
    "strips": {},
    "many strips": {"rowsperstrip": 7},
    "colors apart": {"rowsperstrip": 7, "planarconfig": "separate", "photometric": "rgb"},
    "tiles": {"tile": (32, 32)},
    "deflate": {"compression": "deflate"},
    "big": {"bigtiff": True},
    "motorola": {"byteorder": ">"},
}


@pytest.mark.parametrize("kind", list(TIFFS))
def test_a_tiff_is_whole_to_the_last_byte_of_its_pixels_and_not_without_it(kind, tmp_path):
    path, pixels = str(tmp_path / "image.tif"), np.random.default_rng(0).integers(0, 9, (3, 60, 70)).astype(np.uint16)
    tifffile.imwrite(path, pixels, **{"photometric": "minisblack", "metadata": None, **TIFFS[kind]})
    whole = Path(path).read_bytes()
    with tifffile.TiffFile(path) as tiff:
        end = max(max(map(sum, zip(page.dataoffsets, page.databytecounts))) for page in tiff.pages)
    assert whole_files.what_is_missing(path) is None
    for length in (0, 9, 100, end // 2, end - 1):
        with open(path, "wb") as file:
            file.write(whole[:length])
        assert path in whole_files.what_is_missing(path)


def test_a_byte_count_that_is_larger_than_the_pixels_is_no_missing_end(tmp_path):
    path = str(tmp_path / "image.tif")
    tifffile.imwrite(path, np.ones((60, 70), np.uint16), metadata=None, software="")
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tiff.pages[0].tags["StripByteCounts"].overwrite(60 * 70 * 2 + 999)
    assert whole_files.what_is_missing(path) is None and tifffile.imread(path).all()


def test_other_files_are_told_by_what_can_be_known_of_them(tmp_path):
    from PIL import Image

    path = str(tmp_path / "image.png")
    Image.fromarray(np.zeros((60, 70), np.uint8)).save(path)
    assert whole_files.what_is_missing(path) is None
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) - 1)
    assert "cut off" in whole_files.what_is_missing(path)
    assert "No such file" in whole_files.what_is_missing(str(tmp_path / "none.tif"))
    (tmp_path / "loop.tif").write_bytes(struct.pack("<2sHIHI", b"II", 42, 8, 0, 8))  # a directory that leads to itself
    assert whole_files.what_is_missing(str(tmp_path / "loop.tif")) is None
    (tmp_path / "other.c01").write_bytes(b"anything")
    assert whole_files.what_is_missing(str(tmp_path / "other.c01")) is None


@pytest.mark.parametrize("tag", ["StripOffsets", "StripByteCounts", "ImageWidth"])
@pytest.mark.parametrize("count", [0, 2**64 - 1])
def test_a_directory_of_nonsense_is_told_as_damage(tag, count, tmp_path):
    path = str(tmp_path / "image.tif")
    tifffile.imwrite(path, np.ones((60, 70), np.uint16), bigtiff=True)
    with tifffile.TiffFile(path) as tiff:
        place = tiff.pages[0].tags[tag].offset
    with open(path, "r+b") as file:
        file.seek(place + 4)  # behind the tag's number and type
        file.write(struct.pack("<Q", count))
    assert path in whole_files.what_is_missing(path)


def test_a_directory_beyond_all_numbers_is_told_as_damage(tmp_path):
    path = str(tmp_path / "image.tif")
    tifffile.imwrite(path, np.ones((60, 70), np.uint16), bigtiff=True)
    with open(path, "r+b") as file:
        file.seek(8)
        file.write(b"\xff" * 8)
    assert path in whole_files.what_is_missing(path)


@pytest.mark.parametrize("bad", [set(), {1}, {4, 5}, {3, 9}, set(range(1, 10))])
def test_what_fails_alone_is_found_and_all_else_is_measured_once_and_in_order(bad):
    runs = []

    def run(numbers):
        runs.append(tuple(numbers))
        if bad & set(numbers):
            raise headless.ImageSetFailed("broken")
        return "here"

    parts, failed = measure.measure(list(range(1, 10)), run)
    assert failed == dict.fromkeys(bad, "broken")
    assert [number for numbers, _ in parts for number in numbers] == sorted(set(range(1, 10)) - bad)
    assert all(sum(number in numbers for numbers in runs) > 1 for number in bad)  # once is no proof


def test_what_fails_once_is_no_bad_image_and_a_kill_is_none_at_all():
    failures = iter([headless.ImageSetFailed("a hiccup")])

    def run(numbers):
        for failure in failures:
            raise failure
        return "here"

    assert measure.measure([7], run) == ([([7], "here")], {})
    failures = iter([headless.NothingToBlame("killed")])
    with pytest.raises(headless.NothingToBlame):
        measure.measure([7, 8], run)


def fake_cellprofiler(tmp_path, script):
    log = open(str(tmp_path / "log"), "a+")  # noqa: SIM115 - the scripts write to it
    return headless.CellProfiler(f"{sys.executable} -c '{script}'", "p", "q", "in", ["Image"], log)


@pytest.mark.parametrize(
    "script, error, message",
    [
        ('raise OSError("no image: a.tif")', headless.ImageSetFailed, "OSError: no image: a.tif"),
        ("import os; os.kill(os.getpid(), 11)", headless.ImageSetFailed, "status -11"),
        ("import os; os.kill(os.getpid(), 9)", headless.NothingToBlame, "signal 9"),
        ("import sys; sys.exit(137)", headless.NothingToBlame, "signal 9"),
        ("import sys; sys.exit(255)", headless.ImageSetFailed, "status 255"),
        ("raise MemoryError(5)", headless.NothingToBlame, "MemoryError: 5"),
        ("pass", headless.NothingToBlame, "wrote no Image.csv"),
    ],
)
def test_an_image_is_blamed_for_errors_and_crashes_alone(script, error, message, tmp_path):
    with pytest.raises(error, match=message):
        fake_cellprofiler(tmp_path, script).run(rows_of("AB"), str(tmp_path / "part"))
