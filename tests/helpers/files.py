"""Where the repository's files are, and tables as tests read and write them."""

import csv
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(ROOT, "example_pipelines")


def read_table(path):
    """Rows of a CSV, each a dict by column."""
    with open(path, newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def write_table(path, rows, columns=None, **options):
    """Rows are dicts; the first names the columns where these are not given. Returns the path."""
    with open(path, "w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, list(columns or rows[0]), **options)
        writer.writeheader()
        writer.writerows(rows)
    return str(path)
