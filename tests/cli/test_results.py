"""`imagefocus rate --resume`: after a crash or a change, the tables of an uninterrupted run."""

import os
import signal
import subprocess
import sys

import pytest

from helpers.command_runs import (
    children_of,
    is_running,
    make_plate,
    rate,
    read_images,
    read_tables,
    scene,
    start,
    wait_until,
    write_tiff,
)
from imagefocus.cli import processes
from imagefocus.files import tables


@pytest.fixture
def folder(tmp_path):
    return make_plate(tmp_path)


@pytest.fixture
def rated_files(monkeypatch):
    """Names of the files that are rated from here on."""
    names, rate_file = [], processes.rate_file
    monkeypatch.setattr(
        processes,
        "rate_file",
        lambda path, options: (names.append(os.path.basename(path)), rate_file(path, options))[1],
    )
    return names


def test_resume_rates_only_what_is_new_changed_or_had_an_error(folder, tmp_path, rated_files):
    out, good = tmp_path / "out", (folder / "b.tif").read_bytes()
    (folder / "b.tif").write_bytes(good[:100])
    assert rate(folder, "--output", out, "--patches") == 1
    (folder / "b.tif").write_bytes(good)  # mended
    write_tiff(folder / "c.tif", [scene(7), scene(8)])  # changed
    write_tiff(folder / "aa.tif", [scene(9)])  # new, and between others
    os.utime(str(folder / "d.tif"), ns=(1, 1))  # another time alone
    del rated_files[:]
    assert rate(folder, "--output", out, "--resume") == 0
    assert rated_files == ["aa.tif", "b.tif", "c.tif", "d.tif"]
    assert rate(folder, "--output", tmp_path / "afresh", "--patches") == 0
    assert read_tables(out) == read_tables(tmp_path / "afresh")
    del rated_files[:]
    assert rate(folder, "--output", out, "--resume") == 0 and rated_files == []


@pytest.mark.parametrize("option", [["--step", "42"], ["--weights", "copy"], ["--patches"], ["--overlay"]])
def test_resume_rates_again_what_was_rated_otherwise(option, folder, tmp_path, rated_files, monkeypatch):
    from imagefocus.network.weights import Weights, find_weights

    fingerprint = Weights.__init__

    def of_copy(self, where):
        fingerprint(self, find_weights() if where.endswith("copy") else where)
        self.fingerprint += " copy" * where.endswith("copy")

    monkeypatch.setattr(Weights, "__init__", of_copy)
    (tmp_path / "copy").mkdir()
    monkeypatch.chdir(str(tmp_path))
    assert rate(folder, "--output", "out") == 0
    del rated_files[:]
    assert rate(folder, "--output", "out", "--resume", *option) == 0
    assert rated_files == [name + ".tif" for name in "abcde"]
    assert rate(folder, "--output", "afresh", *option) == 0
    for name in os.listdir("afresh"):
        if name.endswith(".csv"):
            assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "afresh" / name).read_bytes()


def test_resume_with_another_engine_rates_nothing_again(folder, tmp_path, rated_files):
    assert rate(folder, "--output", tmp_path / "out", "--engine", "numpy") == 0
    table = tmp_path / "out" / "images.csv"
    table.write_bytes(table.read_bytes().replace(b",numpy\n", b",tensorflow\n"))
    del rated_files[:]
    assert rate(folder, "--output", tmp_path / "out", "--resume", "--engine", "numpy") == 0 and rated_files == []


def test_resume_tries_again_what_had_an_error_though_the_file_is_the_same(folder, tmp_path, rated_files):
    (folder / "b.tif").write_bytes(b"")
    assert rate(folder, "--output", tmp_path / "out") == 1
    del rated_files[:]
    assert rate(folder, "--output", tmp_path / "out", "--resume") == 1 and rated_files == ["b.tif"]


def test_resume_keeps_good_rows_of_files_that_are_not_named_this_time(folder, tmp_path):
    (folder / "b.tif").write_bytes(b"")
    assert rate(folder / "a.tif", folder / "b.tif", "--output", tmp_path / "out") == 1
    assert rate(folder / "c.tif", "--output", tmp_path / "out", "--resume") == 0
    assert [row["FileName"] for row in read_images(tmp_path / "out")] == ["a.tif", "c.tif"]


CUTS = ["in the header", "after the header", "in a row", "in the last value", "between planes", "without its line end"]


@pytest.mark.parametrize("cut", CUTS)
def test_resume_mends_a_table_that_a_crash_has_cut(cut, folder, tmp_path, rated_files):
    write_tiff(folder / "f.tif", [scene(5), scene(6)])
    out = tmp_path / "out"
    assert rate(folder, "--output", out) == 0
    whole = (out / "images.csv").read_bytes()
    lines = whole.splitlines(keepends=True)
    keep = {
        "in the header": 10,
        "after the header": len(lines[0]),
        "in a row": len(whole) - len(lines[-1]) // 2,
        "in the last value": len(whole) - 3,
        "between planes": len(whole) - len(lines[-1]),
        "without its line end": len(whole) - 1,
    }[cut]
    os.truncate(str(out / "images.csv"), keep)
    del rated_files[:]
    assert rate(folder, "--output", out, "--resume") == 0
    assert (out / "images.csv").read_bytes() == whole
    assert rated_files == (["f.tif"] if keep > len(lines[0]) else [name + ".tif" for name in "abcdef"])


def test_resume_leaves_out_lines_that_are_no_rows(folder, tmp_path, rated_files):
    table = tmp_path / "out" / "images.csv"
    assert rate(folder, "--output", tmp_path / "out") == 0
    whole = table.read_bytes()
    table.write_bytes(whole + b"\n" + b"a,note\n" + b"\0" * 50 + b"\n")
    del rated_files[:]
    assert rate(folder, "--output", tmp_path / "out", "--resume") == 0 and rated_files == []
    assert table.read_bytes() == whole


@pytest.mark.parametrize("lost", ["half a row", "a whole row", "the file"])
def test_resume_mends_lost_patches(lost, folder, tmp_path, rated_files):
    out = tmp_path / "out"
    assert rate(folder, "--output", out, "--patches") == 0
    whole = read_tables(out)
    last = len(whole[1].splitlines(keepends=True)[-1])
    if lost == "the file":
        os.remove(str(out / "patches.csv"))
    else:
        os.truncate(str(out / "patches.csv"), len(whole[1]) - (last if lost == "a whole row" else 5))
    del rated_files[:]
    assert rate(folder, "--output", out, "--resume", "--patches") == 0
    assert read_tables(out) == whole
    assert len(rated_files) == (5 if lost == "the file" else 1)


def test_resume_draws_lost_overlays_again(folder, tmp_path, rated_files):
    out = tmp_path / "out"
    assert rate(folder, "--output", out, "--overlay") == 0
    drawn = sorted(os.listdir(str(out / "overlays")))
    os.remove(str(out / "overlays" / drawn[2]))
    del rated_files[:]
    assert rate(folder, "--output", out, "--resume") == 0 and rated_files == ["c.tif"]
    assert sorted(os.listdir(str(out / "overlays"))) == drawn


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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes as Linux tells of them")
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_and_resumed_gives_the_table_of_one_that_was_not(blow, tmp_path):
    folder, out = tmp_path / "plate", tmp_path / "out"
    folder.mkdir()
    for seed in range(30):
        write_tiff(folder / (f"{seed:03}.tif"), [scene(seed, (300, 300)), scene(seed + 1, (300, 300))])
    for number in range(30, 100):  # enough that it is not over before it is killed
        os.link(str(folder / (f"{int(number % 30):03}.tif")), str(folder / (f"{number:03}.tif")))
    process = start(folder, out, "--patches", "--overlay", "--jobs", "2")
    wait_until(lambda: (out / "images.csv").exists() and (out / "images.csv").read_bytes().count(b"\n") > 6, process)
    workers = children_of(process)
    process.send_signal(blow)
    process.wait()
    wait_until(lambda: not any(is_running(pid) for pid in workers), seconds=30)  # none is left behind
    begun = (out / "images.csv").read_bytes().count(b"\n")
    assert begun < 201, "it was over before it was killed"
    assert rate(folder, "--output", out, "--resume", "--patches", "--overlay") == 0
    assert rate(folder, "--output", tmp_path / "whole", "--patches", "--overlay") == 0
    assert read_tables(out) == read_tables(tmp_path / "whole")
    pictures = [name for name in os.listdir(str(out / "overlays")) if not name.endswith(".part")]
    assert sorted(pictures) == sorted(os.listdir(str(tmp_path / "whole" / "overlays")))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes as Linux tells of them")
def test_a_process_that_dies_ends_the_run_with_a_table_to_go_on_from(tmp_path, rated_files):
    folder, out = tmp_path / "plate", tmp_path / "out"
    folder.mkdir()
    write_tiff(folder / "000.tif", [scene(0, (300, 300))])
    for number in range(1, 400):  # enough that it is not done before its processes are killed
        os.link(str(folder / "000.tif"), str(folder / (f"{number:03}.tif")))
    process = start(folder, out, "--jobs", "2", stderr=subprocess.PIPE)
    wait_until(lambda: (out / "images.csv").exists() and (out / "images.csv").read_bytes().count(b"\n") > 3, process)
    for pid in children_of(process):
        os.kill(pid, signal.SIGKILL)
    assert "go on with --resume" in process.communicate()[1].decode() and process.returncode == 2
    assert rate(folder, "--output", out, "--resume") == 0
    assert 0 < len(rated_files) < 400 and len(read_images(out)) == 400


def test_any_file_name_can_be_tabled_and_taken_up(tmp_path, rated_files):
    folder = tmp_path / "plate"
    folder.mkdir()
    names = ["a,b.tif", 'quote"s.tif', "line\nbreak.tif", "\u00b5m.tif", "<script>.tif", "x" * 250 + ".tif"]
    for name in names + [os.fsdecode(b"latin1-\xb5.tif")]:
        write_tiff(folder / name, [scene(0)])
    assert rate(folder, "--output", tmp_path / "out", "--patches", "--overlay") == 0
    rows = read_images(tmp_path / "out")
    assert len(rows) == 7 and {"a,b.tif", 'quote"s.tif', "\u00b5m.tif"} < {row["FileName"] for row in rows}
    del rated_files[:]
    assert rate(folder, "--output", tmp_path / "out", "--resume") == 0 and rated_files == []


def test_a_table_of_something_else_is_not_taken_up(folder, tmp_path, capsys):
    (tmp_path / "images.csv").write_text("ImageNumber,Count_Nuclei\n1,20\n")
    assert rate(folder, "--output", tmp_path, "--resume") == 2
    assert "another table" in capsys.readouterr().err
    assert (tmp_path / "images.csv").read_text() == "ImageNumber,Count_Nuclei\n1,20\n"


def test_an_interruption_says_how_to_go_on(folder, tmp_path, monkeypatch, capsys):
    rate_file = processes.rate_file

    def interrupt(path, options):
        if path.endswith("c.tif"):
            raise KeyboardInterrupt
        return rate_file(path, options)

    monkeypatch.setattr(processes, "rate_file", interrupt)
    assert rate(folder, "--output", tmp_path / "out") == 130
    assert "--resume" in capsys.readouterr().err
    assert [row["FileName"] for row in read_images(tmp_path / "out")] == ["a.tif", "b.tif"]
