"""List what weights are trained on: the sharp images of `train`, and those of whole public sources of `field`.

    python benchmarks/accuracy/field_sources.py DATA OUTPUT

writes OUTPUT/images.csv, for `python -m model_export train --field --images`.

Three sources are trained on. They are a multiplexed tissue (Apache-2.0), labeled cells in cleared brain (BSD-3-Clause)
and bacteria at 100x (MIT), which are oversampled and so are made smaller by half: 9 images of three kinds that `train`
has not. The other sources with sharp images are held out, to be measured on: 19 of the 24 images that are sharp and not
oversampled. Among them are those that also have z-stacks or empty wells, and those whose license is another.
"""

import csv
import os
import sys

import tifffile

SOURCES = ("instanseg/instanseg", "brainglobe/cellfinder", "Jhsmit/ColiCoords")
COLUMNS = ("split", "file", "set", "licence", "source")


def main(data, output):
    os.makedirs(output, exist_ok=True)
    with open(os.path.join(data, "images.csv"), newline="", encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["split"] == "train"]
    for row in rows:
        row["file"] = os.path.abspath(os.path.join(data, row["file"]))
    rows += [_to_train_on(row, data, output) for row in _sharp(os.path.join(data, "field", "field.csv"))]
    with open(os.path.join(output, "images.csv"), "w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} images: {os.path.join(output, 'images.csv')}")


def _sharp(path):
    """Rows of `field.csv` that are trained on."""
    with open(path, newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    return [
        row
        for row in rows
        if row["kind"] == "field" and row["judged"] == "sharp" and row["source"].split("@")[0] in SOURCES
    ]


def _to_train_on(row, data, output):
    path = os.path.join(data, "field", os.path.basename(row["file"]))
    if row["oversampled"] == "yes":
        path = _halve(path, output)
    name = "field_" + row["source"].split("@")[0].split("/")[1].lower()
    return {**row, "split": "train", "file": os.path.abspath(path), "set": name}


def _halve(path, output):
    """Write the means of 2 x 2 pixels."""
    pixels = tifffile.imread(path)
    rows, columns = (length // 2 for length in pixels.shape)
    means = pixels[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2).mean(axis=(1, 3))
    halved = os.path.join(output, os.path.basename(path))
    tifffile.imwrite(halved, means.astype("float32"))
    return halved


if __name__ == "__main__":
    main(*sys.argv[1:])
