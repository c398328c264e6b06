"""The columns of a table -> fields."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..measurements import SCORE
from .fields import Channel, Fields, load_name
from .foreign_weights import note_weights
from .grouping import group_images
from .numbers import Numbers, read_numbers
from .places import find_places, note_places
from .planes import list_volume_planes, note_planes
from .tables import list_rated_images

_FILE_KINDS = ("FileName", "PathName", "Frame", "Series", "Path", "Plane")  # columns that say which file an image is


def gather_fields(columns: dict[str, list[str]], table_notes: Sequence[str]) -> Fields:
    """Make fields of the columns of a table.

    Parameters
    ----------
    columns : dict of lists of str
        As `read_columns` returns them.
    table_notes : sequence of str
        What the reader of the report should know about the table.

    Returns
    -------
    Fields

    Raises
    ------
    ValueError
        If no image has a rating.
    """
    notes = list(table_notes)
    columns = _drop_repeated(columns, notes)
    numbers = {image: read_numbers(columns, image, notes) for image in list_rated_images(columns)}
    _check_any_rated(numbers)
    note_weights(columns, notes)
    _note_modality(columns, notes)
    if list(numbers) == [""]:
        fields = group_images(columns, numbers[""], notes)
    else:
        fields = _take_image_sets(columns, numbers, notes)
    note_planes(fields)
    note_places(fields)
    return fields


def _drop_repeated(columns: dict[str, list[str]], notes: list[str]) -> dict[str, list[str]]:
    """The columns without rows that repeat the images of an earlier row."""
    names = _names_of_identity(columns)
    first_rows: dict[tuple, int] = {}
    for row, identity in enumerate(zip(*(columns[name] for name in names))):
        first_rows.setdefault(identity, row)
    rows = list(first_rows.values())
    repeat_count = len(columns[names[0]]) - len(rows)
    if not repeat_count:
        return columns
    notes.append(f"{repeat_count} row(s) name the same image(s) as one before and are left out; the first counts.")
    return {name: [values[row] for row in rows] for name, values in columns.items()}


def _names_of_identity(columns: dict[str, list[str]]) -> list[str]:
    """Which columns say what images a row is of: those of files, else of metadata, else all."""
    names = [name for name in columns if name.split("_")[0] in _FILE_KINDS]
    if any(name.startswith("FileName") for name in names):
        return names
    return [name for name in columns if name.startswith("Metadata_") or name == "ImageNumber"] or list(columns)


def _note_modality(columns: dict[str, list[str]], notes: list[str]) -> None:
    """Say how many images do not look like fluorescence, as the column Note of the command line has it."""
    reasons = [(name, note) for name, note in zip(columns.get("FileName", ()), columns.get("Note", ())) if note]
    if reasons:
        name, note = reasons[0]
        notes.append(
            f"{len(reasons)} image(s) do not look like fluorescence, which is all that the network knows; their "
            f"ratings mean little. The first, {name}: {note}."
        )


def _check_any_rated(numbers: dict[str, Numbers]) -> None:
    if any(np.isfinite(image_numbers.values[SCORE.name]).any() for image_numbers in numbers.values()):
        return
    errors = [error for image_numbers in numbers.values() for error in image_numbers.errors.values()]
    raise ValueError(f"No image of the table has a rating; the first says: {(errors or ['nothing'])[0]}")


def _take_image_sets(columns: dict[str, list[str]], numbers: dict[str, Numbers], notes: list[str]) -> Fields:
    """Fields of CellProfiler's table, a row an image set."""
    load = _columns_to_load(columns)
    row_count = len(next(iter(columns.values())))
    file_columns = [name for name in columns if name.startswith("FileName_")]
    if not file_columns:
        notes.append("The table has no FileName_ columns: the list of kept image sets cannot name their files.")
    places = find_places(columns, columns[file_columns[0]] if file_columns else [""] * row_count)
    load.update(places.metadata)
    channels = []
    for image, image_numbers in numbers.items():
        name = load_name("FileName", image)
        file_column = name if name in load else None
        planes = list_volume_planes(columns, image)
        channels.append(Channel(image, image_numbers.values, image_numbers.errors, file_column, planes))
    return Fields(places.plates, places.wells, places.sites, channels, load, notes)


def _columns_to_load(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """Columns of LoadData: all files and metadata, and frames and series where there are several."""
    load = {}
    for name, values in columns.items():
        kind, _, image = name.partition("_")
        if not image:
            continue
        if kind in ("Frame", "Series") and any(value not in ("", "0") for value in values):
            load[name] = values
        elif kind in ("FileName", "PathName"):
            load[load_name(kind, image)] = values
        elif kind == "Metadata":
            load[name] = values
    return load
