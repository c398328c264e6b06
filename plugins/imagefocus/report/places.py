"""Plate, well and site of image sets: from Metadata columns, or else from file names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..screens.names import recognize
from ..screens.wells import tidy_well, well_position
from .fields import Fields

NO_PLATE = "plate"
MOST_NAMES = 10  # of wells that no plate has, in one note
MOST_PLATES = 20  # out of the names of few files
_METADATA = {
    "plate": ("Metadata_Plate", "Metadata_Barcode", "Metadata_PlateID"),
    "well": ("Metadata_Well", "Metadata_WellID"),
    "site": ("Metadata_Site", "Metadata_Field", "Metadata_FieldID"),
}


@dataclass
class Places:
    """Where the image sets were taken.

    Attributes
    ----------
    plates, wells, sites : lists of str
    metadata : dict of lists of str
        Columns for LoadData with what the file names say and the table does not.
    """

    plates: list[str]
    wells: list[str]
    sites: list[str]
    metadata: dict[str, list[str]]


def find_places(columns: dict[str, list[str]], file_names: list[str]) -> Places:
    """Find plates, wells and sites of image sets.

    Parameters
    ----------
    columns : dict of lists of str
    file_names : list of str
        A file of each image set; empty texts where there is none.
    """
    sources = {kind: _first_with_texts(columns, names) for kind, names in _METADATA.items()}
    recognized = [] if all(sources.values()) else [recognize(name) for name in file_names]
    texts, metadata = {}, {}
    for kind, source in sources.items():
        if source:
            texts[kind] = columns[source]
            continue
        texts[kind] = [getattr(place, kind) for place in recognized]
        if kind == "plate" and _counts_files(texts[kind]):
            texts[kind] = [""] * len(file_names)
        if any(texts[kind]):
            metadata["Metadata_" + kind.capitalize()] = texts[kind]
    plates = [plate or NO_PLATE for plate in texts["plate"]]
    return Places(plates, [tidy_well(well) for well in texts["well"]], texts["site"], metadata)


def _first_with_texts(columns: dict[str, list[str]], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if any(columns.get(name, ()))), None)


def _counts_files(plates: list[str]) -> bool:
    """Whether what stands before the well differs so often that it is a number of the file, and no plate."""
    return len(set(plates)) > max(MOST_PLATES, len(plates) / 2)


def note_places(fields: Fields) -> None:
    """Add to the notes which image sets are in no heat map, and why."""
    outside = Counter(well for well in fields.wells if well and not well_position(well))
    if outside:
        names = ", ".join(list(outside)[:MOST_NAMES]) + (", ..." if len(outside) > MOST_NAMES else "")
        fields.notes.append(
            f"{sum(outside.values())} field(s) are in the table, but in no heat map, since a plate of 1536 wells has "
            f"no well {names}."
        )
    unknown = sum(not well for well in fields.wells)
    if unknown:
        fields.notes.append(
            f"{unknown} field(s) are in the table, but in no heat map: they have no Metadata_Well, and their file "
            "names name no well (as Plate_A01_s1_w1.tif or r01c02f03p01-ch1.tif do)."
        )
    if set(fields.plates) == {NO_PLATE}:
        fields.notes.append(
            f"Neither Metadata_Plate nor the file names name a plate: all is on one, called {NO_PLATE!r}."
        )
