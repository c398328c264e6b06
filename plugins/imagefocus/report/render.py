"""Fields -> the report's HTML text, out of the template, style and scripts in the folder `page`."""

from __future__ import annotations

import base64
import hashlib
import os

from .. import __version__
from ..network.engines import load_weights
from .fields import Fields
from .page_data import collect_data, pack
from .thumbnails import make_thumbnails

PAGE_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")
SCRIPTS = ("data.js", "plates.js", "charts.js", "table.js", "page.js")


def render_page(fields: Fields, table_path: str) -> str:
    """Render the report as HTML text; the notes of `fields` grow by what has no thumbnail.

    Parameters
    ----------
    fields : Fields
    table_path : str
        The table that they are of. Its name is the page's title, and images are looked for in its folder, too.

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
    thumbnails = make_thumbnails(fields, os.path.dirname(os.path.abspath(table_path)))
    script = "\n".join(["(() => {", *map(_read_page_file, SCRIPTS), "})();"])
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_read_page_file("page.html")).render(
        source=os.path.basename(table_path),
        fields=fields,
        thumbnails=thumbnails,
        has_pictures=any(thumbnail.pictures for _, group in thumbnails for thumbnail in group),
        data=pack(collect_data(fields)),
        style=markupsafe.Markup(_read_page_file("style.css")),
        script=markupsafe.Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        version=__version__,
        limit=load_weights().in_focus_limit,
        weights=load_weights().version,
    )


def _read_page_file(name: str) -> str:
    with open(os.path.join(PAGE_FOLDER, name), encoding="utf-8") as file:
        return file.read()
