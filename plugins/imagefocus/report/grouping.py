"""The command line's table, a row an image -> fields.

Files whose names differ in the channel alone are one image set.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from ..screens.names import recognize_all
from .fields import Channel, Fields, load_name
from .numbers import Numbers
from .places import find_places
from .planes import list_stack_planes

UNNAMED = "image"  # the channel of files whose names do not say one


@dataclass
class ImageRow:
    """A row of the table.

    Attributes
    ----------
    row : int
    folder, name, plane : str
        Of its file; the plane as the table has it.
    plane_to_show : str
        Empty where the file has no other.
    channel : str
        As the file's name says it; may be empty.
    image_set : int
        Image sets are numbered in the order of their first rows.
    """

    row: int
    folder: str
    name: str
    plane: str
    plane_to_show: str
    channel: str
    image_set: int


def group_images(columns: dict[str, list[str]], numbers: Numbers, notes: list[str]) -> Fields:
    """Make fields of the command line's table.

    Parameters
    ----------
    columns : dict of lists of str
        As `read_columns` returns them.
    numbers : Numbers
        Of the rows.
    notes : list of str
        Grows by what is missing, and becomes that of the fields.
    """
    images = _read_images(columns)
    first_rows: dict[int, int] = {}
    for image in images:
        first_rows.setdefault(image.image_set, image.row)
    set_columns = {name: [values[row] for row in first_rows.values()] for name, values in columns.items()}
    places = find_places(set_columns, set_columns["FileName"])
    load = {name: values for name, values in set_columns.items() if name.startswith("Metadata_")}
    load.update(places.metadata)
    fields = Fields(places.plates, places.wells, places.sites, [], load, notes)
    _add_channels(fields, images, numbers)
    return fields


def _read_images(columns: dict[str, list[str]]) -> list[ImageRow]:
    names = columns["FileName"]
    folders = _folders_of(columns)
    planes = columns.get("Plane") or [""] * len(names)
    places = recognize_all(names)
    channels = [place.channel for place in places]
    files = list(zip(folders, planes, (place.rest for place in places)))
    image_sets = _number_image_sets(files, channels)
    rows = range(len(names))
    planes_to_show = list_stack_planes(folders, names, planes)
    return list(map(ImageRow, rows, folders, names, planes, planes_to_show, channels, image_sets))


def _folders_of(columns: dict[str, list[str]]) -> list[str]:
    """Folders of the images, whose Path may be that of the file or of its folder."""
    names = columns["FileName"]
    paths = columns.get("Path") or [""] * len(names)
    return [os.path.dirname(path) if os.path.basename(path) == name else path for name, path in zip(names, paths)]


def _number_image_sets(files: list[tuple], channels: list[str]) -> list[int]:
    """Number of each file's image set.

    Files are of one image set if they are equal but for the channel. Two files of one channel never are: the second one
    opens another image set.
    """
    numbers: dict[tuple, int] = {}
    repeats: dict[tuple, int] = defaultdict(int)  # how often this file and channel came before
    image_sets = []
    for file, channel in zip(files, channels):
        repeat = repeats[file, channel]
        repeats[file, channel] += 1
        image_sets.append(numbers.setdefault((file, repeat), len(numbers)))
    return image_sets


def _add_channels(fields: Fields, images: list[ImageRow], numbers: Numbers) -> None:
    by_channel: dict[str, list[ImageRow]] = defaultdict(list)
    for image in images:
        by_channel[image.channel].append(image)
    missing = len(fields) * len(by_channel) - len(images)
    if missing:
        fields.notes.append(
            f"{missing} image(s) of a channel that others have are missing: their image sets count as not rated, and "
            "none of them is kept, while that channel must be in focus."
        )
    has_frames = any(image.plane not in ("", "0") for image in images)
    for name in sorted(by_channel):
        fields.channels.append(_make_channel(name or UNNAMED, by_channel[name], numbers, len(fields)))
        fields.load.update(_files_to_load(name or UNNAMED, by_channel[name], len(fields), has_frames))


def _make_channel(name: str, images: list[ImageRow], numbers: Numbers, set_count: int) -> Channel:
    image_sets = [image.image_set for image in images]
    rows = [image.row for image in images]
    values_of_sets = {}
    for feature, values in numbers.values.items():
        values_of_sets[feature] = np.full(set_count, np.nan)
        values_of_sets[feature][image_sets] = values[rows]
    errors = {image.image_set: numbers.errors[image.row] for image in images if image.row in numbers.errors}
    planes = _fill_image_sets(images, "plane_to_show", set_count)
    return Channel(name, values_of_sets, errors, load_name("FileName", name), planes)


def _files_to_load(name: str, images: list[ImageRow], set_count: int, has_frames: bool) -> dict[str, list[str]]:
    """The columns of LoadData that say where a channel's images are."""
    columns = {
        load_name("FileName", name): _fill_image_sets(images, "name", set_count),
        load_name("PathName", name): _fill_image_sets(images, "folder", set_count),
    }
    if has_frames:
        columns[load_name("Frame", name)] = _fill_image_sets(images, "plane", set_count)
    return columns


def _fill_image_sets(images: list[ImageRow], attribute: str, set_count: int) -> list[str]:
    """An attribute of a channel's images by image set; empty texts where there is no image."""
    texts = [""] * set_count
    for image in images:
        texts[image.image_set] = getattr(image, attribute)
    return texts
