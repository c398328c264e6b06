"""Writing the report's file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.files import write_table
from helpers.made_reports import failure, rated_file
from imagefocus.report import write_report

PLUGINS = Path(__file__).parents[2] / "plugins"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PLUGINS)}


def test_without_jinja2_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    path = write_table(tmp_path / "images.csv", [rated_file("A01.tif")])
    assert "pip install 'imagefocus[report]'" in failure(tmp_path, path)


def test_the_report_never_overwrites_its_table(tmp_path):
    path = write_table(tmp_path / "images.csv", [rated_file("A01.tif")])
    with pytest.raises(ValueError, match="would overwrite its table"):
        write_report(path, str(tmp_path / "x" / ".." / "images.csv"))
    with pytest.raises(ValueError, match="cannot be written: No such file"):
        write_report(path, str(tmp_path / "no" / "report.html"))


def test_importing_the_report_brings_nothing_but_numpy():
    code = "import sys, imagefocus.report; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, stdout=subprocess.PIPE, check=True, text=True
    )
    assert not set(result.stdout.split()) & {
        "jinja2",
        "markupsafe",
        "PIL",
        "tifffile",
        "scipy",
        "skimage",
        "matplotlib",
    }
