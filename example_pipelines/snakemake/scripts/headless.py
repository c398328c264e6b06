"""Run CellProfiler headless on some image sets, and tell what a failure means."""

import csv
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
from collections import Counter

from image_sets import plain_name, write_image_sets

# Several CellProfilers run on one machine, each on one core: more threads would only fight for it.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
    "1",
)
# Signals by which a program ends itself; by any other, somebody (the memory killer, the batch system) ended it.
CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}
OF_THE_MACHINE = re.compile(
    "MemoryError|OutOfMemoryError|Cannot allocate memory|No space left on device|Stale file handle"
)
ERROR = re.compile(r"^[\w.]*(?:Error|Exception): .*$", re.MULTILINE)


class ImageSetFailed(Exception):
    """CellProfiler failed in an image set, or in one of several: it may be the images."""


class NothingToBlame(Exception):
    """CellProfiler did not do its work, and no image is the reason: try again, or mend the set-up."""


class CellProfiler:
    """How CellProfiler is run.

    Parameters
    ----------
    command : str
        What starts it, `cellprofiler` or `apptainer exec cellprofiler.sif cellprofiler`.
    pipeline, plugins, images : str
        Its .cppipe, its plugins directory, and its input folder.
    tables : sequence of str
        What the pipeline exports: "Image" and objects.
    log : file
        Takes what CellProfiler prints.
    """

    def __init__(self, command, pipeline, plugins, images, tables, log):
        self.command, self.tables, self.log = shlex.split(command), tables, log
        self.options = ["-c", "-r", "-p", pipeline, "-i", images, "--plugins-directory", plugins]

    def run(self, rows, folder):
        """Measure image sets, rows of a LoadData CSV; the tables are written into a new folder, which is returned.

        Raises
        ------
        ImageSetFailed, NothingToBlame
        """
        os.makedirs(folder)
        data_file, results = os.path.join(folder, "load_data.csv"), os.path.join(folder, "results")
        write_image_sets(data_file, rows)
        status, printed = self._call(self.command + self.options + ["--data-file", data_file, "-o", results])
        if status:
            raise _failure(status, printed)
        self._check(results, rows)
        return results

    def _call(self, command):
        start = self.log.seek(0, os.SEEK_END)
        self.log.write(f"$ {' '.join(map(shlex.quote, command))}\n")
        self.log.flush()
        environment = {**os.environ, **ONE_THREAD}
        try:
            status = subprocess.run(command, stdout=self.log, stderr=subprocess.STDOUT, env=environment).returncode
        except OSError as error:
            raise NothingToBlame(
                f"{command[0]} does not start: {error.strerror}. See cellprofiler in config.yaml."
            ) from error
        self.log.seek(start)
        return status, self.log.read()

    def _check(self, results, rows):
        """The exit status is 0 even where a module was not loaded and the pipeline cut off: look at the tables."""
        images = read_table(results, "Image")
        names = {column: plain_name(column) for column in rows[0] if plain_name(column).startswith("FileName_")}
        wanted = [(str(number), *(row[column] for column in names)) for number, row in enumerate(rows, 1)]
        if wanted != [(row["ImageNumber"], *(row.get(plain) for plain in names.values())) for row in images]:
            raise NothingToBlame(
                f"CellProfiler's Image.csv has other rows than the {len(rows)} image sets it was given."
            )
        for table in self.tables:
            counts = {row["ImageNumber"]: int(float(row.get("Count_" + table) or 0)) for row in images}
            if table != "Image" and Counter(row["ImageNumber"] for row in read_table(results, table)) != +Counter(
                counts
            ):
                raise NothingToBlame(f"CellProfiler's {table}.csv has other rows than its Image.csv counts.")


def read_table(results, table):
    path = os.path.join(results, table + ".csv")
    if not os.path.exists(path):
        raise NothingToBlame(
            f"CellProfiler ended well but wrote no {table}.csv. Was each module loaded, MeasureImageFocus from the "
            "plugins directory? Does ExportToSpreadsheet write that table, without a prefix? See the log."
        )
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _failure(status, printed):
    # A shell or a container reports a signal as 128 + its number.
    number = -status if status < 0 else status - 128
    if number in signal.valid_signals() and number not in CRASHES:
        return NothingToBlame(
            f"CellProfiler was ended by signal {number}. Too little memory? See mem_mb in config.yaml."
        )
    errors = ERROR.findall(printed)
    message = errors[-1] if errors else f"CellProfiler ended with status {status}"
    return (NothingToBlame if OF_THE_MACHINE.search(printed) else ImageSetFailed)(message)


def largest_memory_mb():
    """Of the programs run so far, in MB; ru_maxrss counts KiB on Linux and bytes on macOS."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 1e6
