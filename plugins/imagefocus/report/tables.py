"""Read the tables of ratings: CSV of the command line or of CellProfiler, SQLite of ExportToDatabase."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import sqlite3
from collections.abc import Iterable

from ..measurements import (
    BEST_PLANE,
    CATEGORY,
    CERTAIN_FRACTION,
    CERTAINTY,
    EXPECTED_SCORE,
    SCORE,
    measurement_name,
)

FEATURES = (SCORE, EXPECTED_SCORE, CERTAINTY, CERTAIN_FRACTION)  # that the report shows
NAMES = [feature.name for feature in FEATURES]
KNOWN = (
    "the images.csv of `imagefocus rate`, the ...Image.csv of ExportToSpreadsheet or the SQLite file of "
    "ExportToDatabase"
)
EXPECTED = (
    "ImageFocus_<feature>_<image> (from CellProfiler) or ImageFocus_<feature> (from `imagefocus rate`), with each of "
    + ", ".join(NAMES)
)
# Metadata_FileLocation is the file's name once more, in CellProfiler's own words.
_WANTED = re.compile(
    rf"{CATEGORY}_({'|'.join(NAMES)})(_.+)?$|{measurement_name(BEST_PLANE)}_.+"
    r"|(FileName|PathName|Frame|Series)_.+|Metadata_(?!FileLocation$).+|(ImageNumber|FileName|Path|Plane|Error|Weights)$"
)


def read_columns(path: str) -> tuple[dict[str, list[str]], list[str]]:
    """Read what the report needs of a table.

    Parameters
    ----------
    path : str
        A CSV file, an SQLite database, or a folder that holds one of them.

    Returns
    -------
    dict of lists of str
        By the names of CellProfiler's CSV, without the prefix `Image_`; missing values are empty texts.
    list of str
        What a reader of the report should know about the table.

    Raises
    ------
    ValueError
        If there is no such table, it is empty, or it lacks columns.
    """
    path = find_table(path)
    try:
        with open(path, "rb") as file:
            is_database = file.read(16) == b"SQLite format 3\0"
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    header, rows, notes = (_read_database if is_database else _read_csv)(path)
    if not rows:
        raise ValueError(f"{path} has no rows, so there is nothing to report. Give {KNOWN}, after a run.")
    return dict(zip(header, map(list, zip(*rows)))), notes


def find_table(path: str) -> str:
    """The table itself, where a folder is given.

    Raises
    ------
    ValueError
        If there is no such file, or not just one in the folder.
    """
    if os.path.isdir(path):
        names = sorted(os.listdir(path))
        tables = [name for name in names if name.endswith(("Image.csv", ".db", ".sqlite")) or name == "images.csv"]
        if len(tables) != 1:
            held = f"several tables ({', '.join(tables)}): name one of them" if tables else "no table: give " + KNOWN
            raise ValueError(f"The folder {path} holds {held}.")
        return os.path.join(path, tables[0])
    if not os.path.exists(path):
        raise ValueError(f"There is no file {path}. Give {KNOWN}.")
    return path


def _choose(columns, path):
    """Names of the wanted columns, and their positions."""
    plain = [name[len("Image_") :] if name.startswith("Image_") else name for name in columns]
    wanted: dict[str, int] = {}
    for position, name in enumerate(plain):
        if _WANTED.match(name):
            wanted.setdefault(name, position)
    check_features(wanted, path, columns)
    return list(wanted), list(wanted.values())


def channels_of(names: Iterable[str]) -> list[str]:
    """Suffixes of the rated images among columns: "_DNA" and so on; "" for the command line's."""
    pattern = re.compile(f"{CATEGORY}_(?:{'|'.join(NAMES)})(_.+)?$")
    return list(dict.fromkeys(match.group(1) or "" for match in map(pattern.match, names) if match))


def check_features(names, path, columns):
    """Raise a ValueError if any rated image lacks one of the FEATURES."""
    suffixes = channels_of(names)
    needed = [measurement_name(feature, suffix[1:]) for suffix in suffixes or [""] for feature in FEATURES]
    if suffixes == [""] and "FileName" not in names:
        needed.append("FileName")
    missing = [name for name in needed if name not in names]
    if missing:
        some = ", ".join(columns[:8]) + (f" and {len(columns) - 8} more" if len(columns) > 8 else "")
        raise ValueError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}. Expected: {EXPECTED}; it has "
            f"{some or 'none'}. Give {KNOWN}."
        )


def _read_csv(path):
    notes = []
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            if not first.strip():
                raise ValueError(f"{path} is empty. Give {KNOWN}, after a run.")
            file.seek(0)
            table = csv.reader(file, delimiter=max(",\t;", key=first.count))
            columns = next(table)
            header, positions = _choose(columns, path)
            width, last = len(columns), max(positions)
            rows, short_count, header_count = [], 0, 0
            for row in table:
                if row == columns:
                    header_count += 1
                elif row:
                    short_count += len(row) < width
                    row = row if len(row) > last else row + [""] * (width - len(row))
                    rows.append([row[position] for position in positions])
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is no UTF-8 text (byte {error.start}). Save it as CSV, UTF-8, or give {KNOWN}."
        ) from error
    except csv.Error as error:
        raise ValueError(f"{path} is no CSV, line {table.line_num}: {error}. Give {KNOWN}.") from error
    if header_count:
        notes.append(f"The header stands {header_count} more time(s) among the rows; those lines are left out.")
    if short_count:
        notes.append(
            f"{short_count} row(s) have fewer cells than the header has names: was the file cut off while it was "
            "written?"
        )
    return header, rows, notes


def _read_database(path):
    try:
        # Read only: looking at a database must neither change it nor leave a journal beside it.
        uri = f"file:{os.path.abspath(path).replace('%', '%25').replace('?', '%3f').replace('#', '%23')}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
            table = _per_image_table(database, path)
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({_quoted(table)})")]
            header, positions = _choose(columns, f"{path}, table {table},")
            names = ", ".join(_quoted(columns[position]) for position in positions)
            selected = database.execute(f"SELECT {names} FROM {_quoted(table)}")
            rows = [["" if value is None else str(value) for value in row] for row in selected]
    except sqlite3.Error as error:
        raise ValueError(f"The database {path} cannot be read: {error}.") from error
    return header, rows, []


def _per_image_table(database, path):
    """Name of the one table of image measurements."""
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    tables = [name for name in names if name.endswith("Per_Image")]
    if len(tables) != 1:
        held = (
            f"several tables ({', '.join(tables)}): export one of them as CSV"
            if tables
            else f"no table whose name ends in Per_Image (it has {', '.join(names[:8]) or 'none'})"
        )
        raise ValueError(f"The database {path} holds {held}, and one is needed. Give {KNOWN}.")
    return tables[0]


def _quoted(name):
    return '"{}"'.format(name.replace('"', '""'))
