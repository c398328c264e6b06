"""The end of `make check-cp5` and `make check-py38`: rate the demo plate in .venv and in FOLDER/venv, and compare.

PYTHONPATH=tests .venv/bin/python tests/checks/common/compare_demo.py LABEL FOLDER [options of that CellProfiler ...]
"""

import os
import shutil
import subprocess
import sys

import compare_tables

from helpers.files import EXAMPLES
from helpers.headless import PLUGINS, run_cellprofiler

TABLE = "FocusImage.csv"


def main(label, folder, *options):
    python = os.path.join(folder, "venv", "bin", "python")
    here, there = describe(sys.executable), describe(python)
    # Both take one copy of the plugins, and the images that .venv makes: other versions of SciPy may make others.
    plugins = shutil.copytree(PLUGINS, os.path.join(folder, "plugins"))
    demo, results = os.path.join(folder, "demo"), os.path.join(folder, "results")

    print(f"{here} rates the demo images ...", flush=True)
    command = [sys.executable, os.path.join(EXAMPLES, "run_demo.py"), "--output", demo, "--plugins", plugins]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    print(f"{there} rates them ...", flush=True)
    pipeline, images = os.path.join(EXAMPLES, "measure_focus.cppipe"), os.path.join(demo, "images")
    os.makedirs(results)
    status, log = run_cellprofiler(pipeline, results, *options, images=images, plugins=plugins, python=python)
    if status or not os.path.exists(os.path.join(results, TABLE)):
        sys.stderr.write(log)
        sys.exit(f"{label} {there} did not run the demo, status {status}; its log is above.")
    tables = os.path.join(results, TABLE), os.path.join(demo, "results", TABLE)
    compare_tables.main(f"{label} {there}", tables[0], here, tables[1])


def describe(python):
    """CellProfiler and Python, with their versions."""
    versions = [
        subprocess.check_output([python, *options], text=True).strip()
        for options in (["-m", "cellprofiler", "--version"], ["--version"])
    ]
    return "CellProfiler {} on {}".format(*versions)


if __name__ == "__main__":
    main(*sys.argv[1:])
