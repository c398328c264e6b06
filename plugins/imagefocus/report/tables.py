"""Read the tables of ratings: CSV of the command line or of CellProfiler, SQLite of ExportToDatabase."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple, TextIO

from ..measurements import (
    BEST_PLANE,
    CATEGORY,
    CERTAIN_FRACTION,
    CERTAINTY,
    EXPECTED_SCORE,
    SCORE,
    WEIGHTS,
    measurement_name,
)

REPORT_FEATURES = (SCORE, EXPECTED_SCORE, CERTAINTY, CERTAIN_FRACTION)
NAMES = [feature.name for feature in REPORT_FEATURES]
KNOWN_TABLES = (
    "the images.csv of `imagefocus rate`, the ...Image.csv of ExportToSpreadsheet or the SQLite file of "
    "ExportToDatabase"
)
EXPECTED_COLUMNS = (
    f"{measurement_name('<feature>', '<image>')} (from CellProfiler) or {measurement_name('<feature>')} (from "
    f"`imagefocus rate`), with each of {', '.join(NAMES)}"
)
MOST_NAMES = 8  # of a table's columns, in one message
_RATING = re.compile(rf"{CATEGORY}_(?:{'|'.join(NAMES)})(?:_(?P<image>.+))?$")
_OTHER_COLUMNS = re.compile(
    rf"{measurement_name(BEST_PLANE)}_.+"
    r"|(FileName|PathName|Frame|Series)_.+"
    r"|Metadata_(?!FileLocation$).+"  # which is the file's name once more, in CellProfiler's own words
    rf"|(ImageNumber|FileName|Path|Plane|Error|Note|{WEIGHTS})$"
)


class TableText(NamedTuple):
    """The columns that the report needs, row by row, and what its reader should know about them."""

    header: list[str]
    rows: list[list[str]]
    notes: list[str]


def read_columns(path: str) -> tuple[dict[str, list[str]], list[str]]:
    """Read what the report needs of a table.

    Parameters
    ----------
    path : str
        A CSV file or an SQLite database.

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
    try:
        with open(path, "rb") as file:
            is_database = file.read(16) == b"SQLite format 3\0"
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    table = _read_database(path) if is_database else _read_csv(path)
    if not table.rows:
        raise ValueError(f"{path} has no rows, so there is nothing to report. Give {KNOWN_TABLES}, after a run.")
    return dict(zip(table.header, map(list, zip(*table.rows)))), table.notes


def find_table(path: str) -> str:
    """Find the table itself, where a folder is given.

    Raises
    ------
    ValueError
        If there is no such file, or not just one in the folder.
    """
    if os.path.isdir(path):
        names = sorted(os.listdir(path))
        tables = [name for name in names if name.endswith(("Image.csv", ".db", ".sqlite")) or name == "images.csv"]
        if len(tables) != 1:
            several = f"several tables ({', '.join(tables)}): name one of them"
            raise ValueError(f"The folder {path} holds {several if tables else 'no table: give ' + KNOWN_TABLES}.")
        return os.path.join(path, tables[0])
    if not os.path.exists(path):
        raise ValueError(f"There is no file {path}. Give {KNOWN_TABLES}.")
    return path


def list_rated_images(columns: Iterable[str]) -> list[str]:
    """Find the rated images among the names of columns; the command line's image has an empty name.

    Examples
    --------
    >>> list_rated_images(["ImageFocus_Score_DNA", "ImageFocus_Certainty_DNA"]), list_rated_images(["ImageFocus_Score"])
    (['DNA'], [''])
    """
    matches = filter(None, map(_RATING.match, columns))
    return list(dict.fromkeys(match.group("image") or "" for match in matches))


def _choose_columns(columns: list[str], path: str) -> dict[str, int]:
    """Positions of the columns that the report needs, by their names without the prefix of ExportToDatabase."""
    positions: dict[str, int] = {}
    for position, name in enumerate(columns):
        name = name[len("Image_") :] if name.startswith("Image_") else name
        if _RATING.match(name) or _OTHER_COLUMNS.match(name):
            positions.setdefault(name, position)
    missing = _list_missing(positions)
    if missing:
        some = ", ".join(columns[:MOST_NAMES])
        more = f" and {len(columns) - MOST_NAMES} more" if len(columns) > MOST_NAMES else ""
        raise ValueError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}. Expected: {EXPECTED_COLUMNS}; "
            f"it has {some + more or 'none'}. Give {KNOWN_TABLES}."
        )
    return positions


def _list_missing(names: dict[str, int]) -> list[str]:
    """Columns without which there is no report: all features of each rated image, and the files of the command line."""
    images = list_rated_images(names)
    needed = [measurement_name(feature, image) for image in images or [""] for feature in REPORT_FEATURES]
    if images == [""]:
        needed.append("FileName")
    return [name for name in needed if name not in names]


def _read_csv(path: str) -> TableText:
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            return _read_csv_rows(file, path)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is no UTF-8 text (byte {error.start}). Save it as CSV, UTF-8, or give {KNOWN_TABLES}."
        ) from error


def _read_csv_rows(file: TextIO, path: str) -> TableText:
    first_line = file.readline()
    if not first_line.strip():
        raise ValueError(f"{path} is empty. Give {KNOWN_TABLES}, after a run.")
    file.seek(0)
    lines = csv.reader(file, delimiter=max(",\t;", key=first_line.count))
    try:
        columns = next(lines)
        positions = _choose_columns(columns, path)
        rows, header_count, short_count = _choose_cells(lines, columns, list(positions.values()))
    except csv.Error as error:
        raise ValueError(f"{path} is no CSV, line {lines.line_num}: {error}. Give {KNOWN_TABLES}.") from error
    return TableText(list(positions), rows, _note_odd_rows(header_count, short_count))


def _choose_cells(
    lines: Iterable[list[str]], columns: list[str], positions: list[int]
) -> tuple[list[list[str]], int, int]:
    """Rows with the cells at the positions, how many lines are headers, and how many rows are too short."""
    width, last = len(columns), max(positions)
    rows, header_count, short_count = [], 0, 0
    for line in lines:
        if line == columns:
            header_count += 1
        elif line:
            short_count += len(line) < width
            cells = line if len(line) > last else line + [""] * (width - len(line))
            rows.append([cells[position] for position in positions])
    return rows, header_count, short_count


def _note_odd_rows(header_count: int, short_count: int) -> list[str]:
    notes = []
    if header_count:
        notes.append(f"The header stands {header_count} more time(s) among the rows; those lines are left out.")
    if short_count:
        notes.append(
            f"{short_count} row(s) have fewer cells than the header has names: was the file cut off while it was "
            "written?"
        )
    return notes


def _read_database(path: str) -> TableText:
    try:
        # Read only: looking at a database must neither change it nor leave a journal beside it.
        uri = f"file:{os.path.abspath(path).replace('%', '%25').replace('?', '%3f').replace('#', '%23')}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
            table = _find_image_table(database, path)
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({_quote(table)})")]
            positions = _choose_columns(columns, f"{path}, table {table},")
            names = ", ".join(_quote(columns[position]) for position in positions.values())
            cells = database.execute(f"SELECT {names} FROM {_quote(table)}")
            rows = [["" if value is None else str(value) for value in row] for row in cells]
    except sqlite3.Error as error:
        raise ValueError(f"The database {path} cannot be read: {error}.") from error
    return TableText(list(positions), rows, [])


def _find_image_table(database: sqlite3.Connection, path: str) -> str:
    """Name of the one table of image measurements."""
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    tables = [name for name in names if name.endswith("Per_Image")]
    if len(tables) != 1:
        several = f"several tables ({', '.join(tables)}): export one of them as CSV"
        none = f"no table whose name ends in Per_Image (it has {', '.join(names[:MOST_NAMES]) or 'none'})"
        raise ValueError(
            f"The database {path} holds {several if tables else none}, and one is needed. Give {KNOWN_TABLES}."
        )
    return tables[0]


def _quote(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
