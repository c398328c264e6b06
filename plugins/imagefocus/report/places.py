"""Plate, well and site of image sets: from Metadata columns, or else from file names."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..screens.names import recognize
from ..screens.wells import tidy_well, well_position

if TYPE_CHECKING:
    from .fields import Fields

NO_PLATE = "plate"
NAMED_AT_MOST = 10  # of the wells that are no wells
_COLUMNS_OF_PLACES = {
    "plate": ("Metadata_Plate", "Metadata_Barcode", "Metadata_PlateID"),
    "well": ("Metadata_Well", "Metadata_WellID"),
    "site": ("Metadata_Site", "Metadata_Field", "Metadata_FieldID"),
}


def places_of(
    columns: dict[str, list[str]], file_names: list[str], load: dict[str, list[str]]
) -> tuple[list[str], list[str], list[str]]:
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
    column_of = {
        kind: next((name for name in names if any(columns.get(name, ()))), None)
        for kind, names in _COLUMNS_OF_PLACES.items()
    }
    recognized = [] if all(column_of.values()) else [recognize(name) for name in file_names]
    texts = {}
    for kind, column in column_of.items():
        if column:
            texts[kind] = columns[column]
            continue
        texts[kind] = [getattr(place, kind) for place in recognized]
        if kind == "plate" and len(set(texts[kind])) > max(20, len(file_names) / 2):
            texts[kind] = [""] * len(file_names)  # a number that counts the files, no plate
        if any(texts[kind]):
            load["Metadata_" + kind.capitalize()] = texts[kind]
    plates = [plate or NO_PLATE for plate in texts["plate"]]
    return plates, [tidy_well(well) for well in texts["well"]], texts["site"]


def note_places(fields: Fields) -> None:
    """Say which image sets are in no heat map, and why."""
    outside = Counter(well for well in fields.wells if well and not well_position(well))
    if outside:
        names = ", ".join(list(outside)[:NAMED_AT_MOST]) + (", ..." if len(outside) > NAMED_AT_MOST else "")
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
