"""Run CellProfiler without a window, in tests, checks and benchmarks.

The command itself is in example_pipelines/headless.py, since the examples do not depend on the tests.
"""

import subprocess
import sys

from .files import ROOT

sys.path.append(ROOT)  # for checks and benchmarks, which are started as scripts

from example_pipelines.headless import PLUGINS, cellprofiler_command, is_cut_short


def run_cellprofiler(pipeline, results, *options, images=None, plugins=PLUGINS, python=sys.executable):
    """Run a pipeline with further options of CellProfiler's.

    Returns
    -------
    status : int
        Exit status; 1 also where CellProfiler ended with 0 but did not run the whole pipeline.
    log : str
        What it printed.
    """
    command = [*cellprofiler_command(pipeline, results, images, plugins, python), *options]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return run.returncode or int(is_cut_short(run.stdout)), run.stdout
