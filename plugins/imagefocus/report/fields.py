"""Table of images -> image sets: place, numbers in each channel, and the columns that load them again."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from ..measurements import SCORE, measurement_name
from ..screens.names import recognize_all
from .places import note_places, places_of
from .planes import note_planes, planes_of_stacks, planes_of_volumes
from .tables import FEATURES, channels_of
from .weights import note_weights

UNNAMED = "image"  # the channel of files whose name tells none
_KEYS = ("FileName", "PathName", "Frame", "Series", "Path", "Plane")


@dataclass
class Channel:
    """Ratings of one channel, an entry an image set.

    Attributes
    ----------
    name : str
    numbers : dict of (n,) float arrays
        By the names of the report's features; NaN where there is no rating.
    errors : dict of int: str
        Why an image set has none; where it has no image at all, it is in neither.
    file_column : str or None
        Which of the columns to load has the names of the images; None for images made in the pipeline.
    planes : list of str
        Which plane of its file each image is; empty where the file has no other.
    """

    name: str
    numbers: dict[str, np.ndarray]
    errors: dict[int, str]
    file_column: str | None
    planes: list[str]


@dataclass
class Fields:
    """Image sets in the order of the table.

    Attributes
    ----------
    plates, wells, sites : lists of str
    channels : list of Channel
    load : dict of lists of str
        Columns of a CSV for LoadData.
    notes : list of str
        What is left out or was amended, for the reader.
    """

    plates: list[str]
    wells: list[str]
    sites: list[str]
    channels: list[Channel]
    load: dict[str, list[str]]
    notes: list[str]

    def __len__(self) -> int:
        return len(self.plates)


@dataclass
class Ratings:
    """Numbers of the rows of a table by feature, NaN where one is missing, and the reason by row."""

    numbers: dict[str, np.ndarray]
    errors: dict[int, str]


def gather_fields(columns: dict[str, list[str]], notes: list[str] | tuple = ()) -> Fields:
    """Make image sets of a table.

    Parameters
    ----------
    columns : dict of lists of str
        As `read_columns` returns them.
    notes : sequence of str

    Returns
    -------
    Fields

    Raises
    ------
    ValueError
        If no image has a rating.
    """
    notes = list(notes)
    columns = _drop_repeated(columns, notes)
    ratings = {suffix: _read_ratings(columns, suffix, notes) for suffix in channels_of(columns)}
    if not any(np.isfinite(of_channel.numbers[SCORE.name]).any() for of_channel in ratings.values()):
        errors = [error for of_channel in ratings.values() for error in of_channel.errors.values()]
        raise ValueError(f"No image of the table has a rating; the first says: {(errors or ['nothing'])[0]}")
    note_weights(columns, notes)
    if list(ratings) == [""]:
        fields = _fields_of_image_rows(columns, ratings[""], notes)
    else:
        fields = _fields_of_image_set_rows(columns, ratings, notes)
    note_planes(fields)
    note_places(fields)
    return fields


def _drop_repeated(columns: dict[str, list[str]], notes: list[str]) -> dict[str, list[str]]:
    keys = [name for name in columns if name.split("_")[0] in _KEYS]
    if not any(name.startswith("FileName") for name in keys):
        keys = [name for name in columns if name.startswith("Metadata_") or name == "ImageNumber"] or list(columns)
    first: dict[tuple, int] = {}
    for row, key in enumerate(zip(*(columns[name] for name in keys))):
        first.setdefault(key, row)
    rows = list(first.values())
    repeated = len(columns[keys[0]]) - len(rows)
    if not repeated:
        return columns
    notes.append(f"{repeated} row(s) name the same image(s) as one before and are left out; the first counts.")
    return {name: [values[row] for row in rows] for name, values in columns.items()}


def _read_ratings(columns: dict[str, list[str]], suffix: str, notes: list[str]) -> Ratings:
    """Ratings of each row; all numbers are NaN where one of them is none."""
    image = suffix[1:]
    texts = {feature.name: columns[measurement_name(feature, image)] for feature in FEATURES}
    numbers = {name: _to_floats(values) for name, values in texts.items()}
    in_range = {f.name: (numbers[f.name] >= 0) & (numbers[f.name] <= f.largest) for f in FEATURES}
    usable = np.all(list(in_range.values()), axis=0)
    reasons = columns.get("Error") or [""] * len(usable)  # that the table itself gives
    errors = {}
    for row in np.flatnonzero(~usable).tolist():
        bad = next((f for f in FEATURES if not in_range[f.name][row]), SCORE)
        problem = f"{measurement_name(bad, image)} is {texts[bad.name][row]!r}, no number of 0 to {bad.largest}"
        errors[row] = reasons[row] or problem
    _note_errors(errors, reasons, image, notes)
    return Ratings({name: np.where(usable, values, np.nan) for name, values in numbers.items()}, errors)


def _note_errors(errors: dict[int, str], reasons: list[str], image: str, notes: list[str]) -> None:
    unexplained = [row for row in errors if not reasons[row]]
    of_image = f" of {image}" if image else ""
    if unexplained:
        row = unexplained[0]
        notes.append(
            f"{len(unexplained)} image(s){of_image} have no usable numbers; the first, row {row + 1}: {errors[row]}."
        )
    explained = len(errors) - len(unexplained)
    if explained:
        notes.append(f"{explained} image(s){of_image} could not be rated; the table gives the reason of each.")


def _to_floats(texts: list[str]) -> np.ndarray:
    try:
        return np.array(texts, dtype=float)
    except ValueError:
        return np.array([_to_float(text) for text in texts])


def _to_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _fields_of_image_set_rows(columns: dict[str, list[str]], ratings: dict[str, Ratings], notes: list[str]) -> Fields:
    """Fields of CellProfiler's table, a row an image set."""
    file_columns = [name for name in columns if name.startswith("FileName_")]
    load = {_load_name(name): columns[name] for name in columns if _is_loaded(name, columns[name])}
    row_count = len(next(iter(columns.values())))
    file_names = columns[file_columns[0]] if file_columns else [""] * row_count
    plates, wells, sites = places_of(columns, file_names, load)
    channels = []
    for suffix, of_channel in ratings.items():
        file_column = "Image_FileName" + suffix
        planes = planes_of_volumes(columns, suffix)
        channels.append(
            Channel(
                suffix[1:], of_channel.numbers, of_channel.errors, file_column if file_column in load else None, planes
            )
        )
    if not file_columns:
        notes.append("The table has no FileName_ columns: the list of kept image sets cannot name their files.")
    return Fields(plates, wells, sites, channels, load, notes)


def _is_loaded(name: str, values: list[str]) -> bool:
    if name.startswith(("Frame_", "Series_")):
        return any(value not in ("", "0") for value in values)
    return name.startswith(("FileName_", "PathName_", "Metadata_"))


def _load_name(name: str) -> str:
    return "Image_" + name if name.startswith(("FileName_", "PathName_")) else name


def _fields_of_image_rows(columns: dict[str, list[str]], ratings: Ratings, notes: list[str]) -> Fields:
    """Fields of the command line's table, a row an image: names that differ in the channel alone are one image set."""
    names, folders = columns["FileName"], _folders_of(columns)
    planes = columns.get("Plane") or [""] * len(names)
    channel_of_row, set_of_row = _assign_image_sets(folders, planes, names)
    first_row: dict[int, int] = {}
    for row, image_set in enumerate(set_of_row):
        first_row.setdefault(image_set, row)
    set_columns = {name: [values[row] for row in first_row.values()] for name, values in columns.items()}
    load = {name: values for name, values in set_columns.items() if name.startswith("Metadata_")}
    plates, wells, sites = places_of(set_columns, set_columns["FileName"], load)
    rows_of_channel = defaultdict(list)
    for row, channel in enumerate(channel_of_row):
        rows_of_channel[channel].append(row)
    missing = len(first_row) * len(rows_of_channel) - len(names)
    if missing:
        notes.append(
            f"{missing} image(s) of a channel that others have are missing: their image sets count as not rated, and "
            "none of them is kept, while that channel must be in focus."
        )
    files = {"FileName": names, "PathName": folders, "Frame": planes}
    shown_planes = planes_of_stacks(folders, names, planes)
    channels = []
    for name in sorted(rows_of_channel):
        rows = rows_of_channel[name]
        spread = _Spread([set_of_row[row] for row in rows], rows, len(first_row))
        channels.append(spread.channel(name or UNNAMED, ratings, shown_planes))
        load.update(spread.columns_to_load(name or UNNAMED, files))
    return Fields(plates, wells, sites, channels, load, notes)


def _assign_image_sets(folders: list[str], planes: list[str], names: list[str]) -> tuple[list[str], list[int]]:
    """Channel and number of the image set of each row. Two files of one channel are never in one image set."""
    channels: list[str] = []
    set_of_row: list[int] = []
    number_of_set: dict[tuple, int] = {}
    repeats: dict[tuple, int] = defaultdict(int)  # how many files of a channel an image set would have had before
    for folder, plane, place in zip(folders, planes, recognize_all(names)):
        key = (folder, plane, place.rest)
        repeat = repeats[key, place.channel]
        repeats[key, place.channel] += 1
        channels.append(place.channel)
        set_of_row.append(number_of_set.setdefault((key, repeat), len(number_of_set)))
    return channels, set_of_row


@dataclass
class _Spread:
    """The rows of one channel, spread over all image sets; those without an image of the channel stay empty."""

    image_sets: list[int]  # of each row
    rows: list[int]
    count: int  # of all image sets

    def texts(self, values: list[str]) -> list[str]:
        spread = [""] * self.count
        for image_set, row in zip(self.image_sets, self.rows):
            spread[image_set] = values[row]
        return spread

    def numbers(self, values: np.ndarray) -> np.ndarray:
        spread = np.full(self.count, np.nan)
        spread[self.image_sets] = values[self.rows]
        return spread

    def channel(self, name: str, ratings: Ratings, planes: list[str]) -> Channel:
        numbers = {feature: self.numbers(values) for feature, values in ratings.numbers.items()}
        pairs = zip(self.image_sets, self.rows)
        errors = {image_set: ratings.errors[row] for image_set, row in pairs if row in ratings.errors}
        return Channel(name, numbers, errors, _load_name("FileName_" + name), self.texts(planes))

    def columns_to_load(self, name: str, files: dict[str, list[str]]) -> dict[str, list[str]]:
        """Columns of LoadData by name; planes are named only where the files have several."""
        columns = {f"{column}_{name}": self.texts(values) for column, values in files.items()}
        if not any(frame not in ("", "0") for frame in files["Frame"]):
            del columns[f"Frame_{name}"]
        return {_load_name(column): values for column, values in columns.items()}


def _folders_of(columns: dict[str, list[str]]) -> list[str]:
    """Folders of the command line's images, whose Path may be that of the file or of its folder."""
    paths = columns.get("Path") or [""] * len(columns["FileName"])
    return [
        os.path.dirname(path) if os.path.basename(path) == name else path
        for name, path in zip(columns["FileName"], paths)
    ]
