"""CellProfiler without a window: the one runner of tests, checks and benchmarks.

The scripts in example_pipelines/ have their own, since users copy them alone.
"""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLUGINS = os.path.join(ROOT, "plugins")


def cellprofiler_arguments(pipeline, results, images=None, plugins=PLUGINS):
    """What a Python is told, beside its own name, to run a pipeline."""
    inputs = ["-i", images] if images else []
    command = ["-m", "cellprofiler", "-c", "-r", "-p", pipeline, *inputs, "-o", results]
    return [*command, "--plugins-directory", plugins]


def run_cellprofiler(pipeline, results, *more, images=None, plugins=PLUGINS):
    """Run a pipeline; its exit status and what it printed.

    The status is 0 even where a module was not loaded and the pipeline was cut off there: look at the tables.
    """
    command = [sys.executable, *cellprofiler_arguments(pipeline, results, images, plugins), *more]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return run.returncode, run.stdout
