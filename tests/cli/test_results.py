"""`imagefocus rate --resume`: after a crash or a change, the tables of an uninterrupted run."""

import os

import pytest

from helpers.command_runs import rate, read_images, read_tables, scene, write_tiff
from imagefocus.cli.rate_file import Options, rate_file
from imagefocus.cli.results import Results


@pytest.mark.parametrize("name", ["images.csv", "patches.csv", "overlays"])
def test_results_that_exist_are_not_overwritten(name, folder, tmp_path, capsys):
    (tmp_path / name).write_text("precious")
    assert rate(folder, "--output", tmp_path, "--overlay") == 2
    assert f"{tmp_path / name} already" in capsys.readouterr().err
    assert (tmp_path / name).read_text() == "precious"


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


def test_results_hand_out_what_is_not_in_the_tables_and_take_what_is_rated(folder, tmp_path):
    paths = [str(folder / name) for name in ("b.tif", "a.tif")]
    options = Options("auto", None, "fingerprint", 84, patches=True, overlays=None)
    results = Results(str(tmp_path), options)
    assert results.todo(paths) == paths
    results.add(rate_file(paths[1], options))
    results.close()
    assert Results(str(tmp_path), options).todo(paths) == paths[:1]
    results.add(rate_file(paths[0], options))
    results.close()
    results.arrange(paths)
    assert [row["FileName"] for row in read_images(tmp_path)] == ["b.tif", "a.tif"]
    assert Results(str(tmp_path), options).todo(paths) == []
