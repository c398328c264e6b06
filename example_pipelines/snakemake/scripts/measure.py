"""Measure one shard: a job of the Snakefile. What fails alone is listed in the shard's record; all else is measured."""

import csv
import json
import os
import signal
import sys
import tempfile

from headless import CellProfiler, ImageSetFailed, NothingToBlame, largest_memory_mb, read_table
from image_sets import files_of, read_image_sets
from whole_files import what_is_missing


def main(job):
    """`job` is the object `snakemake` that Snakemake gives to a script."""
    with open(job.log[0], "a+", errors="replace") as log, tempfile.TemporaryDirectory(
        dir=job.resources.tmpdir
    ) as scratch:
        parts, failed = measure_shard(job.config, *job.params.shard, log, scratch)
        # A machine that does not see the images fails in all of them; another may see them, so that is tried first.
        if not parts and job.resources.attempt <= job.config["retries"]:
            raise NothingToBlame(f"No image set of this shard could be measured. The first: {failed[min(failed)]}")
        for table, path in zip(job.config["tables"], job.output.tables):
            write_table(parts, table, path)
        weights = sorted({row["Value"] for _, results in parts for row in weights_of(results)})
    with open(job.output.record, "w") as record:
        json.dump({"failed": sorted(failed.items()), "weights": weights, "memory_mb": largest_memory_mb()}, record)


def measure_shard(config, first, last, log, scratch):
    """Measure the image sets from `first` to `last` whose files are whole; returns what `measure` does."""
    rows = dict(enumerate(read_image_sets(config["load_data"]), 1))
    folder = os.path.dirname(os.path.abspath(config["load_data"]))
    paths = [os.path.abspath(path) for path in (config["pipeline"], config["plugins"], folder)]
    cellprofiler = CellProfiler(config["cellprofiler"], *paths, config["tables"], log)
    problems = {number: what_is_wrong(rows[number], folder) for number in range(first, last + 1)}
    whole = [number for number, problem in problems.items() if not problem]
    parts, failed = measure(whole, lambda numbers: run_part(cellprofiler, numbers, rows, scratch))
    return parts, {**{number: problem for number, problem in problems.items() if problem}, **failed}


def what_is_wrong(row, folder):
    """Why an image set cannot be measured, as far as its files tell, or None."""
    return next(filter(None, map(what_is_missing, files_of(row, folder))), None)


def measure(numbers, run, again=False):
    """Measure image sets together; where that fails, each half on its own, down to the image sets that fail alone.

    Parameters
    ----------
    numbers : list of int
    run : function
        Measures image sets, by their numbers, and returns where the tables are; raises ImageSetFailed.
    again : bool
        Whether they have failed before: what failed only once is no proof against an image.

    Returns
    -------
    list of (list of int, str)
        What was measured together, in order, and what `run` returned.
    dict of int: str
        What failed, and why.
    """
    if not numbers:
        return [], {}
    try:
        return [(numbers, run(numbers))], {}
    except ImageSetFailed as error:
        if len(numbers) == 1:
            return ([], {numbers[0]: str(error)}) if again else measure(numbers, run, again=True)
    middle = len(numbers) // 2
    first, second = measure(numbers[:middle], run, again=True), measure(numbers[middle:], run, again=True)
    return first[0] + second[0], {**first[1], **second[1]}


def run_part(cellprofiler, numbers, rows, scratch):
    folder = tempfile.mkdtemp(prefix=f"{numbers[0]:06}-{numbers[-1]:06}_", dir=scratch)
    return cellprofiler.run([rows[number] for number in numbers], os.path.join(folder, "part"))


def write_table(parts, table, path):
    """Write one table of all parts, numbered as in the whole LoadData CSV; empty if there is no part."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = None
        for numbers, results in parts:
            for row in read_table(results, table):
                row["ImageNumber"] = numbers[int(row["ImageNumber"]) - 1]
                if writer is None:
                    writer = csv.DictWriter(file, list(row))
                    writer.writeheader()
                writer.writerow(row)


def weights_of(results):
    """The row of Experiment.csv that names the weights; none where the pipeline does not export it."""
    if not os.path.exists(os.path.join(results, "Experiment.csv")):
        return []
    return [row for row in read_table(results, "Experiment") if row["Key"] == "ImageFocus_Weights"]


if __name__ == "__main__":
    # Batch systems end a job by this signal: so CellProfiler is ended with it, and the scratch folder removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        main(snakemake)  # noqa: F821
    except NothingToBlame as error:
        sys.exit(f"Shard {snakemake.wildcards.shard}: {error} The log: {snakemake.log[0]}")  # noqa: F821
