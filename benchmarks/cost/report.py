"""How large the QC report of a screen is, and how long it takes against writing and reading its table.

    python benchmarks/cost/report.py

Made-up tables of 10,000 and 200,000 images, without pictures; the median of three.
"""

import csv
import os
import statistics
import tempfile
import time

import numpy as np

from imagefocus.measurements import IMAGE_FEATURES, measurement_name
from imagefocus.report.write import write_report

IMAGE_COUNTS = (10_000, 200_000)
REPEATS = 3


def write_table(path, count):
    """A table as `imagefocus rate` writes it, of four sites a well on 384-well plates."""
    random = np.random.default_rng(0)
    scores, certainties = random.gamma(2, 1, count).clip(0, 10), random.uniform(0.2, 0.8, count)
    names = ["FileName", "Path", "Plane"] + [measurement_name(feature) for feature in IMAGE_FEATURES] + ["Error"]
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(names)
        for index, (score, certainty) in enumerate(zip(scores, certainties)):
            plate, field = divmod(index, 4 * 384)
            well, site = divmod(field, 4)
            name = f"P{plate}_{'ABCDEFGHIJKLMNOP'[well // 24]}{well % 24 + 1:02}_s{site + 1}_w1.tif"
            table.writerow([name, "/moved/" + name, 0, round(score), score, certainty, 63, 0.9, 0.1, ""])


def seconds_of(function, *arguments):
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def read_all(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def main():
    print(f"{'images':>10} {'seconds':>12} {'x csv module':>14} {'megabytes':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for count in IMAGE_COUNTS:
            table, page = os.path.join(folder, "images.csv"), os.path.join(folder, "report.html")
            write_table(table, count)
            report, reading = seconds_of(write_report, table, page), seconds_of(read_all, table)
            print(f"{count:10} {report:12.1f} {report / reading:14.1f} {os.path.getsize(page) / 1e6:10.2f}")


if __name__ == "__main__":
    main()
