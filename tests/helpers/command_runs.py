"""Run the command `imagefocus rate` on made-up images."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
import tifffile

import imagefocus
from imagefocus.cli import main

from .files import read_table
from .headless import PLUGINS


def scene(seed, shape=(100, 130), dtype=np.uint16):
    """Blurred specks that differ with the seed, so that a mixed-up plane is noticed."""
    random = np.random.default_rng(seed)
    light = (random.random(shape) > 0.99).astype(float)
    for _ in range(seed % 5):
        light = (
            light + np.roll(light, 1, 0) + np.roll(light, 1, 1) + np.roll(light, -1, 0) + np.roll(light, -1, 1)
        ) / 5
    top = 250 if dtype == np.uint8 else 4000
    return (light / light.max() * top + random.random(shape) * 3).astype(dtype)


def write_tiff(path, planes, **options):
    """A TIFF with a page a plane."""
    with tifffile.TiffWriter(str(path), **options) as writer:
        for plane in planes:
            writer.write(plane, contiguous=False, photometric="minisblack", metadata=None)


def make_plate(where):
    """A folder of five one-plane TIFFs, a to e, scenes 0 to 4."""
    plate = where / "plate"
    plate.mkdir()
    for seed, name in enumerate("abcde"):
        write_tiff(plate / (name + ".tif"), [scene(seed)])
    return plate


def rate(*arguments):
    return main.main(["rate", *map(str, arguments)])


def read_images(output):
    return read_table(output / "images.csv")


def read_tables(output):
    return [(output / name).read_bytes() for name in ("images.csv", "patches.csv")]


def assert_same_figures(row, pixels, **options):
    rating = imagefocus.rate_image(pixels, **options)
    expected = {"ImageFocus_" + name: value for name, value in rating.measurements().items()}
    expected.update((f"ImageFocus_Probability{level:02}", p) for level, p in enumerate(rating.probabilities))
    assert row["Error"] == ""
    assert {name: float(row[name]) for name in expected} == pytest.approx(expected, abs=1e-6, rel=0)


def start(folder, output, *options, stderr=subprocess.DEVNULL):
    """The command in a process of its own."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([PLUGINS, os.environ.get("PYTHONPATH", "")]))
    line = [sys.executable, "-m", "imagefocus", "rate", str(folder), "--output", str(output), *options]
    return subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=stderr)


def wait_until(true, process=None, seconds=120):
    """Wait for something to become true, while a process that is to bring it about runs."""
    end = time.monotonic() + seconds
    while not true():
        assert process is None or process.poll() is None, "the process ended before"
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def children_of(process):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], stdout=subprocess.PIPE, text=True)
    return [int(pid) for pid in listed.stdout.split()]


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
