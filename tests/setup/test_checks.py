"""The acceptance checks: what make knows of them, how they run CellProfiler, and how they compare two runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.files import ROOT, write_table
from helpers.headless import run_cellprofiler

CHECKS = {script.parent.name for script in Path(ROOT).glob("tests/checks/*/run.sh")}
ROWS = [
    {"FileName_DNA": "a.tif", "ImageFocus_Score_DNA": "3", "Other": "1"},
    {"FileName_DNA": "b.tif", "ImageFocus_Score_DNA": "5", "Other": "2"},
]


def compare(tmp_path, actual, expected):
    for name, rows in (("actual", actual), ("expected", expected)):
        write_table(tmp_path / name, rows, ROWS[0])
    command = [
        sys.executable,
        os.path.join(ROOT, "tests", "checks", "common", "compare_tables.py"),
        "new",
        str(tmp_path / "actual"),
        "old",
    ]
    return subprocess.run(
        command + [str(tmp_path / "expected")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_equal_focus_measurements_are_equal_whatever_the_other_columns_say(tmp_path):
    result = compare(tmp_path, [dict(row, Other="9") for row in ROWS], ROWS)
    assert result.returncode == 0 and "new measures 2 images as old does; largest difference 0.0e+00" in result.stdout


@pytest.mark.parametrize(
    "actual",
    [
        [dict(ROWS[0], ImageFocus_Score_DNA="3.001"), ROWS[1]],
        [dict(ROWS[0], ImageFocus_Score_DNA="nan"), ROWS[1]],
        ROWS[:1],
        ROWS + [dict(ROWS[0], FileName_DNA="c.tif")],
    ],
)
def test_a_differing_or_missing_measurement_fails_and_is_named(tmp_path, actual):
    result = compare(tmp_path, actual, ROWS)
    assert result.returncode == 1 and "new differs from old: 1 of" in result.stdout


def test_two_empty_tables_prove_nothing(tmp_path):
    result = compare(tmp_path, [], [])
    assert result.returncode == 1 and "neither has measured anything" in result.stdout


def test_make_help_lists_every_check_and_no_other():
    makefile = (Path(ROOT) / "Makefile").read_text()
    assert set(re.findall(r'@echo "make check-(\w+) ', makefile)) == CHECKS


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_check_is_an_executable_script_that_says_in_its_second_line_what_it_does(name):
    script = Path(ROOT) / "tests" / "checks" / name / "run.sh"
    assert os.access(script, os.X_OK)
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash" and lines[1].startswith("# ") and "set -euo pipefail" in lines


def write_python(path, printed, status):
    """A stand-in for a Python: prints its arguments and a text, and ends with a status."""
    path.write_text(f'#!/bin/sh\necho "$@"\necho "{printed}"\nexit {status}\n')
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    "printed, status, expected",
    [("Image # 1, module ExportToSpreadsheet # 9", 0, 0), ("Failed to load pipeline", 0, 1), ("Error", 3, 3)],
)
def test_a_run_of_cellprofiler_succeeds_only_if_no_module_was_dropped(tmp_path, printed, status, expected):
    python = write_python(tmp_path / "python", printed, status)
    result = run_cellprofiler("p.cppipe", "out", "-l", "1", images="in", plugins="mine", python=python)
    command = "-m cellprofiler -c -r -p p.cppipe -i in -o out --plugins-directory mine -l 1"
    assert result == (expected, f"{command}\n{printed}\n")


def test_without_an_input_folder_cellprofiler_is_given_none(tmp_path):
    _, log = run_cellprofiler("p.cppipe", "out", python=write_python(tmp_path / "python", "", 0))
    assert " -i " not in log
