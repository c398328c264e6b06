"""Rate a demonstration plate with CellProfiler, headless, and print what came out: `make demo` runs this."""

import argparse
import csv
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, ROOT)

from example_pipelines.headless import PLUGINS, empty_output, run_or_exit
from imagefocus.measurements import CERTAINTY, EXPECTED_SCORE, SCORE, measurement_name
from imagefocus.report.write import write_report
from model_export.demo_plate import make_plate


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default=os.path.join(ROOT, "demo_output"), help="folder to make anew")
    parser.add_argument("--plugins", default=PLUGINS, help="CellProfiler's plugins directory")
    options = parser.parse_args()
    images, results = (os.path.join(options.output, name) for name in ("images", "results"))
    empty_output(options.output)
    print("Making the demonstration plate ...", flush=True)
    fields = make_plate(images)
    print(f"CellProfiler rates its {len(fields)} images ...", flush=True)
    run_or_exit(os.path.join(HERE, "measure_focus.cppipe"), images, results, options.plugins)
    print_table(fields, read_ratings(os.path.join(results, "FocusImage.csv")))
    print(f"\nImage measurements: {os.path.join(results, 'FocusImage.csv')}")
    print(f"Patch measurements: {os.path.join(results, 'FocusFocusPatches.csv')}")
    print(f"Overlays:           {os.path.join(results, 'overlays')}")
    report = os.path.join(results, "report.html")
    write_report(os.path.join(results, "FocusImage.csv"), report)
    print(f"Report, for a browser: {report}")


def read_ratings(path):
    """Rows of the image table by file name; exits if the focus was not measured."""
    with open(path, newline="") as table:
        rows = {row["FileName_DNA"]: row for row in csv.DictReader(table)}
    if not all(measurement_name(SCORE, "DNA") in row for row in rows.values()):
        sys.exit(f"{path} has no ImageFocus measurements: MeasureImageFocus was not loaded.")
    return rows


def print_table(fields, ratings):
    """One line per image: the defocus it was given, and how it was rated."""
    missing = [field.file_name for field in fields if field.file_name not in ratings]
    if missing:
        sys.exit(f"CellProfiler did not rate {', '.join(missing)}.")
    print(f"\n{'image':20} {'true level':>10} {'Score':>6} {'ExpectedScore':>14} {'Certainty':>10}")
    for field in fields:
        row = ratings[field.file_name]
        level = "blank" if field.level is None else field.level
        features = (SCORE, EXPECTED_SCORE, CERTAINTY)
        score, expected, certainty = (float(row[measurement_name(feature, "DNA")]) for feature in features)
        print(f"{field.file_name:20} {level:>10} {score:6.0f} {expected:14.2f} {certainty:10.2f}")


if __name__ == "__main__":
    main()
