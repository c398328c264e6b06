"""What is declared, pinned and installed agrees; a wheel holds every file; the workflow runs what make runs."""

import configparser
import importlib.metadata
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers import files

ROOT = Path(files.ROOT)


def read_requirements(text):
    lines = [line.strip() for line in text.splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def read_options():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def here(requirement):
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def read_pins():
    pins = filter(here, read_requirements((ROOT / "constraints.txt").read_text()))
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in pins}


def test_the_core_requires_numpy_alone():
    required = read_requirements(read_options()["options"]["install_requires"])
    assert [str(requirement) for requirement in required] == ["numpy>=1.20"]


def test_every_requirement_has_one_pin_that_satisfies_it():
    pins = read_pins()
    texts = [read_options()["options"]["install_requires"], *read_options()["options.extras_require"].values()]
    required = [requirement for text in texts for requirement in read_requirements(text) if here(requirement)]
    for requirement in required:
        if requirement.name == "imagefocus":
            continue
        pin = pins[canonicalize_name(requirement.name)]
        assert pin.startswith("==") and requirement.specifier.contains(pin[2:]), f"{requirement} is pinned to {pin}"


def test_all_that_cellprofiler_requires_is_installed_but_wxpython():
    pytest.importorskip("cellprofiler")
    for requirement in filter(here, map(Requirement, importlib.metadata.requires("cellprofiler"))):
        if requirement.name != "wxPython":
            version = importlib.metadata.version(requirement.name)
            assert requirement.specifier.contains(version), f"{requirement}: {version} is installed"


def test_a_wheel_holds_every_file_of_the_packages(tmp_path):
    source = tmp_path / "source"
    for name in ["plugins/imagefocus", "model_export"]:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ["setup.cfg", "pyproject.toml"]:
        shutil.copy(ROOT / name, source / name)
    weights = source / "plugins/imagefocus/weights"
    for name in ["v9/SHA256SUMS", "v9/saved_model/variables/variables.index"]:  # as other versions may have
        (weights / name).parent.mkdir(parents=True, exist_ok=True)
        (weights / name).touch()
    folders = {source / "plugins": "imagefocus", source: "model_export"}
    files = {
        str(path.relative_to(base))
        for base, package in folders.items()
        for path in (base / package).rglob("*")
        if path.is_file()
    }
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*wheel, "--wheel-dir", str(tmp_path), str(source)], check=True)
    packed = set(zipfile.ZipFile(next(tmp_path.glob("imagefocus-*.whl"))).namelist())
    assert {"imagefocus/py.typed", "imagefocus/report/page/page.html", "model_export/__main__.py"} <= files
    assert files == {name for name in packed if ".dist-info/" not in name}


def test_the_workflow_runs_what_make_runs():
    yaml = pytest.importorskip("yaml")
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())["jobs"]
    lint = [step["run"] for step in jobs["lint"]["steps"] if "run" in step]
    makefile = (ROOT / "Makefile").read_text()
    assert all(f".venv/bin/{command.split()[0]}" in makefile for command in lint if not command.startswith("python"))
    pins = read_pins()
    assert f"ruff{pins['ruff']} mypy{pins['mypy']}" in lint[0]
    classifiers = read_options()["metadata"]["classifiers"].split("\n")
    declared = {line.rpartition(" ")[2] for line in classifiers if "Python :: 3." in line}
    assert set(jobs["core"]["strategy"]["matrix"]["python"]) == declared
    script = (ROOT / "tests/checks/core/run.sh").read_text()
    assert set(re.search(r"set -- (.*)", script)[1].split()) == declared
