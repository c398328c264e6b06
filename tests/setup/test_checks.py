"""The scripts that compare CellProfiler's runs."""

import csv
import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROWS = [
    {"FileName_DNA": "a.tif", "ImageFocus_Score_DNA": "3", "Other": "1"},
    {"FileName_DNA": "b.tif", "ImageFocus_Score_DNA": "5", "Other": "2"},
]


def compare(tmp_path, actual, expected):
    for name, rows in (("actual", actual), ("expected", expected)):
        with open(str(tmp_path / name), "w", newline="") as table:
            writer = csv.DictWriter(table, list(ROWS[0]))
            writer.writeheader()
            writer.writerows(rows)
    command = [
        sys.executable,
        os.path.join(ROOT, "tests", "checks", "common", "compare_demo.py"),
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
