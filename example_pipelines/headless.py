"""CellProfiler without a window: its command, whether it ran the whole pipeline, and running the demos with it.

The demo, the examples and, through tests/helpers/headless.py, the tests, checks and benchmarks all run it from here.
"""

import os
import shutil
import subprocess
import sys

LOG = "cellprofiler.log"
PLUGINS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "plugins")
# CellProfiler logs this where it cannot load a module. It drops that module and all that follow, and ends with 0.
LOAD_FAILURE = "Failed to load pipeline"


def cellprofiler_command(pipeline, results, images=None, plugins=PLUGINS, python=sys.executable):
    """Command that runs a pipeline; `images` is the input folder, None where LoadData names the files.

    `python` has CellProfiler installed.
    """
    inputs = ["-i", images] if images else []
    command = [python, "-m", "cellprofiler", "-c", "-r", "-p", pipeline, *inputs, "-o", results]
    return [*command, "--plugins-directory", plugins]


def is_cut_short(log):
    """Whether CellProfiler dropped the end of the pipeline, by what it printed."""
    return LOAD_FAILURE in log


def empty_output(output):
    """Remove what an earlier demo left in its folder, and nothing that it did not make."""
    if not os.path.isdir(output) or not os.listdir(output):
        return
    if not os.path.exists(os.path.join(output, "results", LOG)):
        sys.exit(f"{output} holds files that no demo made; choose another --output.")
    for name in ("images", "results"):
        shutil.rmtree(os.path.join(output, name))


def run_or_exit(pipeline, images, results, plugins):
    """Run a pipeline headless; exit with CellProfiler's log if it failed."""
    command = cellprofiler_command(pipeline, results, images, plugins)
    os.makedirs(results)
    with open(os.path.join(results, LOG), "w+") as log:
        status = subprocess.call(command, stdout=log, stderr=subprocess.STDOUT)
        log.seek(0)
        printed = log.read()
    if status or is_cut_short(printed):
        sys.stderr.write(printed)
        sys.exit(
            f"CellProfiler failed, status {status}.\n{' '.join(command)}"
            if status
            else f"CellProfiler did not run the whole pipeline: was MeasureImageFocus loaded from {plugins}?"
        )
