"""Which plane of its file an image is; planes are counted from 0, as in the tables."""

from collections import Counter


def planes_of_volumes(columns, suffix):
    """Planes of a channel of CellProfiler's table: the measured one of a volume, or else the frame that was loaded.

    Parameters
    ----------
    columns : dict of lists of str
    suffix : str
        Of the channel's columns, "_DNA" and so on.

    Returns
    -------
    list of str
        Empty where no plane but the first was loaded of any file, so that there is nothing to tell.
    """
    best = columns.get("ImageFocus_BestPlane" + suffix)
    rows = len(next(iter(columns.values())))
    planes = [_whole(text) for text in best or columns.get("Frame" + suffix) or [""] * rows]
    return planes if best or any(plane not in ("", "0") for plane in planes) else [""] * rows


def planes_of_stacks(folders, names, planes):
    """Planes of the command line's table: list of str, empty where a file has no other."""
    counts = Counter(zip(folders, names))
    return [plane if counts[folder, name] > 1 else "" for folder, name, plane in zip(folders, names, planes)]


def _whole(text):
    try:
        return str(int(float(text)))
    except (ValueError, OverflowError):
        return ""


def name_with_plane(fields, channel, row):
    """The file of an image and, where it has more than one, the plane: "stack.tif, plane 3"."""
    name = fields.load[channel.file_column][row] if channel.file_column else ""
    plane = channel.planes[row]
    return ", ".join(filter(None, [name, plane and "plane " + plane]))


def note_planes(fields):
    """Say that the planes of one file are fields of their own, where there are such files."""
    planes: set[tuple[str, str, str]] = set()
    for channel in fields.channels:
        if channel.file_column:
            folders = fields.load.get("Image_PathName_" + channel.name) or [""] * len(fields)
            planes.update(zip(folders, fields.load[channel.file_column], channel.planes))
    counts = Counter((folder, name) for folder, name, plane in planes if name and plane)
    stacks = sum(count > 1 for count in counts.values())
    if stacks:
        fields.notes.append(
            f"{stacks} file(s) have more than one plane: each plane counts as a field (image set) of its own. Planes "
            "are counted from 0."
        )
