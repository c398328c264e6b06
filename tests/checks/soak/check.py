"""Does memory grow with the number of images? Run by run.sh.

    tests/checks/soak/run.sh [--ratings N] [--tensorflow-ratings N] [--sets N]

Rates many small images in this process, and runs many image sets through one CellProfiler process, with
MeasureImageFocus and without. CellProfiler itself takes more with each image set, so that the module is judged by what
comes on top of that.
"""

import argparse
import gc
import importlib.util
import os
import re
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import psutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # what processor it would like to have is no news here

import imagefocus
from helpers.files import read_table
from helpers.headless import cellprofiler_command, is_cut_short

LIMIT = 20.0  # MB that memory may grow by, once everything has been used
SETTLED_RATINGS, SETTLED_SETS = 500, 50  # after which everything has been used
DTYPES = [np.uint8, np.uint16, np.int32, np.float32, np.float64, bool]
FIND = {"Select the input image": "DNA", "Name the primary objects to be identified": "Nuclei"}
EXPORT = {"Add a prefix to file names?": "No"}
RATE = {
    "Select the images": "DNA",
    "Output the patches as objects?": "Yes",
    "Measure the focus of objects?": "Yes",
    "Select the objects": "Nuclei",
    "Output overlay images?": "Yes",
    "Output focus maps?": "Yes",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=int, default=10_000, help="of 128 x 128 arrays, with the NumPy engine")
    parser.add_argument("--tensorflow-ratings", type=int, default=1000, help="with TensorFlow, if it is installed")
    parser.add_argument("--sets", type=int, default=300, help="image sets through CellProfiler")
    options = parser.parse_args()
    growths = [check_ratings(options.ratings, "numpy")]
    if importlib.util.find_spec("tensorflow"):
        growths.append(check_ratings(options.tensorflow_ratings, "tensorflow"))
    else:
        growths.append("(TensorFlow is not installed)")
    growths.append(check_cellprofiler(options.sets))
    print("check-soak: memory grew by " + ", ".join(growths))


def megabytes(process):
    """Resident memory."""
    return process.memory_info().rss / 2**20


def spots(shape, random):
    """Round spots, some sharp and some not, and noise, as 16-bit pixels."""
    rows, columns = np.indices(shape)
    light = np.full(shape, 100.0)
    for row, column, width in zip(*random.uniform([[0], [0], [4]], [[shape[0]], [shape[1]], [9]], (3, 8))):
        light += 2000 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * width**2))
    return random.poisson(light).astype(np.uint16)


def check_ratings(count, engine):
    """Rate arrays of varied content, dtype, mask and step in this process; returns how memory grew, in words."""
    fail_if_too_few(count, SETTLED_RATINGS, "ratings")
    random, process, settled = np.random.default_rng(0), psutil.Process(), 0.0
    pictures = [spots((128, 128), random) for _ in range(20)] + [np.full((128, 128), 7, np.uint16)]
    disc = np.hypot(*(np.indices((128, 128)) - 64)) < 60
    for number in range(1, count + 1):
        image = np.roll(pictures[number % len(pictures)], number).astype(DTYPES[number % len(DTYPES)])
        mask = disc if number % 5 == 0 else None  # filling what is masked out takes long
        rating = imagefocus.rate_image(image, mask, 84 if number % 3 else 42, engine)
        if number % 10 == 0:
            rating.overlay(image)
            rating.focus_map()
        if number == SETTLED_RATINGS or number % max(count // 5, 1) == 0:
            gc.collect()
            settled = megabytes(process) if number == SETTLED_RATINGS else settled
            print(f"{engine}: {number} of {count} ratings, {megabytes(process):.0f} MB", flush=True)
    growth = megabytes(process) - settled
    summary = f"{growth:.1f} MB over {count - SETTLED_RATINGS} ratings with engine {engine}"
    if growth > LIMIT:
        advice = "a rating or its pictures keep something of each image"
        fail("memory grew by " + summary, f"at most {LIMIT:.0f} MB", advice)
    return summary


def check_cellprofiler(count):
    """Run the image sets through CellProfiler without the module and with it; returns how memory grew, in words."""
    from helpers import made_pipelines

    fail_if_too_few(count, SETTLED_SETS, "image sets")
    random = np.random.default_rng(0)
    sets = [{"DNA": spots(tuple(random.integers(128, 201, 2)), random)} for _ in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        load = made_pipelines.load_data(os.path.join(folder, "images"), sets)
        before = [("LoadData", load), ("IdentifyPrimaryObjects", FIND)]
        alone, together = (
            growth_of_pipeline(before + steps + [("ExportToSpreadsheet", EXPORT)], os.path.join(folder, label), count)
            for label, steps in (("without", []), ("with", [("MeasureImageFocus", RATE)]))
        )
    summary = f"{together:.1f} MB over {count - SETTLED_SETS} image sets in CellProfiler with MeasureImageFocus and "
    summary += f"{alone:.1f} MB without"
    if together - alone > LIMIT:
        expected = f"at most {LIMIT:.0f} MB more with the module than without"
        fail("memory grew by " + summary, expected, "something that the module makes outlives its image set")
    return summary


def growth_of_pipeline(steps, results, count):
    """MB by which a CellProfiler process grew from the first SETTLED_SETS image sets to the last."""
    from helpers import made_pipelines

    made_pipelines.write_pipeline(results + ".cppipe", steps)
    used, status, log = run_cellprofiler(results + ".cppipe", results, count)
    table = os.path.join(results, "Image.csv")
    rows = read_table(table) if os.path.exists(table) else []
    rated = all("ImageFocus_Score_DNA" in row for row in rows) or "MeasureImageFocus" not in dict(steps)
    if status or is_cut_short(log) or not len(used) == len(rows) == count or not rated:
        sys.stderr.write(log)
        without = "" if rated else " without ratings"
        got = (
            f"CellProfiler {os.path.basename(results)} the module began {len(used)} image sets, exported {len(rows)}"
            f"{without} and had status {status}"
        )
        fail(got, f"{count}, {count} and 0", "its log is above")
    # Java collects its garbage when it likes: medians of ten sets rather than single ones.
    return statistics.median(used[-10:]) - statistics.median(used[SETTLED_SETS - 5 : SETTLED_SETS + 5])


def run_cellprofiler(pipeline, results, count):
    """MB that a CellProfiler process has as it begins each image set, its exit status and its log."""
    command = cellprofiler_command(pipeline, results)
    used, printed, label = {}, [], os.path.basename(results)
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "universal_newlines": True}
    with subprocess.Popen(command, **output) as running:
        process = psutil.Process(running.pid)
        for line in running.stdout:
            printed.append(line)
            done = re.search(r"Image # (\d+), module \w+ # \d+: ", line)  # CellProfiler logs each module as it is done
            if done and int(done[1]) not in used:
                used[int(done[1])] = megabytes(process)
                if len(used) % SETTLED_SETS == 0:
                    progress = f"{len(used)} of {count} image sets, {megabytes(process):.0f} MB"
                    print(f"CellProfiler {label} the module: {progress}", flush=True)
    return list(used.values()), running.returncode, "".join(printed)


def fail_if_too_few(count, settled, what):
    if count < 2 * settled:
        sys.exit(f"check-soak: {count} {what} are too few to see growth; ask for at least {2 * settled}.")


def fail(got, expected, advice):
    sys.exit(f"check-soak: {got}; expected {expected}: {advice}.")


if __name__ == "__main__":
    main()
