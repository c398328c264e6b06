"""The command line: parses it, runs a command, and turns what went wrong into a message and an exit status."""

from __future__ import annotations

import argparse
import enum
from collections.abc import Sequence
from typing import Any

from ..network.engines import ENGINES, EngineError
from ..network.weights import WeightsError
from ..patches import PATCH_SIDE, STEPS
from . import rate, report
from .messages import Refused, say


class Status(enum.IntEnum):
    """Exit status."""

    DONE = 0
    SOME_FAILED = 1  # some files could not be rated
    NOTHING_DONE = 2
    INTERRUPTED = 130  # as shells have it for Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `imagefocus`.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the process by default.

    Returns
    -------
    int
        A Status.
    """
    options = _parser().parse_args(arguments)
    try:
        all_rated = options.run(options)
    except KeyboardInterrupt:
        goes_on = "; the same command with --resume goes on from here" if options.command == "rate" else ""
        say(f"\nimagefocus {options.command}: interrupted{goes_on}.")
        return Status.INTERRUPTED
    except (Refused, EngineError, WeightsError, OSError, ValueError) as error:
        say(f"imagefocus {options.command}: {error}")
        return Status.NOTHING_DONE
    return Status.DONE if all_rated else Status.SOME_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="imagefocus", description="Rate the focus of microscope images.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="rate|report")
    _add_rate(commands)
    _add_report(commands)
    return parser


def _add_rate(commands: Any) -> None:
    parser = commands.add_parser(
        "rate",
        help="rate TIFF, PNG and JPEG files into a table",
        description="Rate each plane of TIFF, PNG and JPEG files; the ratings are written to DIR/images.csv.",
        epilog="Exit status: 0; 1 if some files could not be rated (column Error); 2 if nothing could be done.",
    )
    parser.add_argument("inputs", nargs="+", metavar="FILE|DIR|GLOB", help="folders are searched with those below")
    parser.add_argument("--output", required=True, metavar="DIR", help="folder for the tables; made if it is missing")
    parser.add_argument(
        "--engine", choices=ENGINES, default="auto", help="what runs the network (default: %(default)s)"
    )
    parser.add_argument("--weights", metavar="NAME|DIR", help="default: the newest that are shipped")
    parser.add_argument(
        "--step", type=int, choices=STEPS, default=PATCH_SIDE, help="pixels between patches (default: %(default)s)"
    )
    parser.add_argument("--patches", action="store_true", help="write DIR/patches.csv, a row a patch")
    parser.add_argument(
        "--overlay", action="store_true", help="write a PNG of each plane and its ratings to DIR/overlays"
    )
    parser.add_argument("--jobs", type=_positive, default=1, metavar="N", help="processes (default: %(default)s)")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on in a DIR that has tables: files that are in them, unchanged and without an error, are not rated "
        "again",
    )
    parser.set_defaults(run=rate.run)


def _add_report(commands: Any) -> None:
    parser = commands.add_parser("report", help="make a page to look at out of the ratings of a screen")
    parser.add_argument("path", metavar="PATH", help="images.csv, CellProfiler's Image.csv, or its SQLite database")
    parser.add_argument("--output", required=True, metavar="report.html", help="HTML file to write")
    parser.set_defaults(run=report.run)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes, 1 or more")
    return int(text)
