"""The command `imagefocus rate`: what it writes, what it says of bad input, how it shows its progress."""

import configparser
import os
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image

import imagefocus
from helpers.command_runs import (
    PLUGINS,
    assert_same_figures,
    make_plate,
    rate,
    read_images,
    read_table,
    read_tables,
    scene,
    start,
    write_tiff,
)
from imagefocus.cli import main, progress
from imagefocus.cli import rate as rate_command


@pytest.fixture
def folder(tmp_path):
    return make_plate(tmp_path)


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


@pytest.mark.parametrize("there", ["images.csv", "patches.csv", "overlays"])
def test_results_that_exist_are_not_overwritten(there, folder, tmp_path, capsys):
    (tmp_path / there).write_text("precious")
    assert rate(folder, "--output", tmp_path, "--overlay") == 2
    assert f"{tmp_path / there} already" in capsys.readouterr().err
    assert (tmp_path / there).read_text() == "precious"


@pytest.mark.parametrize(
    "option, why",
    [(["--weights", "v99"], "no weights v99"), (["--engine", "tensorflow"], "engine TensorFlow was asked")],
)
def test_what_no_file_can_be_rated_with_is_told_before_anything_is_written(
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


def test_several_jobs_give_the_bytes_of_one(folder, tmp_path):
    (folder / "bb.tif").write_bytes(b"II*\0")
    write_tiff(folder / "cc.tif", [scene(seed, (300, 400)) for seed in range(3)])
    for jobs in ("1", "3"):
        assert rate(folder, "--output", tmp_path / jobs, "--jobs", jobs, "--patches", "--overlay") == 1
    assert read_tables(tmp_path / "1") == read_tables(tmp_path / "3")
    for name in os.listdir(str(tmp_path / "1" / "overlays")):
        assert (tmp_path / "1" / "overlays" / name).read_bytes() == (tmp_path / "3" / "overlays" / name).read_bytes()


def test_overlays_are_those_of_the_rating_and_do_not_overwrite_each_other(folder, tmp_path):
    (folder / "deeper").mkdir()
    write_tiff(folder / "deeper" / "a.tif", [scene(6), scene(7)])
    assert rate(folder / "a.tif", folder / "deeper", "--output", tmp_path / "out", "--overlay") == 0
    pictures = {
        np.asarray(Image.open(str(path))).tobytes() for path in (tmp_path / "out" / "overlays").glob("a.tif-*.png")
    }
    assert pictures == {imagefocus.rate_image(scene(n)).overlay(scene(n)).tobytes() for n in (0, 6, 7)}


class Stream:
    def __init__(self, is_terminal):
        self.is_terminal, self.text = is_terminal, ""

    def isatty(self):
        return self.is_terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def show_thousand(stream, monkeypatch):
    """The progress of 1000 files at one a second."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    shown = progress.Progress(1000, stream)
    for _ in range(1000):
        now[0] += 1
        shown.show(2)
    shown.end()


def test_progress_is_one_line_on_a_terminal(monkeypatch):
    stream = Stream(True)
    show_thousand(stream, monkeypatch)
    assert stream.text.count("\n") == 1 and stream.text.count("\r") == 1001
    assert "100 of 1000 files, 2 failed, 15 min left" in stream.text  # 900 seconds


def test_progress_is_a_line_now_and_then_in_a_log(monkeypatch):
    stream = Stream(False)
    show_thousand(stream, monkeypatch)
    lines = stream.text.splitlines()
    assert "\r" not in stream.text and "\x1b" not in stream.text
    assert 50 < len(lines) <= 101 and lines[-1] == "1000 of 1000 files, 2 failed"


@pytest.mark.parametrize("seconds, text", [(5, "5 s"), (720, "12 min"), (11100, "3 h 5 min")])
def test_time_left_is_told_in_words(seconds, text):
    assert progress.format_seconds(seconds) == text


@pytest.mark.parametrize("jobs", ["0", "-1", "two"])
def test_a_number_of_jobs_that_is_none_is_refused(jobs, folder, tmp_path, capsys):
    with pytest.raises(SystemExit) as refusal:
        rate(folder, "--output", tmp_path / "out", "--jobs", jobs)
    assert refusal.value.code == 2 and "number of processes" in capsys.readouterr().err


def test_the_command_runs_as_a_module_and_its_exit_status_reaches_the_shell(folder, tmp_path):
    assert start(folder, tmp_path / "out").wait() == 0
    assert start(folder, tmp_path / "out").wait() == 2
    (folder / "a.tif").write_bytes(b"")
    assert start(folder, tmp_path / "out", "--resume").wait() == 1


def test_the_installed_command_is_the_function_that_is_tested_here():
    settings = configparser.ConfigParser()
    settings.read(os.path.join(os.path.dirname(PLUGINS), "setup.cfg"))
    assert "imagefocus = imagefocus.cli.main:main" in settings["options.entry_points"]["console_scripts"].splitlines()


def test_help_imports_nothing_that_is_slow():
    script = "import sys\nfrom imagefocus.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    script += "print(' '.join(sys.modules), file=sys.stderr)"
    result = subprocess.run(
        [sys.executable, "-c", script],
        env=dict(os.environ, PYTHONPATH=PLUGINS),
        capture_output=True,
        text=True,
    )
    loaded = set(result.stderr.split())
    assert "rate" in result.stdout
    assert not loaded & {"tifffile", "PIL", "concurrent.futures", "multiprocessing", "glob", "imagefocus.files.read"}


def test_report_without_its_libraries_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "imagefocus.report.write", None)
    assert main.main(["report", str(tmp_path), "--output", str(tmp_path / "report.html")]) == 2
    assert "extra `report`" in capsys.readouterr().err


def test_a_file_unlike_fluorescence_is_rated_noted_and_named_at_the_end_and_in_the_report(tmp_path, defocused, capsys):
    write_tiff(tmp_path / "A01_s1.tif", [defocused[0].max() - defocused[0]])
    write_tiff(tmp_path / "A02_s1.tif", [defocused[0]])
    assert rate(tmp_path, "--output", tmp_path / "out") == 0
    notes = {row["FileName"]: row["Note"] for row in read_images(tmp_path / "out")}
    assert "background is brighter" in notes["A01_s1.tif"] and notes["A02_s1.tif"] == ""
    assert "1 of 2 files do not look like fluorescence" in capsys.readouterr().err
    assert main.main(["report", str(tmp_path / "out"), "--output", str(tmp_path / "report.html")]) == 0
    assert "1 image(s) do not look like fluorescence" in capsys.readouterr().err
