"""A table of z-stacks, as `read_stacks` and `evaluate --stacks` read it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path


def write_stack_table(folder: Path, rows: Iterable[tuple[str, int, float, float]]) -> str:
    """Write stacks.csv with rows of stack, plane of nuclei.tif, height and blur disc; returns its path."""
    path = str(folder / "stacks.csv")
    with open(path, "w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(("stack", "file", "plane", "z_um", "blur_disc_px"))
        writer.writerows((name, "nuclei.tif", plane, z, disc) for name, plane, z, disc in rows)
    return path
