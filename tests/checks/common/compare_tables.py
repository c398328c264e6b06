"""Are the image measurements of two runs of the demo the same? The last step of compare_demo.py.

python tests/checks/common/compare_tables.py WHO FocusImage.csv WHO_ELSE FocusImage.csv
"""

import csv
import math
import sys

TOLERANCE = 1e-4  # what the engines, too, may differ by


def main(who, path, who_else, expected_path):
    actual, expected = read_measurements(path), read_measurements(expected_path)
    # What only one of them has is compared with NaN, which is within no tolerance.
    pairs = {key: (actual.get(key, math.nan), expected.get(key, math.nan)) for key in expected.keys() | actual.keys()}
    differences = {key: abs(value - wanted) for key, (value, wanted) in pairs.items()}
    differing = sorted(key for key in pairs if not differences[key] <= TOLERANCE)
    if differing or not pairs:
        sys.exit(f"{who} differs from {who_else}: {describe(differing, pairs)}")
    images = len({image for image, _ in pairs})
    largest = max(differences.values())
    print(f"{who} measures {images} images as {who_else} does; largest difference {largest:.1e}")


def read_measurements(path):
    """Focus measurements of a table, by image and name."""
    with open(path, newline="") as table:
        return {
            (row["FileName_DNA"], name): float(value)
            for row in csv.DictReader(table)
            for name, value in row.items()
            if name.startswith("ImageFocus_")
        }


def describe(differing, pairs):
    """How many values are apart, and the first of them in full; nan stands for a missing one."""
    if not pairs:
        return "neither has measured anything."
    image, name = differing[0]
    value, wanted = pairs[differing[0]]
    count = f"{len(differing)} of {len(pairs)} values are missing or more than {TOLERANCE:g} apart"
    return f"{count}; first {name} of {image}: expected {wanted}, got {value}"


if __name__ == "__main__":
    main(*sys.argv[1:])
