"""The command line: rate the focus of image files, and report on a screen."""

import argparse
import importlib.util
import os
import sys
import time

from ..network.engines import ENGINES, EngineError, choose_engine, load_network, load_weights
from ..network.weights import WeightsError
from ..patches import PATCH_SIDE, STEPS

FAILED, UNUSABLE = 1, 2  # exit status: some files could not be rated; nothing could be done
LIBRARIES = {"tifffile": "tifffile", "PIL": "Pillow", "threadpoolctl": "threadpoolctl"}  # module: what to install
SECONDS = {True: 0.1, False: 10}  # between two lines of progress, on a terminal and elsewhere


class Refused(Exception):
    """Why nothing was done, for the user to read."""


def main(arguments=None):
    """Run the command `imagefocus`.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the process by default.

    Returns
    -------
    int
        Exit status: 0; 1 if some files could not be rated; 2 if nothing could be done; 130 if it was interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        goes_on = "; the same command with --resume goes on from here" if options.command == "rate" else ""
        _say(f"\nimagefocus {options.command}: interrupted{goes_on}.")
        return 130
    except (Refused, EngineError, WeightsError, OSError, ValueError) as error:
        _say(f"imagefocus {options.command}: {error}")
        return UNUSABLE


def _say(line):
    print(line, file=sys.stderr, flush=True)


def _parser():
    parser = argparse.ArgumentParser(prog="imagefocus", description="Rate the focus of microscope images.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="rate|report")
    rate = commands.add_parser(
        "rate",
        help="rate TIFF, PNG and JPEG files into a table",
        description="Rate each plane of TIFF, PNG and JPEG files; the ratings are written to DIR/images.csv.",
        epilog="Exit status: 0; 1 if some files could not be rated (column Error); 2 if nothing could be done.",
    )
    rate.add_argument("inputs", nargs="+", metavar="FILE|DIR|GLOB", help="folders are searched with those below")
    rate.add_argument("--output", required=True, metavar="DIR", help="folder for the tables; made if it is missing")
    rate.add_argument("--engine", choices=ENGINES, default="auto", help="what runs the network (default: %(default)s)")
    rate.add_argument("--weights", metavar="NAME|DIR", help="default: the newest that are shipped")
    rate.add_argument(
        "--step", type=int, choices=STEPS, default=PATCH_SIDE, help="pixels between patches (default: 84)"
    )
    rate.add_argument("--patches", action="store_true", help="write DIR/patches.csv, a row a patch")
    rate.add_argument(
        "--overlay", action="store_true", help="write a PNG of each plane and its ratings to DIR/overlays"
    )
    rate.add_argument("--jobs", type=_positive, default=1, metavar="N", help="processes (default: %(default)s)")
    rate.add_argument(
        "--resume",
        action="store_true",
        help="go on in a DIR that has tables: files that are in them, unchanged and without an error, are not rated again",
    )
    rate.set_defaults(run=_rate)
    report = commands.add_parser("report", help="make a page to look at out of the ratings of a screen")
    report.add_argument("path", metavar="PATH", help="images.csv, CellProfiler's Image.csv, or its SQLite database")
    report.add_argument("--output", required=True, metavar="report.html", help="HTML file to write")
    report.set_defaults(run=_report)
    return parser


def _positive(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes, 1 or more")
    return int(text)


def _report(options):
    try:
        from ..report.write import write_report

        notes = write_report(options.path, options.output)
    except ImportError as error:
        raise Refused(f"{error}. The report needs what the extra `report` of imagefocus brings: install that.")
    for note in notes:
        _say(f"imagefocus report: {note}")
    print(f"{options.output} written")
    return 0


def _rate(options):
    from ..files.reading import find_images

    _check_libraries()
    # Loaded first, so that what is wrong with the network is told once and not as an error of each file.
    load_network(choose_engine(options.engine, (PATCH_SIDE, PATCH_SIDE)), options.weights)
    skipped = []
    paths = find_images(options.inputs, os.path.join(options.output, "overlays"), skipped.append)
    for line in skipped:
        _say(f"imagefocus rate: {line}")
    if not any(os.path.lexists(path) for path in paths):
        raise Refused(f"no image found in {', '.join(options.inputs)}: name TIFF, PNG or JPEG files, or a folder.")
    failed = _rate_into(options, paths)
    return FAILED if failed or skipped else 0


def _check_libraries():
    missing = [package for module, package in LIBRARIES.items() if importlib.util.find_spec(module) is None]
    if missing:
        command = f"{sys.executable} -m pip install {' '.join(missing)}"
        raise Refused(f"{', '.join(missing)} not installed. Install it: {command}")


def _rate_into(options, paths):
    """Write the tables; the number of files that could not be rated."""
    from .batch import rate_files

    results, failed = _open_results(options), []
    todo = _take_up(results, paths)
    _say_what_is_kept(len(paths) - len(todo))
    progress = Progress(len(todo), sys.stderr)
    try:
        for rated in rate_files(todo, results.options, options.jobs):
            results.add(rated)
            failed += [(rated.path, rated.errors[0])] if rated.errors else []
            progress.show(len(failed))
    finally:
        progress.end()
        results.close()
    results.arrange(paths)
    _conclude(failed, len(todo), results.images.path)
    return len(failed)


def _take_up(results, paths):
    """Leave in the tables what is still true; the paths that are to be rated."""
    done = {path for path in paths if results.is_done(path)}
    results.keep(paths, done)
    return [path for path in paths if path not in done]


def _open_results(options):
    from .batch import Options, Results

    there = {name: os.path.join(options.output, name) for name in ("images.csv", "patches.csv", "overlays")}
    exist = [path for path in there.values() if os.path.lexists(path)]
    if exist and not options.resume:
        raise Refused(
            f"there is {' and '.join(exist)} already. Choose another --output, remove it, or go on with it: --resume."
        )
    # What was begun with patches or overlays goes on with them, or they would no longer be those of the table.
    patches = options.patches or there["patches.csv"] in exist
    overlays = there["overlays"] if options.overlay or there["overlays"] in exist else None
    os.makedirs(overlays or options.output, exist_ok=True)
    fingerprint = load_weights(options.weights).fingerprint
    chosen = Options(options.engine, options.weights, fingerprint, options.step, patches, overlays)
    return Results(options.output, chosen)


def _say_what_is_kept(count):
    if count:
        _say(f"{int(count)} {'file is' if count == 1 else 'files are'} rated already")


def _conclude(failed, count, table):
    if failed:
        _say(
            "imagefocus rate: %d of %d files could not be rated, the first is %s: %s (column Error of %s)"
            % (len(failed), count, *failed[0], table)
        )
    print(f"{table} written")


class Progress:
    """How far it is, on one line of a terminal; elsewhere a line now and then, so that a log stays short."""

    def __init__(self, total, stream):
        self.total, self.stream = total, stream
        self.done, self.text = 0, ""
        self.begin = self.shown = time.monotonic()
        self.on_terminal = stream.isatty()

    def show(self, failed):
        """Count one more file."""
        self.done += 1
        now = time.monotonic()
        left = (now - self.begin) / self.done * (self.total - self.done)
        self.text = f"{int(self.done)} of {int(self.total)} files"
        self.text += f", {int(failed)} failed" if failed else ""
        self.text += f", {format_seconds(left)} left" if self.done < self.total else ""
        if now - self.shown >= SECONDS[self.on_terminal]:
            self.shown = now
            self._write(self.text)

    def _write(self, text):
        # The code ESC [ K clears the rest of the line before.
        self.stream.write(f"\r{text}\x1b[K" if self.on_terminal else text + "\n")
        self.stream.flush()

    def end(self):
        """Show how far it came."""
        if self.text:
            self._write(self.text + "\n" if self.on_terminal else self.text)


def format_seconds(seconds):
    """A length of time in words, such as "45 s", "12 min" or "3 h 5 min"."""
    minutes = int(round(seconds / 60))
    if seconds < 90:
        return f"{int(round(seconds))} s"
    return f"{int(minutes)} min" if minutes < 60 else "%d h %d min" % divmod(minutes, 60)
