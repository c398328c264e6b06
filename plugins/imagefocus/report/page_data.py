"""What the page's scripts work on, as JSON holds it. In the page, data.js reads it."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np

from ..measurements import BLANK_FRACTION, CERTAIN_FRACTION, CERTAINTY, EXPECTED_SCORE, SCORE
from ..network.engines import load_weights
from ..optics import LEVEL_COUNT
from ..overlay import PALETTES, border_colors
from ..screens.wells import plate_size, well_position
from .fields import Channel, Fields

COLOR_STEPS = (41, 51)  # of ExpectedScore and Certainty; the colors change fastest about a Certainty of 0.3
# Six: a level must not move over the limit when it is rounded.
DECIMALS = {SCORE.name: 0, EXPECTED_SCORE.name: 6, CERTAINTY.name: 3, CERTAIN_FRACTION.name: 6}


def collect_data(fields: Fields) -> dict[str, Any]:
    """Collect the page's data: limits, colors, the fields' places and the numbers of each channel.

    Returns
    -------
    dict
        Of what JSON holds; lists of texts are encoded, see `encode`.
    """
    positions = {well: well_position(well) for well in dict.fromkeys(fields.wells)}
    return {
        "limit": load_weights().in_focus_limit,
        "blank": BLANK_FRACTION,
        "levels": LEVEL_COUNT,
        "steps": COLOR_STEPS,
        "palettes": {palette: _list_colors(palette) for palette in PALETTES},
        "plates": encode(fields.plates),
        "wells": encode(fields.wells),
        "sites": encode(fields.sites),
        "positions": {well: position for well, position in positions.items() if position},
        "sizes": _find_plate_sizes(fields),
        "channels": [_collect_channel(channel) for channel in fields.channels],
        "load": {name: encode(values) for name, values in fields.load.items()},
    }


def pack(data: dict[str, Any]) -> str:
    """Base64 of compressed JSON: a fifth of the size, and nothing in it can end the script element that holds it."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode("utf-8"))).decode("ascii")


def encode(texts: list[str]) -> dict[str, list]:
    """Each different text once, and the place of each entry's; where most differ, the texts alone.

    Examples
    --------
    >>> encode(["A01", "A01", "A02", "A01"])
    {'texts': ['A01', 'A02'], 'places': [0, 0, 1, 0]}
    """
    places = {text: index for index, text in enumerate(dict.fromkeys(texts))}
    if len(places) > len(texts) / 2:
        return {"texts": texts}
    return {"texts": list(places), "places": [places[text] for text in texts]}


def _list_colors(palette: str) -> list[str]:
    """Colors as hexadecimal texts, the certainties of a level one after the other."""
    levels, certainties = np.meshgrid(
        np.linspace(0, LEVEL_COUNT - 1, COLOR_STEPS[0]), np.linspace(0, 1, COLOR_STEPS[1]), indexing="ij"
    )
    return [bytes(color).hex() for color in border_colors(levels, certainties, palette).reshape(-1, 3)]


def _find_plate_sizes(fields: Fields) -> dict[str, tuple[int, int]]:
    """Rows and columns of each plate that has wells in its heat map."""
    positions: dict[str, list[tuple[int, int]]] = {}
    for plate, well in dict.fromkeys(zip(fields.plates, fields.wells)):
        position = well_position(well)
        if position:
            positions.setdefault(plate, []).append(position)
    return {plate: plate_size(plate_positions) for plate, plate_positions in positions.items()}


def _collect_channel(channel: Channel) -> dict[str, Any]:
    numbers = {name: _round(channel.numbers[name], decimals) for name, decimals in DECIMALS.items()}
    files = {"file": channel.file_column, "planes": encode(channel.planes)}
    return {"name": channel.name, "errors": channel.errors, **files, **numbers}


def _round(values: np.ndarray, decimals: int) -> list[float | None]:
    """Rounded numbers, integers without decimals; None for NaN, which JSON lacks."""
    rounded = np.round(values, decimals).tolist()
    return [None if value != value else int(value) if decimals == 0 else value for value in rounded]
