"""Damaged image files and damaged tables, put through the real `imagefocus rate`; run by run.sh.

Each damaged file must give a row with an error, or what fuzz_files.py allows, in one process that neither crashes,
hangs, nor takes much more memory than for good files; and the good files among them must be rated as without them.
"""

import contextlib
import csv
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter

import fuzz_files
import fuzz_tables
import numpy as np
from fuzz_files import OTHER, REFUSED, SAME

PATIENCE = 60  # seconds for one file; the slowest takes less than one
# Above what good files take: 64 MiB of a strip that inflates without an end, its 64 MiB of zeros, and what is read of
# it.
MORE_MEMORY = 160 << 20
MOST_ADDRESSES = 4 << 30  # beyond, memory is refused to the process, so that a bomb cannot take the machine's
MOST_WRITTEN = 64 << 20
EMPTY = "folder.tif"  # a folder, which is searched, and of which no row is expected


def main():
    folder = tempfile.mkdtemp(prefix="check_fuzz_")
    good = fuzz_files.good_files()
    cases = list(fuzz_files.damaged_files(good, np.random.default_rng(0)))
    say(f"{len(good)} good files ...")
    expected, memory_of_good = rate_good(folder, good)
    say(f"{len(cases)} damaged ones ...")
    odd = write_damaged(os.path.join(folder, "damaged"), good, cases)
    rated, memory = rate_folder(folder, "damaged")
    failures, outcomes = judge(cases, rated, expected, odd)
    if memory > memory_of_good + MORE_MEMORY:
        failures.append(f"all of them took {memory >> 20} MiB of memory, good files {memory_of_good >> 20}")
    say("a report on files that were damaged after they were rated ...")
    failures += check_report(folder, cases)
    say(f"{fuzz_tables.COUNT} garbled tables ...")
    write_files(os.path.join(folder, "plate"), {name: good[name] for name in ("strip8.tif", "planes.tif", "8.png")})
    plate, garbled = os.path.join(folder, "plate"), os.path.join(folder, "tables")
    tables = fuzz_tables.check(garbled, plate, random.Random(0), failures, say)
    memories = f"{memory >> 20} MiB of memory (good files: {memory_of_good >> 20})"
    conclude(folder, failures, outcomes, memories, tables)


def say(line):
    print(f"check-fuzz: {line}", flush=True)


def rate_good(folder, good):
    write_files(os.path.join(folder, "good"), good)
    expected, memory = rate_folder(folder, "good")
    if set(good) != set(expected) or any(row["Error"] for rows in expected.values() for row in rows):
        sys.exit(f"check-fuzz: the undamaged files are not rated; they are in {folder}.")
    return expected, memory


def write_damaged(folder, good, cases):
    """Write the cases, the good files among them, and what is no file; names of the last that must have a row."""
    write_files(folder, {case.name: case.data for case in cases})
    write_files(folder, {"good-" + name: data for name, data in good.items()})
    return write_odd_ones(folder)


def write_files(folder, files):
    os.makedirs(folder, exist_ok=True)
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def write_odd_ones(folder):
    """What is no regular file; the names of those that a row is expected of."""
    os.mkfifo(os.path.join(folder, "pipe.tif"))  # to open it would wait for ever
    os.symlink("nowhere", os.path.join(folder, "dangling.tif"))
    os.symlink("round.tif", os.path.join(folder, "round.tif"))
    os.mkdir(os.path.join(folder, EMPTY))
    with open(os.path.join(folder, "sparse.tif"), "wb") as file:
        file.truncate(1 << 40)
    return ["pipe.tif", "dangling.tif", "round.tif", "sparse.tif"]


def rate_folder(folder, name):
    """Rows of images.csv by file name, and the most memory, in bytes, that the process took."""
    output = os.path.join(folder, name + "_rated")
    command = ["nice", sys.executable, "-m", "imagefocus", "rate", os.path.join(folder, name), "--output", output]
    with open(output + ".log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=limit)
    status, memory = wait_for(process, os.path.join(output, "images.csv"))
    rows = read_rows(os.path.join(output, "images.csv"))
    if status not in (0, 1):
        unrated = sorted(set(os.listdir(os.path.join(folder, name))) - set(rows) - {EMPTY})
        path = os.path.join(folder, name, *unrated[:1])
        sys.exit(f"check-fuzz: rate ended with status {status} at {path}; see {output}.log")
    return rows, memory


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))


def wait_for(process, table):
    """Exit status of a process, or "hangs" if its table no longer grew and it was killed; the most memory it took."""
    size, last, memory = 0, time.monotonic(), 0
    while process.poll() is None:
        memory = max(memory, peak_memory(process.pid))
        now = os.path.getsize(table) if os.path.exists(table) else 0
        size, last = (now, time.monotonic()) if now != size else (size, last)
        if time.monotonic() - last > PATIENCE:
            process.kill()
            return "hangs", memory
        time.sleep(0.02)
    return process.returncode, memory


def peak_memory(pid):
    """Bytes; what getrusage says of a process is at least what its parent had as it began it."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def read_rows(path):
    rows = {}
    if os.path.exists(path):
        with open(path, newline="", encoding="utf-8") as table:
            for row in csv.DictReader(table):
                rows.setdefault(row["FileName"], []).append(row)
    return rows


def judge(cases, rated, expected, odd):
    """What is wrong, a list of str that begin with a file's name, and how many files had which outcome."""
    failures, outcomes = [], Counter()
    for case in cases:
        rows = rated.get(case.name, [])
        outcome = outcome_of(rows, expected.get(case.good, []))
        outcomes[outcome] += 1
        if outcome not in case.allowed:
            errors = [row["Error"] for row in rows if row["Error"]]
            failures.append(f"{case.name} is {outcome}, {len(rows)} rows with {len(errors)} errors {errors[:1]}")
        failures += [f"{case.name}: {problem}" for problem in map(problem_of, rows) if problem]
    failures += [name + " has no error" for name in odd if not rated.get(name, [{"Error": ""}])[0]["Error"]]
    for name, rows in expected.items():
        if outcome_of(rated.get("good-" + name, []), rows) != SAME:
            failures.append(f"good-{name}, which is not damaged, is rated otherwise among damaged files")
    return failures, outcomes


def outcome_of(rows, good):
    """What became of a file; one that has an error counts as refused if what else was rated of it is right."""
    rates = {row["Plane"]: figures_of(row) for row in rows if not row["Error"]}
    right = {row["Plane"]: figures_of(row) for row in good}
    if not rows:
        return "not in the table"
    if any(right.get(plane) != rate for plane, rate in rates.items()):
        return OTHER
    return REFUSED if len(rates) < len(rows) else SAME if rates == right else OTHER


def figures_of(row):
    return [value for name, value in row.items() if name.startswith("ImageFocus_")]


def problem_of(row):
    """What is wrong with a row whatever the damage, or None."""
    if row["Error"]:
        helps = len(row["Error"].split()) > 2 and "memory" not in row["Error"]
        return None if helps and not any(figures_of(row)) else f"the error {row['Error']!r} does not help"
    figures = np.array(figures_of(row), float)
    probabilities = figures[-11:]
    fine = (figures >= 0).all() and figures[:2].max() <= 10 and abs(probabilities.sum() - 1) < 1e-6
    return None if fine else f"the figures {figures} are none of a rating"


def check_report(folder, cases):
    """The report takes its pictures from files that have been damaged since they were rated."""
    copied = os.path.join(folder, "report")
    shutil.copytree(os.path.join(folder, "good"), copied)
    command = [sys.executable, "-m", "imagefocus"]
    table, page = os.path.join(copied, "rated", "images.csv"), os.path.join(copied, "report.html")
    subprocess.check_output(command + ["rate", copied, "--output", os.path.dirname(table)], stderr=subprocess.DEVNULL)
    write_files(copied, {case.good: case.data for case in cases if case.good and case.allowed == fuzz_files.SEEN})
    command += ["report", table, "--output", page]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    return [] if run.returncode == 0 and os.path.exists(page) else [f"{table}: {run.stdout.decode()}"]


def conclude(folder, failures, outcomes, memory, tables):
    if failures:
        for failure in failures:
            print(os.path.join(folder, "damaged", failure))
        sys.exit(f"check-fuzz: {len(failures)} of {sum(outcomes.values())} failed; the files above are kept.")
    shutil.rmtree(folder)
    counts = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in (REFUSED, SAME, OTHER))
    print(f"check-fuzz: {sum(outcomes.values())} damaged image files: {counts}; no crash, no hang, {memory}; {tables}")


if __name__ == "__main__":
    main()
