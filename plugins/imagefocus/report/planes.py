"""Which plane of its file an image is. Planes are counted from 0, as in the tables."""

from __future__ import annotations

from collections import Counter

from ..measurements import BEST_PLANE, measurement_name
from .fields import Channel, Fields, load_name


def list_volume_planes(columns: dict[str, list[str]], image: str) -> list[str]:
    """List the planes of an image in CellProfiler's table: the measured one of a volume, or else the frame loaded.

    Parameters
    ----------
    columns : dict of lists of str
    image : str
        Its name in the pipeline.

    Returns
    -------
    list of str
        All empty where only first planes were loaded: the files may have no other.
    """
    row_count = len(next(iter(columns.values())))
    measured = columns.get(measurement_name(BEST_PLANE, image))
    planes = [_to_whole(text) for text in measured or columns.get(load_name("Frame", image)) or [""] * row_count]
    return planes if measured or any(plane not in ("", "0") for plane in planes) else [""] * row_count


def list_stack_planes(folders: list[str], names: list[str], planes: list[str]) -> list[str]:
    """List the planes of the command line's table, a file or a plane of it a row; empty where a file has no other."""
    files = list(zip(folders, names))
    counts = Counter(files)
    return [plane if counts[file] > 1 else "" for file, plane in zip(files, planes)]


def _to_whole(text: str) -> str:
    try:
        return str(int(float(text)))
    except (ValueError, OverflowError):
        return ""


def describe_file(fields: Fields, channel: Channel, row: int) -> str:
    """The file of an image and, where it has more than one, the plane: "stack.tif, plane 3"."""
    name, plane = fields.file_names(channel)[row], channel.planes[row]
    return ", ".join(filter(None, [name, plane and "plane " + plane]))


def note_planes(fields: Fields) -> None:
    """Add to the notes that the planes of one file are fields of their own, where there are such files."""
    planes: set[tuple[str, str, str]] = set()
    for channel in fields.channels:
        planes.update(zip(fields.folders(channel), fields.file_names(channel), channel.planes))
    counts = Counter((folder, name) for folder, name, plane in planes if name and plane)
    stack_count = sum(count > 1 for count in counts.values())
    if stack_count:
        fields.notes.append(
            f"{stack_count} file(s) have more than one plane: each plane counts as a field (image set) of its own. "
            "Planes are counted from 0."
        )
