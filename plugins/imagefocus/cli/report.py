"""`imagefocus report`: a table of ratings -> a page to look at."""

from __future__ import annotations

import argparse

from .messages import Refused, say


def run(options: argparse.Namespace) -> bool:
    """Write the report; True, since it is written whole or not at all.

    Raises
    ------
    Refused
        If a library is missing.
    """
    try:
        from ..report.write import write_report

        notes = write_report(options.path, options.output)
    except ImportError as error:
        raise Refused(
            f"{error}. The report needs what the extra `report` of imagefocus brings: install that."
        ) from error
    for note in notes:
        say(f"imagefocus report: {note}")
    print(f"{options.output} written")
    return True
