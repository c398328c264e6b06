"""Kill `imagefocus rate` at random moments and take it up again; part of check.py."""

import contextlib
import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid

from runs import RATE, list_differing, read_files

KILLS = 12  # of each signal
COPIES = 4  # of each image, so that a run takes some seconds
TABLES = ("images.csv", "patches.csv")
MARK = "IMAGEFOCUS_CHECK"  # in the environment of all processes of a run
PATIENCE = 60  # seconds until the last process of a run is gone; it takes less than one


def check(folder, images, environment):
    """Exit if a killed run cannot be taken up into what an undisturbed one gives; tell what was tried."""
    plate, whole = os.path.join(folder, "plate"), os.path.join(folder, "whole")
    link_plate(images, plate)
    seconds = time.monotonic()
    start(plate, whole, "1", environment).wait()
    seconds = time.monotonic() - seconds
    expected, moments, kills, cut = read_files(whole), random.Random(0), 0, 0
    while kills < 2 * KILLS:
        blow, jobs = (signal.SIGTERM, signal.SIGKILL)[kills % 2], "12"[kills // 2 % 2]
        output, moment = os.path.join(folder, "killed"), moments.uniform(0.1, seconds)
        shutil.rmtree(output, ignore_errors=True)
        if kill(start(plate, output, jobs, environment), blow, moment, environment):
            what = f"{blow.name} after {moment:.2f} of {seconds:.2f} s with --jobs {jobs}"
            cut += sum(count_cut_rows(os.path.join(output, name), what) for name in TABLES)
            take_up(plate, output, jobs, environment, expected, what)
            kills += 1
            print(f"check-hardship: {kills} of {2 * KILLS} killed and taken up again", flush=True)
    if cut > 1:  # Linux can cut even what one call writes, between two pages of memory: once in ten thousand kills
        sys.exit(f"check-hardship: {cut} of {kills} killed runs left a last row cut: rows are not written in one piece")
    return f"{kills} runs killed (SIGTERM, SIGKILL; --jobs 1, 2), {cut} last rows cut, all taken up to the same bytes"


def link_plate(images, plate):
    os.makedirs(plate)
    for name in os.listdir(images):
        for number in range(COPIES):
            os.link(os.path.join(images, name), os.path.join(plate, f"{number}_{name}"))


def start(plate, output, jobs, environment, *options):
    environment[MARK] = uuid.uuid4().hex
    return subprocess.Popen(
        [*RATE, plate, "--output", output, "--jobs", jobs, *options],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(process, blow, moment, environment):
    """Whether a run could be killed before it was over; exit if one of its processes lives on."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moment)
        return False
    process.send_signal(blow)
    killed = process.wait() == -blow
    end = time.monotonic() + PATIENCE
    while find_processes(environment[MARK]) and time.monotonic() < end:
        time.sleep(0.05)
    survivors = find_processes(environment[MARK])
    for pid in survivors:
        os.kill(pid, signal.SIGKILL)
    if survivors:
        sys.exit(f"check-hardship: {len(survivors)} processes of a run lived on after its {blow.name}")
    return killed


def find_processes(mark):
    """Ids of the processes that have the mark in their environment; one that is over has none."""
    processes = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
            if mark.encode() in file.read():
                processes.append(int(pid))
    return processes


def count_cut_rows(path, what):
    """0, or 1 if the last row of a table is cut; exit if any other is not whole."""
    if not os.path.exists(path):
        return 0
    with open(path, "rb") as file:
        lines = file.read().decode().splitlines(keepends=True)
    whole = [line.endswith("\n") and len(next(csv.reader([line]))) == len(lines[0].split(",")) for line in lines]
    if not all(whole[:-1]) or not whole[0]:
        sys.exit(f"check-hardship: {what} left row {whole.index(False)} of {path} broken")
    return int(not whole[-1])


def take_up(plate, output, jobs, environment, expected, what):
    """Exit if --resume does not lead to the files of an undisturbed run."""
    status = start(plate, output, jobs, environment, "--resume").wait()
    differing = list_differing(read_files(output), expected)
    if status or differing:
        sys.exit(f"check-hardship: {what}: --resume ends with status {status}; other files: {differing[:5]}")
