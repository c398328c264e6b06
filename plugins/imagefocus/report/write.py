"""The quality report: a table of ratings -> one HTML file that opens without a server or a connection."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib

import numpy as np

from .. import __version__
from ..measurements import BLANK_FRACTION, CERTAIN_FRACTION, CERTAINTY, EXPECTED_SCORE, SCORE
from ..network.engines import load_weights
from ..optics import LEVEL_COUNT
from ..overlay import PALETTES, border_colors
from ..screens.wells import plate_size, well_position
from .fields import gather_fields
from .tables import find_table, read_columns
from .thumbnails import make_thumbnails

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")
SCRIPTS = ("data.js", "plates.js", "charts.js", "table.js", "page.js")
COLOR_STEPS = (41, 51)  # of ExpectedScore and Certainty; the colors change fastest about a Certainty of 0.3
# Six: a level must not move over the limit when it is rounded.
DECIMALS = {SCORE.name: 0, EXPECTED_SCORE.name: 6, CERTAINTY.name: 3, CERTAIN_FRACTION.name: 6}


def write_report(path: str | os.PathLike, output: str | os.PathLike) -> list[str]:
    """Make the report of a table of ratings.

    Parameters
    ----------
    path : str
        The images.csv of `imagefocus rate`, CellProfiler's ...Image.csv, the SQLite database of ExportToDatabase, or a
        folder that holds one of them.
    output : str
        The HTML file to write.

    Returns
    -------
    list of str
        What the report says it left out.

    Raises
    ------
    ValueError
        If the table cannot be read or lacks columns, the report cannot be written, or Jinja2 is not installed.
    """
    path, output = find_table(os.fspath(path)), os.fspath(output)
    if os.path.realpath(path) == os.path.realpath(output):
        raise ValueError(f"The report would overwrite its table, {path}; choose another output.")
    fields = gather_fields(*read_columns(path))
    page = render_page(fields, path)
    try:
        with open(output, "w", encoding="utf-8") as file:
            file.write(page)
    except OSError as error:
        raise ValueError(f"{output} cannot be written: {error.strerror}. Choose another output.") from error
    return fields.notes


def render_page(fields, path):
    """The report of Fields as HTML text; the notes of `fields` grow by what has no thumbnail.

    Raises
    ------
    ValueError
        If Jinja2 is not installed.
    """
    try:
        import jinja2
        import markupsafe
    except ImportError as error:
        raise ValueError(
            "The report needs Jinja2, and there is none. Install it: pip install 'imagefocus[report]'"
        ) from error
    thumbnails = make_thumbnails(fields, os.path.dirname(os.path.abspath(path)))
    script = "\n".join(["(() => {", *map(_page_file, SCRIPTS), "})();"])
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_page_file("page.html")).render(
        source=os.path.basename(path),
        fields=fields,
        thumbnails=thumbnails,
        pictured=any("pictures" in shot for _, shots in thumbnails for shot in shots),
        data=_pack(collect_data(fields)),
        style=markupsafe.Markup(_page_file("style.css")),
        script=markupsafe.Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        version=__version__,
        limit=load_weights().in_focus_limit,
        weights=load_weights().card["version"],
    )


def _page_file(name):
    with open(os.path.join(PAGE, name), encoding="utf-8") as file:
        return file.read()


def _pack(data):
    """Base64 of compressed JSON: a fifth of the size, and nothing in it can end the script element that holds it."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode("utf-8"))).decode("ascii")


def collect_data(fields):
    """What the page's scripts work on, as JSON holds it; see report/page/data.js."""
    return {
        "limit": load_weights().in_focus_limit,
        "blank": BLANK_FRACTION,
        "levels": LEVEL_COUNT,
        "steps": COLOR_STEPS,
        "palettes": {palette: _colors(palette) for palette in PALETTES},
        "plates": encode(fields.plates),
        "wells": encode(fields.wells),
        "sites": encode(fields.sites),
        "positions": {well: position for well, position in _positions(fields.wells).items() if position},
        "sizes": _sizes(fields),
        "channels": [_channel(channel) for channel in fields.channels],
        "load": {name: encode(values) for name, values in fields.load.items()},
    }


def _colors(palette):
    """Colors as hexadecimal texts, the certainties of a level one after the other."""
    levels, certainties = np.meshgrid(
        np.linspace(0, LEVEL_COUNT - 1, COLOR_STEPS[0]), np.linspace(0, 1, COLOR_STEPS[1]), indexing="ij"
    )
    return ["{:02x}{:02x}{:02x}".format(*color) for color in border_colors(levels, certainties, palette).reshape(-1, 3)]


def _positions(wells):
    return {well: well_position(well) for well in dict.fromkeys(wells)}


def _sizes(fields):
    """Rows and columns of each plate that has wells in its heat map."""
    positions = _positions(fields.wells)
    positions_by_plate: dict[str, list[tuple[int, int]]] = {}
    for plate, well in dict.fromkeys(zip(fields.plates, fields.wells)):
        if positions[well]:
            positions_by_plate.setdefault(plate, []).append(positions[well])
    return {plate: plate_size(of_plate) for plate, of_plate in positions_by_plate.items()}


def _channel(channel):
    numbers = {name: _numbers(channel.numbers[name], decimals) for name, decimals in DECIMALS.items()}
    files = {"file": channel.file_column, "planes": encode(channel.planes)}
    return {"name": channel.name, "errors": channel.errors, **files, **numbers}


def _numbers(values, decimals):
    rounded = np.round(values, decimals).tolist()
    return [None if value != value else int(value) if decimals == 0 else value for value in rounded]


def encode(texts):
    """Each different text once, and the place of each entry's; where most differ, the texts alone."""
    places = {text: index for index, text in enumerate(dict.fromkeys(texts))}
    if len(places) > len(texts) / 2:
        return {"texts": texts}
    return {"texts": list(places), "places": [places[text] for text in texts]}
