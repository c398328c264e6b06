"""A table of ratings -> the file of its report."""

from __future__ import annotations

import os

from .gather import gather_fields
from .render import render_page
from .tables import find_table, read_columns


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
        What the report leaves out or amends.

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
