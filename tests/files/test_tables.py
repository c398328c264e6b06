"""The tables of `imagefocus rate` when what they are written to fails or garbles them."""

import os
import sys

import pytest

from helpers.command_runs import make_plate, rate, read_tables
from imagefocus.files import tables


@pytest.fixture
def results(tmp_path):
    """The folder of a finished run, with its plate beside it."""
    assert rate(make_plate(tmp_path), "--output", tmp_path / "out", "--patches") == 0
    return tmp_path / "out"


def garble(row, what):
    """A row with one thing wrong."""
    values = row.split(b",")
    if what == "the file's name":
        values[0] = b"b.tif"
    elif what == "the plane":
        values[2] = b"1"
    elif what == "a letter in a figure":
        values[4] = b"x" + values[4]
    elif what == "a figure below 0":
        values[5] = b"-" + values[5]
    elif what == "half a number of patches":
        values[6] += b".5"
    elif what == "the engine's name":
        values[-1] = b"nump\n"
    else:
        values[3] = {
            "a carriage return": b"\r",
            "no valid UTF-8": b"\xff",
            "an open quote": b'"',
            "an endless value": b"1" * 140_000,
            "a NUL": b"\0",
            "a line break": b"\n",
        }[what]
    return b",".join(values)


GARBLED = ["the file's name", "the plane", "a letter in a figure", "a figure below 0", "half a number of patches"]

GARBLED += [
    "the engine's name",
    "a carriage return",
    "no valid UTF-8",
    "an open quote",
    "an endless value",
    "a NUL",
    "a line break",
]


@pytest.mark.parametrize("what", GARBLED)
def test_resume_rates_a_file_again_whose_row_is_garbled(what, results):
    whole = read_tables(results)
    rows = whole[0].splitlines(keepends=True)
    rows[1] = garble(rows[1], what)
    (results / "images.csv").write_bytes(b"".join(rows))
    assert rate(results.parent / "plate", "--output", results, "--resume") == 0
    assert read_tables(results) == whole


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files as POSIX does")
@pytest.mark.parametrize("room", [1, 20, 45, 70])
def test_a_full_disk_leaves_whole_rows(room, tmp_path):
    import resource

    table = tables.Table(str(tmp_path / "x.csv"), ["Path", "Value"])
    table.rewrite([])
    size = os.path.getsize(table.path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, limits[1]))  # the system writes what fits, then refuses
    try:
        with pytest.raises(OSError):
            for number in range(10):
                table.append(f"a{number}", [[f"a{number}", "x" * 10], [f"a{number}", "y" * 10]])
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        table.append("b9", [["b9", "z" * 10]])  # there is room again
        assert table.rows("b9") == [{"Path": "b9", "Value": "z" * 10}]
        table.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    rows = (tmp_path / "x.csv").read_bytes().splitlines(keepends=True)
    assert rows.pop()[:2] == b"b9"
    assert [row[:2] for row in rows[1:]] == [b"a%d" % (number // 2) for number in range(room // 28 * 2)]
    assert all(row.endswith(b"\n") and len(row) == 14 for row in rows[1:])


def test_a_table_is_the_old_or_the_new_one_if_rewriting_it_fails(tmp_path, monkeypatch):
    table = tables.Table(str(tmp_path / "x.csv"), ["Path", "Value"])
    table.rewrite([])
    table.append("b", [["b", 1]])
    table.append("a", [["a", 2]])
    assert (tmp_path / "x.csv").read_text() == "Path,Value\nb,1\na,2\n"  # none is held back

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        table.rewrite(["a", "b"])
    assert (tmp_path / "x.csv").read_text() == "Path,Value\nb,1\na,2\n"
