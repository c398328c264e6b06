"""`imagefocus` and MeasureImageFocus in hardship: run by run.sh, which makes the folder that is named.

python tests/checks/hardship/check.py FOLDER
"""

import os
import subprocess
import sys

import kill_runs
from runs import RATE, list_differing, list_files, read_files

from helpers.files import EXAMPLES, read_table
from helpers.headless import cellprofiler_command, is_cut_short
from model_export.demo_plate import make_plate

HERE = os.path.dirname(os.path.abspath(__file__))
PIPELINE = os.path.join(EXAMPLES, "measure_focus.cppipe")
HARDSHIPS = ("read-only", "no-permission")
CROWD = 8
TOLERANCE = 1e-4  # between the engines


def main(folder):
    images, quiet = os.path.join(folder, "images"), os.path.join(folder, "quiet")
    count = len(make_plate(images))
    say(f"{count} images: a quiet run to compare with ...")
    run_all(quiet, images, environment(folder))
    expected = read_results(quiet)
    if len(expected) < 2 * count:
        sys.exit(f"check-hardship: the quiet run wrote only {sorted(expected)}")
    for hardship in HARDSHIPS:
        say(f"plugins and HOME {hardship}, and no network ...")
        check_hardship(hardship, folder, images, expected)
    say(f"{CROWD} processes at once ...")
    check_crowd(folder, images, expected)
    say("all engines ...")
    difference = check_engines(folder, images)
    say("killed at random moments, and resumed ...")
    kills = kill_runs.check(folder, images, environment(folder))
    print(
        f"check-hardship: {count} images: the same bytes with plugins and HOME {' or '.join(HARDSHIPS)} and no network "
        f"(rate, report, CellProfiler), and from {CROWD} processes at once; engines {difference:.0e} apart; {kills}"
    )


def say(line):
    print(f"check-hardship: {line}", flush=True)


def environment(folder):
    """That of a process that imports the copy of the plugins and does not write beside it."""
    return dict(os.environ, PYTHONPATH=os.path.join(folder, "plugins"), PYTHONDONTWRITEBYTECODE="1")


def run_all(output, images, environment, around=()):
    """Rate the images, report on them, and rate them in CellProfiler, into folders below `output`."""
    rated, results = os.path.join(output, "rated"), os.path.join(output, "cellprofiler")
    os.makedirs(results)
    table, page = os.path.join(rated, "images.csv"), os.path.join(output, "report.html")
    plugins = environment["PYTHONPATH"].split(os.pathsep)[0]
    for command in (
        [*RATE, images, "--output", rated],
        [sys.executable, "-m", "imagefocus", "report", table, "--output", page],
        cellprofiler_command(PIPELINE, results, images, plugins),
    ):
        call([*around, *command], environment)


def call(command, environment):
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    log = run.stdout.decode(errors="replace")
    if run.returncode or is_cut_short(log):
        sys.stderr.write(log[-3000:])
        sys.exit(f"check-hardship: status {run.returncode} of {' '.join(command)}")


def check_hardship(hardship, folder, images, expected):
    output = os.path.join(folder, "out", hardship)
    around = ["unshare", "--map-root-user", "--net", "--mount", os.path.join(HERE, "run.sh"), "inside"]
    free = {name: value for name, value in environment(folder).items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = list_files(folder)
    run_all(output, images, free, around + [hardship, folder])
    compare(hardship, read_results(output), expected)
    written = [path for path in list_files(folder) - before if not path.startswith(output + os.sep)]
    if written:
        sys.exit(f"check-hardship: {hardship}: written outside the output folder: {sorted(written)}")


def read_results(output):
    """What a run wrote, by path: bytes of files, and rows of CellProfiler's tables without its times."""
    files = read_files(output)
    for name in files:
        if name.startswith("cellprofiler") and name.endswith(".csv"):
            files[name] = read_measurements(os.path.join(output, name))
    return files


def read_measurements(path):
    kept = ("ImageFocus_", "Location_", "Count_")
    return [{name: value for name, value in row.items() if name.startswith(kept)} for row in read_table(path)]


def compare(who, files, expected):
    """Exit if a file is missing, differs, or is one too many."""
    differing = list_differing(files, expected)
    if differing:
        sys.exit(f"check-hardship: {who}: {len(differing)} files differ from the quiet run's: {differing[:5]}")


def check_crowd(folder, images, expected):
    """Eight processes at once, and one with eight of its own, give the bytes of one alone."""
    outputs = [os.path.join(folder, "crowd", str(number)) for number in range(CROWD + 1)]
    more = [[]] * CROWD + [["--jobs", str(CROWD)]]
    rated = {name: data for name, data in expected.items() if name.startswith("rated")}
    processes = [
        subprocess.Popen(
            [*RATE, images, "--output", os.path.join(output, "rated"), *options],
            env=environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for output, options in zip(outputs, more)
    ]
    statuses = [process.wait() for process in processes]
    if any(statuses):
        sys.exit(f"check-hardship: of {len(statuses)} processes at once, statuses {statuses}")
    for output in outputs:
        compare(f"one of {len(outputs)} at once", read_results(output), rated)


def check_engines(folder, images):
    """The largest difference between what the two engines say of the images."""
    rates = []
    for engine in ("numpy", "tensorflow"):
        output = os.path.join(folder, engine)
        call([*RATE, images, "--output", output, "--engine", engine], environment(folder))
        rows = read_table(os.path.join(output, "images.csv"))
        assert {row["Engine"] for row in rows} == {engine}
        rates.append([float(row[f"ImageFocus_Probability{level:02}"]) for row in rows for level in range(11)])
    differences = [abs(one - other) for one, other in zip(*rates)]
    largest = max(differences)
    if not all(difference <= TOLERANCE for difference in differences):  # NaN is within no tolerance
        sys.exit(f"check-hardship: the engines are {largest:g} apart")
    return largest


if __name__ == "__main__":
    main(*sys.argv[1:])
