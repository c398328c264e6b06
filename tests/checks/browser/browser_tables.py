"""Tables of made-up ratings for check.py, and the colors that their wells must have."""

import csv
import json
import os

import numpy as np

from imagefocus.overlay import PALETTES, border_colors
from imagefocus.report.write import write_report
from model_export.demo_plate import make_plate

LACKING = 700  # the image set without a file of DNA_1


def make_reports(folder):
    """Write screen.html, stacks.html and colors.json to the folder."""
    screen = make_screen(folder)
    write_report(screen, os.path.join(folder, "screen.html"))
    write_report(make_stacks(folder), os.path.join(folder, "stacks.html"))
    with open(os.path.join(folder, "colors.json"), "w", encoding="utf-8") as file:
        json.dump({palette: _colors_of_wells(screen, palette) for palette in PALETTES}, file)


def make_screen(folder):
    """Write an Image.csv of two channels with a drift, a tilt, blank wells, a missing file and awkward names.

    The demo plate's images lie beside it.

    Returns
    -------
    str
        Path of the table.
    """
    images = [field.file_name for field in make_plate(os.path.join(folder, "images"))]
    random = np.random.default_rng(0)
    path = os.path.join(folder, "FocusImage.csv")
    features = ("Score", "ExpectedScore", "Certainty", "CertainFraction")
    names = ["ImageNumber", "FileName_DNA", "PathName_DNA", "FileName_DNA_1", "PathName_DNA_1"]
    names += ["Metadata_Plate", "Metadata_Well", "Metadata_Site"]
    names += [f"ImageFocus_{feature}_{channel}" for channel in ("DNA", "DNA_1") for feature in features]
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(names)
        for number in range(384 * 4):
            table.writerow(_row(number, images, os.path.join(folder, "images"), random))
    return path


def _row(number, images, folder, random):
    well, site = divmod(number, 4)
    row, column = divmod(well, 24)
    files = [images[number % len(images)], f"Plate <script>alert(1)</script>_{number:04}.tif"]
    cells = [number + 1, files[0], folder, "" if number == LACKING else files[1], folder]
    cells += ["Plate & <b>1</b>", "Z99" if number == 1535 else f"{chr(65 + row)}{column + 1:02}", site + 1]
    for channel in range(2):
        blank = well % 97 == 5
        level = min(10.0, 0.5 + 2.2 * (column / 23) ** 3 * (1 + channel) + number / 2000 + random.gamma(0.6, 0.6))
        level = 5 + random.random() / 2 if blank else max(level, 8.0) if random.random() < 0.02 else level
        certainty = 0.15 if blank else 0.75 - 0.04 * level + 0.1 * random.random()
        cells += [round(level), level, certainty, 0 if blank else 0.9]
    return cells


def make_stacks(folder):
    """Write an images.csv of a stack in two channels, and of an image that lacks the second; returns its path."""
    path = os.path.join(folder, "images.csv")
    files = [(f"P_B03_s1_{channel}.tif", plane) for plane in range(4) for channel in ("w1", "w2")]
    features = ("Score", "ExpectedScore", "Certainty", "CertainFraction")
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["FileName", "Path", "Plane", *("ImageFocus_" + name for name in features), "Weights"])
        for name, plane in files + [("P_B04_s1_w1.tif", 0)]:
            table.writerow([name, "/data/" + name, plane, 1, 1.25, 0.6, 0.9, "v1 00000000"])
    return path


def _colors_of_wells(path, palette):
    """Color, as a list of 0 to 255, by "well, channel"; all fields of a well are blank or none is."""
    wells = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for channel in ("DNA", "DNA_1"):
                numbers = [float(row[f"ImageFocus_{name}_{channel}"]) for name in ("ExpectedScore", "Certainty")]
                wells.setdefault(f"{row['Metadata_Well']}, {channel}", []).append(numbers)
    means = np.array([np.mean(numbers, axis=0) for numbers in wells.values()])
    return dict(zip(wells, border_colors(*means.T, palette).tolist()))
