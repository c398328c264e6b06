"""The command `imagefocus`: its arguments, its exit status, and what it imports."""

import configparser
import os
import subprocess
import sys

import pytest

from helpers.command_runs import (
    rate,
    read_images,
    start,
)
from helpers.headless import PLUGINS
from imagefocus.cli import main, processes


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
