"""Table of images -> image sets: where each was taken, its numbers in each channel, and the columns to load it again."""

import os

import numpy as np

from ..optics import LEVEL_COUNT
from ..screens.places import note_places, places_of, recognize_all
from .planes import note_planes, planes_of_stacks, planes_of_volumes
from .tables import FEATURES, channels_of
from .weights import note_weights

LIMITS = {"Score": LEVEL_COUNT - 1, "ExpectedScore": LEVEL_COUNT - 1, "Certainty": 1, "CertainFraction": 1}
UNNAMED = "image"  # the channel of files whose name tells none
_KEYS = ("FileName", "PathName", "Frame", "Series", "Path", "Plane")


class Channel:
    """Ratings of one channel, an entry an image set.

    Attributes
    ----------
    name : str
    numbers : dict of (n,) float arrays
        By the names in FEATURES; NaN where there is no rating.
    errors : dict of int: str
        Why an image set has none; where it has no image at all, it is in neither.
    file_column : str or None
        Which of the columns to load has the names of the images; None for images made in the pipeline.
    planes : list of str
        Which plane of its file each image is; empty where the file has no other.
    """

    def __init__(self, name, numbers, errors, file_column, planes):
        self.name, self.numbers, self.errors = name, numbers, errors
        self.file_column, self.planes = file_column, planes


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

    def __init__(self, plates, wells, sites, channels, load, notes):
        self.plates, self.wells, self.sites = plates, wells, sites
        self.channels, self.load, self.notes = channels, load, notes

    def __len__(self):
        return len(self.plates)


def gather_fields(columns, notes=()):
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
    suffixes = channels_of(columns)
    ratings = {suffix: _numbers(columns, suffix, notes) for suffix in suffixes}
    if not any(np.isfinite(numbers["Score"]).any() for numbers, _ in ratings.values()):
        errors = [error for _, errors in ratings.values() for error in errors.values()]
        raise ValueError(f"No image of the table has a rating; the first says: {(errors or ['nothing'])[0]}")
    note_weights(columns, notes)
    gather = _one_row_an_image if suffixes == [""] else _one_row_an_image_set
    fields = gather(columns, ratings, notes)
    note_planes(fields)
    note_places(fields)
    return fields


def _drop_repeated(columns, notes):
    keys = [name for name in columns if name.split("_")[0] in _KEYS]
    if not any(name.startswith("FileName") for name in keys):
        keys = [name for name in columns if name.startswith("Metadata_") or name == "ImageNumber"] or list(columns)
    first = {}
    for row, key in enumerate(zip(*(columns[name] for name in keys))):
        first.setdefault(key, row)
    rows = list(first.values())
    repeated = len(columns[keys[0]]) - len(rows)
    if not repeated:
        return columns
    notes.append(f"{int(repeated)} row(s) name the same image(s) as one before and are left out; the first counts.")
    return {name: [values[row] for row in rows] for name, values in columns.items()}


def _numbers(columns, suffix, notes):
    """The four numbers of each row, all NaN where one of them is none, and why by row."""
    texts = {feature: columns["ImageFocus_" + feature + suffix] for feature in FEATURES}
    numbers = {feature: _floats(texts[feature]) for feature in FEATURES}
    good = np.all([(numbers[feature] >= 0) & (numbers[feature] <= LIMITS[feature]) for feature in FEATURES], axis=0)
    errors = {}
    said = columns.get("Error") or [""] * len(good)
    for row in np.flatnonzero(~good).tolist():
        bad = next((f for f in FEATURES if not 0 <= numbers[f][row] <= LIMITS[f]), None)
        found = f"ImageFocus_{bad}{suffix} is {texts[bad][row]!r}, no number of 0 to {int(LIMITS[bad])}"
        errors[row] = said[row] or found
    unsaid = [row for row in errors if not said[row]]
    of = f" of {suffix[1:]}" if suffix else ""
    if unsaid:
        first = unsaid[0]
        notes.append(
            f"{len(unsaid)} image(s){of} have no usable numbers; the first, row {int(first + 1)}: {errors[first]}."
        )
    if len(unsaid) < len(errors):
        count = len(errors) - len(unsaid)
        notes.append(f"{int(count)} image(s){of} could not be rated; the table gives the reason of each.")
    return {feature: np.where(good, values, np.nan) for feature, values in numbers.items()}, errors


def _floats(texts):
    try:
        return np.array(texts, dtype=float)
    except ValueError:
        return np.array([_float(text) for text in texts])


def _float(text):
    try:
        return float(text)
    except ValueError:
        return np.nan


def _one_row_an_image_set(columns, ratings, notes):
    """Fields of CellProfiler's table."""
    files = [name for name in columns if name.startswith("FileName_")]
    load = {_load_name(name): columns[name] for name in columns if _is_loaded(name, columns[name])}
    file_names = columns[files[0]] if files else [""] * len(next(iter(columns.values())))
    plates, wells, sites = places_of(columns, file_names, load)
    channels = []
    for suffix, (numbers, errors) in ratings.items():
        file_column = "Image_FileName" + suffix
        file_column = file_column if file_column in load else None
        channels.append(Channel(suffix[1:], numbers, errors, file_column, planes_of_volumes(columns, suffix)))
    if not files:
        notes.append("The table has no FileName_ columns: the list of kept image sets cannot name their files.")
    return Fields(plates, wells, sites, channels, load, notes)


def _is_loaded(name, values):
    if name.startswith(("Frame_", "Series_")):
        return any(value not in ("", "0") for value in values)
    return name.startswith(("FileName_", "PathName_", "Metadata_"))


def _load_name(name):
    return "Image_" + name if name.startswith(("FileName_", "PathName_")) else name


def _one_row_an_image(columns, ratings, notes):
    """Fields of the command line's table: images whose names differ in the channel alone are one image set."""
    folders, names = _folders_of(columns), columns["FileName"]
    planes = columns.get("Plane") or [""] * len(names)
    places = recognize_all(names)
    sets, of_row = {}, []
    taken = set()
    for folder, plane, place in zip(folders, planes, places):
        key = (folder, plane, place.rest)
        while (key, place.channel) in taken:  # two files of one channel: no image set
            key += ("again",)
        taken.add((key, place.channel))
        of_row.append(sets.setdefault(key, len(sets)))
    first = dict(zip(reversed(of_row), range(len(of_row) - 1, -1, -1)))
    rows = [first[index] for index in range(len(sets))]
    of_sets = {name: [values[row] for row in rows] for name, values in columns.items()}
    load = {name: values for name, values in of_sets.items() if name.startswith("Metadata_")}
    plates, wells, sites = places_of(of_sets, of_sets["FileName"], load)
    shown = planes_of_stacks(folders, names, planes)
    columns = dict(columns, FileName=names, PathName=folders, Frame=planes, Shown=shown)
    lacking = len(rows) * len({place.channel for place in places}) - len(names)
    if lacking:
        notes.append(
            "%d image(s) of a channel that others have are missing: their image sets count as not rated, and none of them "
            "is kept, while that channel must be in focus." % lacking
        )
    of_row = np.array(of_row)
    channels = [
        _split_channel(
            name,
            columns,
            ratings[""],
            [row for row, place in enumerate(places) if place.channel == name],
            of_row,
            len(sets),
            load,
        )
        for name in sorted({place.channel for place in places})
    ]
    return Fields(plates, wells, sites, channels, load, notes)


def _split_channel(name, columns, ratings, rows, of_row, count, load):
    """The rows of one channel as a Channel; adds the columns that load it."""
    name, sets = name or UNNAMED, of_row[rows]
    spread = {column: [""] * count for column in ("FileName", "PathName", "Frame", "Shown")}
    for index, row in zip(sets.tolist(), rows):
        for column, values in spread.items():
            values[index] = columns[column][row]
    planes = spread.pop("Shown")
    if not any(value not in ("", "0") for value in columns["Frame"]):
        del spread["Frame"]
    load.update((_load_name(column + "_" + name), values) for column, values in spread.items())
    numbers = {feature: np.full(count, np.nan) for feature in FEATURES}
    for feature in FEATURES:
        numbers[feature][sets] = ratings[0][feature][rows]
    errors = {index: ratings[1][row] for index, row in zip(sets.tolist(), rows) if row in ratings[1]}
    return Channel(name, numbers, errors, "Image_FileName_" + name, planes)


def _folders_of(columns):
    """Folders of the command line's images, whose Path may be that of the file or of its folder."""
    paths = columns.get("Path") or [""] * len(columns["FileName"])
    return [
        os.path.dirname(path) if os.path.basename(path) == name else path
        for name, path in zip(columns["FileName"], paths)
    ]
