"""Run the filtering example pipelines on plates of known defocus, headless, and print what each kept.

`make examples` runs this.
"""

import argparse
import csv
import glob
import os
import sqlite3
import sys
from collections import namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, ROOT)

from example_pipelines.headless import PLUGINS, empty_output, run_or_exit
from imagefocus.measurements import BLANK_FRACTION
from model_export.demo_plate import LEVELS, make_five_channel_plate, make_plate

Counts = namedtuple("Counts", "kept all is_blank")  # of one field; is_blank is None where a pipeline does not tell


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default=os.path.join(ROOT, "examples_output"), help="folder to make anew")
    parser.add_argument("--plugins", default=PLUGINS, help="CellProfiler's plugins directory")
    options = parser.parse_args()
    levels = " ".join(f"{'blank' if level is None else level:>7}" for level in LEVELS)
    print(f"{'kept of all, by true level':28} {levels}")
    for name, (make, read, what) in EXAMPLES.items():
        folder = os.path.join(options.output, name)
        images, results = os.path.join(folder, "images"), os.path.join(folder, "results")
        empty_output(folder)
        level_of = {field.file_name: field.level for field in make(images)}
        run_or_exit(os.path.join(HERE, name + ".cppipe"), images, results, options.plugins)
        print_kept(f"{name}, {what}", level_of, read(results))


def print_kept(title, level_of, counts):
    """One line: how many of the fields, or of their nuclei, were kept at each level."""
    cells = []
    for level in LEVELS:
        of_level = [counts[name] for name, its_level in level_of.items() if its_level == level]
        cells.append(f"{sum(count.kept for count in of_level)}/{sum(count.all for count in of_level)}")
    print(f"{title:28} {' '.join(f'{cell:>7}' for cell in cells)}", flush=True)
    blank = sorted(name for name, count in counts.items() if count.is_blank)
    if blank:
        print(f"{'  listed as blank:':28} {', '.join(blank)}", flush=True)


def read_flags(results):
    """From FlagImage.csv or SkipImage.csv: fields whose QCFlag is 0."""
    (path,) = glob.glob(os.path.join(results, "*Image.csv"))
    with open(path, newline="") as table:
        return {
            row["FileName_DNA"]: Counts(float(row["Metadata_QCFlag"]) == 0, 1, float(row["Metadata_Blank"]) == 1)
            for row in csv.DictReader(table)
        }


def read_cells(results):
    """From CellsImage.csv: nuclei kept, of all that were found."""
    with open(os.path.join(results, "CellsImage.csv"), newline="") as table:
        return {
            row["FileName_DNA"]: Counts(int(float(row["Count_SharpNuclei"])), int(float(row["Count_Nuclei"])), None)
            for row in csv.DictReader(table)
        }


def read_database(results):
    """From focus.db: image sets whose QCFlag is 0; blank where no channel holds anything to judge."""
    query = (
        "select Image_FileName_DNA, Image_Metadata_QCFlag, Image_ImageFocus_CertainFraction_DNA from Plate_Per_Image"
    )
    with sqlite3.connect(os.path.join(results, "focus.db")) as database:
        return {name: Counts(flag == 0, 1, certain < BLANK_FRACTION) for name, flag, certain in database.execute(query)}


EXAMPLES = {
    "flag_out_of_focus": (make_plate, read_flags, "fields"),
    "skip_out_of_focus": (make_plate, read_flags, "fields"),
    "keep_in_focus_cells": (make_plate, read_cells, "nuclei"),
    "load_data": (make_five_channel_plate, read_database, "fields"),
}


if __name__ == "__main__":
    main()
