"""Plate, well, site and channel of an image, out of the name that its microscope gave the file."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Sequence

from .wells import tidy_well, well_name

MOST_CHANNELS = 10  # more kinds of "c1" count something else

Place = namedtuple("Place", "plate well site channel rest")  # rest: what the images of one image set have in common

# How an instrument names its files: who writes so, an example, which a test recognizes, and the pattern.
Convention = namedtuple("Convention", "name example pattern")

_WELL = r"(?P<well>(?:[A-Z]|A[A-F])\d{1,2})"
CONVENTIONS = (
    Convention(
        "Opera and Operetta",
        "r01c02f03p01-ch1sk1fk1fl1.tiff",
        re.compile(r"(?P<before>)r(?P<row>\d\d)c(?P<column>\d\d)f(?P<site>\d+)(?:p\d+)?(?:-ch(?P<channel>\d+))?"),
    ),
    Convention(
        "CellVoyager",
        "Plate_A02_T0001F003L01A01Z01C01.tif",
        re.compile(r"(?P<before>.*?)_?" + _WELL + r"_T\d+F(?P<site>\d+)L\d+A\d+Z\d+(?P<channel>C\d+)"),
    ),
    Convention(
        "IN Cell Analyzer",
        "A - 02(fld 3 wv DAPI - DAPI).tif",
        re.compile(r"(?P<before>)(?P<letter>[A-P]) - (?P<column>\d+)\(fld (?P<site>\d+)(?: wv (?P<channel>[^)]*))?\)"),
    ),
    Convention(
        "ArrayScan and CellInsight",
        "Plate_A02f03d0.TIF",
        re.compile(r"(?P<before>.*?)_?" + _WELL + r"f(?P<site>\d+)(?P<channel>d\d+)"),
    ),
    Convention(  # the last thing that looks like a well before a site
        "ImageXpress and most others",
        "Plate_A02_s3_w1.tif",
        re.compile(
            r"(?P<before>.*(?<![A-Za-z0-9])|)" + _WELL + r"[_ -](?:s|f|site|field)_?(?P<site>\d+)(?![A-Za-z0-9])", re.I
        ),
    ),
    Convention(  # two digits, since C1 may be a channel
        "a well without a site",
        "Plate_A02_w1.tif",
        re.compile(r"(?P<before>.*(?<![A-Za-z0-9])|)(?P<well>(?:[A-Z]|A[A-F])\d\d)(?![A-Za-z0-9])"),
    ),
)
# ImageXpress puts a GUID after the channel's digit.
_CHANNEL = re.compile(
    r"(?<=[^A-Za-z0-9])((?:w|ch?)(?:\d(?=[0-9A-F]{8}-)|\d{1,2}(?![A-Za-z0-9])))([0-9A-F]{8}-[0-9A-F-]+)?"
)
_AMBIGUOUS_CHANNEL = re.compile(r"c\d+")  # may be a cell line, a cycle or a compound as well


def recognize(file_name: str) -> Place:
    """Find out from a file name where its image was taken.

    Parameters
    ----------
    file_name : str

    Returns
    -------
    Place
        Its texts are empty where the name does not say; well as in "A01".
    """
    match = next(filter(None, (convention.pattern.match(file_name) for convention in CONVENTIONS)), None)
    parts = match.groupdict() if match else {}
    channel, start, end = _channel_of(file_name, match)
    rest = file_name[:start] + file_name[end:]
    site = parts.get("site") or ""
    plate = (parts.get("before") or "").strip("_- ")
    return Place(plate, _well_of(parts), site.lstrip("0") or site[:1], channel, rest)


def _channel_of(file_name: str, match: re.Match | None) -> tuple[str, int, int]:
    """The channel, and where in the name it stands; an empty text at 0 where there is none."""
    if match and match.groupdict().get("channel"):
        channel = match.group("channel")
        return "ch" + channel if channel.isdigit() else channel, *match.span("channel")
    channel_match = _CHANNEL.search(file_name, match.end() if match else 0)
    return (channel_match.group(1), *channel_match.span()) if channel_match else ("", 0, 0)


def recognize_all(file_names: Sequence[str]) -> list[Place]:
    """A Place of each name; "c1" is a channel only where other names have another one, and not many.

    Examples
    --------
    >>> [place.channel for place in recognize_all(["x_c1.tif", "y_c1.tif"])]
    ['', '']
    """
    places = [recognize(name) for name in file_names]
    ambiguous = {place.channel for place in places if _AMBIGUOUS_CHANNEL.fullmatch(place.channel)}
    if len(ambiguous) != 1 and len(ambiguous) <= MOST_CHANNELS:
        return places
    return [
        place._replace(channel="", rest=name) if place.channel in ambiguous else place
        for place, name in zip(places, file_names)
    ]


def _well_of(parts: dict[str, str]) -> str:
    if parts.get("well"):
        return tidy_well(parts["well"])
    if parts.get("row"):
        return well_name(int(parts["row"]) - 1, int(parts["column"]) - 1)
    return tidy_well(parts["letter"] + parts["column"]) if parts.get("letter") else ""
