"""Plate, well, site and channel of an image: from Metadata columns, or the name that its microscope gave the file."""

import functools
import re
from collections import Counter, namedtuple

PLATES = ((8, 12), (16, 24), (32, 48))  # rows and columns of 96, 384 and 1536 wells
NO_PLATE = "plate"
MOST_CHANNELS = 10  # more kinds of "c1" count something else
_COLUMNS_OF_PLACES = {
    "plate": ("Metadata_Plate", "Metadata_Barcode", "Metadata_PlateID"),
    "well": ("Metadata_Well", "Metadata_WellID"),
    "site": ("Metadata_Site", "Metadata_Field", "Metadata_FieldID"),
}

Place = namedtuple("Place", "plate well site channel rest")  # rest: what the images of one image set have in common

_WELL = r"(?P<well>(?:[A-Z]|A[A-F])\d{1,2})"
_FORMS = [
    # Opera and Operetta: r01c02f03p01-ch1sk1fk1fl1.tiff
    re.compile(r"(?P<before>)r(?P<row>\d\d)c(?P<column>\d\d)f(?P<site>\d+)(?:p\d+)?(?:-ch(?P<channel>\d+))?"),
    # CellVoyager: Plate_A01_T0001F001L01A01Z01C01.tif
    re.compile(r"(?P<before>.*?)_?" + _WELL + r"_T\d+F(?P<site>\d+)L\d+A\d+Z\d+(?P<channel>C\d+)"),
    # InCell Analyzer: A - 01(fld 1 wv DAPI - DAPI).tif
    re.compile(r"(?P<before>)(?P<letter>[A-P]) - (?P<column>\d+)\(fld (?P<site>\d+)(?: wv (?P<channel>[^)]*))?\)"),
    # ArrayScan and CellInsight: Plate_A01f00d0.TIF
    re.compile(r"(?P<before>.*?)_?" + _WELL + r"f(?P<site>\d+)(?P<channel>d\d+)"),
    # ImageXpress and most others: Plate_A01_s1_w1.tif; the last thing that looks like a well before a site
    re.compile(
        r"(?P<before>.*(?<![A-Za-z0-9])|)" + _WELL + r"[_ -](?:s|f|site|field)_?(?P<site>\d+)(?![A-Za-z0-9])", re.I
    ),
    # Without a site: Plate_A01_w1.tif, A01.tif; two digits, since C1 may be a channel
    re.compile(r"(?P<before>.*(?<![A-Za-z0-9])|)(?P<well>(?:[A-Z]|A[A-F])\d\d)(?![A-Za-z0-9])"),
]
# ImageXpress puts a GUID after the channel's digit.
_CHANNEL = re.compile(
    r"(?<=[^A-Za-z0-9])((?:w|ch?)(?:\d(?=[0-9A-F]{8}-)|\d{1,2}(?![A-Za-z0-9])))([0-9A-F]{8}-[0-9A-F-]+)?"
)
_DOUBTFUL = re.compile(r"c\d+")  # may be a cell line, a cycle or a compound as well


def recognize(file_name):
    """Find out from a file name where its image was taken.

    Parameters
    ----------
    file_name : str

    Returns
    -------
    Place
        Its texts are empty where the name does not say; well as in "A01".
    """
    found = next(filter(None, (form.match(file_name) for form in _FORMS)), None)
    parts = found.groupdict() if found else {}
    channel, rest = parts.get("channel"), file_name
    if channel:
        rest = file_name[: found.start("channel")] + file_name[found.end("channel") :]
        channel = "ch" + channel if channel.isdigit() else channel
    else:
        place = _CHANNEL.search(file_name, found.end() if found else 0)
        channel = place.group(1) if place else ""
        rest = file_name[: place.start()] + file_name[place.end() :] if place else rest
    site = parts.get("site") or ""
    return Place((parts.get("before") or "").strip("_- "), _well_of(parts), site.lstrip("0") or site[:1], channel, rest)


def recognize_all(file_names):
    """A Place of each name; "c1" is a channel only where other names have another one, and not many.

    Examples
    --------
    >>> [place.channel for place in recognize_all(["x_c1.tif", "y_c1.tif"])]
    ['', '']
    """
    places = [recognize(name) for name in file_names]
    doubtful = {place.channel for place in places if _DOUBTFUL.fullmatch(place.channel)}
    if len(doubtful) != 1 and len(doubtful) <= MOST_CHANNELS:
        return places
    return [
        place._replace(channel="", rest=name) if place.channel in doubtful else place
        for place, name in zip(places, file_names)
    ]


def _well_of(parts):
    if parts.get("well"):
        return tidy_well(parts["well"])
    if parts.get("row"):
        return well_name(int(parts["row"]) - 1, int(parts["column"]) - 1)
    return tidy_well(parts["letter"] + parts["column"]) if parts.get("letter") else ""


def well_name(row, column):
    """Name of a well, "A01" for row 0 and column 0, "AF48" for the last of 1536."""
    letters = chr(ord("A") + row) if row < 26 else "A" + chr(ord("A") + row - 26)
    return f"{letters}{int(column + 1):02}"


@functools.lru_cache(maxsize=10000)  # many fields lie in one well
def well_position(well):
    """Row and column of a well, from 0; None where the text is no well of a plate of up to 1536.

    Examples
    --------
    >>> well_position("b3"), well_position("AF48"), well_position("Z99")
    ((1, 2), (31, 47), None)
    """
    found = re.match(r"\s*([A-Za-z]{1,2})[ _-]*0*([1-9]\d?)\s*$", well)
    if not found:
        return None
    row = 0
    for letter in found.group(1).upper():
        row = 26 * row + ord(letter) - ord("A") + 1
    row, column = row - 1, int(found.group(2)) - 1
    return (row, column) if row < PLATES[-1][0] and column < PLATES[-1][1] else None


def tidy_well(well):
    """The well as "A01", or the text as it is where it is no well."""
    position = well_position(well)
    return well_name(*position) if position else well


def plate_size(positions):
    """Rows and columns of the smallest plate that has all these wells."""
    return next(size for size in PLATES if all(row < size[0] and column < size[1] for row, column in positions))


def places_of(columns, file_names, load):
    """Plates, wells and sites of image sets; what the file names tell goes into the columns to load, too.

    Parameters
    ----------
    columns : dict of lists of str
    file_names : list of str
        A file of each image set; empty texts where there is none.
    load : dict of lists of str
        Amended.

    Returns
    -------
    lists of str
    """
    known = {
        kind: next((name for name in names if any(columns.get(name, ()))), None)
        for kind, names in _COLUMNS_OF_PLACES.items()
    }
    recognized = [] if all(known.values()) else [recognize(name) for name in file_names]
    found = {}
    for kind, column in known.items():
        if column:
            found[kind] = columns[column]
        else:
            found[kind] = [getattr(place, kind) for place in recognized]
            if kind == "plate" and len(set(found[kind])) > max(20, len(file_names) / 2):
                found[kind] = [""] * len(file_names)  # a number that counts the files, no plate
            if any(found[kind]):
                load["Metadata_" + kind.capitalize()] = found[kind]
    plates = [plate or NO_PLATE for plate in found["plate"]]
    return plates, [tidy_well(well) for well in found["well"]], found["site"]


def note_places(fields):
    """Say which image sets are in no heat map, and why."""
    outside = Counter(well for well in fields.wells if well and not well_position(well))
    if outside:
        fields.notes.append(
            "%d field(s) are in the table, but in no heat map, since a plate of 1536 wells has no well %s."
            % (sum(outside.values()), ", ".join(list(outside)[:10]) + (", ..." if len(outside) > 10 else ""))
        )
    unknown = sum(not well for well in fields.wells)
    if unknown:
        fields.notes.append(
            "%d field(s) are in the table, but in no heat map: they have no Metadata_Well, and their file names name no "
            "well (as Plate_A01_s1_w1.tif or r01c02f03p01-ch1.tif do)." % unknown
        )
    if set(fields.plates) == {NO_PLATE}:
        fields.notes.append(
            f"Neither Metadata_Plate nor the file names name a plate: all is on one, called {NO_PLATE!r}."
        )
