"""`imagefocus rate`: files of images -> tables of their ratings."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from typing import TYPE_CHECKING

from ..network.engines import choose_engine, load_network, load_weights
from ..patches import PATCH_SIDE
from .messages import Refused, say
from .progress import Progress

if TYPE_CHECKING:
    from .results import Results  # imported where it is needed, so that --help is quick

LIBRARIES = {"tifffile": "tifffile", "PIL": "Pillow", "threadpoolctl": "threadpoolctl"}  # module: what to install


def run(options: argparse.Namespace) -> bool:
    """Rate the files into the tables of the output folder.

    Parameters
    ----------
    options : argparse.Namespace
        What `main` parses.

    Returns
    -------
    bool
        Whether all that was asked for could be rated.

    Raises
    ------
    Refused
        If a library is missing, there is no image, or tables are in the way.
    """
    _check_libraries()
    # First of all, so that what is wrong with the network is printed once and not as an error of each file.
    load_network(choose_engine(options.engine, (PATCH_SIDE, PATCH_SIDE)), options.weights)
    paths, warnings = _find_images(options)
    all_rated = _rate_into_tables(options, paths)
    return all_rated and not warnings


def _check_libraries() -> None:
    missing = [package for module, package in LIBRARIES.items() if importlib.util.find_spec(module) is None]
    if missing:
        command = f"{sys.executable} -m pip install {' '.join(missing)}"
        raise Refused(f"{', '.join(missing)} not installed. Install it: {command}")


def _find_images(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Paths of the images, and what was wrong with the inputs."""
    from ..files.find import find_images
    from .results import OVERLAYS

    warnings: list[str] = []
    paths = find_images(options.inputs, os.path.join(options.output, OVERLAYS), warnings.append)
    for line in warnings:
        say(f"imagefocus rate: {line}")
    if not any(os.path.lexists(path) for path in paths):
        raise Refused(f"no image found in {', '.join(options.inputs)}: name TIFF, PNG or JPEG files, or a folder.")
    return paths, warnings


def _rate_into_tables(options: argparse.Namespace, paths: list[str]) -> bool:
    """Rate what is not in the tables yet; whether all of it could be rated."""
    from .results import open_results

    results = open_results(options, load_weights(options.weights).fingerprint)
    todo = results.todo(paths)
    count = len(paths) - len(todo)
    if count:
        say(f"{count} {'file is' if count == 1 else 'files are'} rated already")
    try:
        failures, notes = _rate_files(todo, results, options.jobs)
    finally:
        results.close()
    results.arrange(paths)
    if failures:
        path, error = failures[0]
        say(
            f"imagefocus rate: {len(failures)} of {len(todo)} files could not be rated, the first is {path}: {error} "
            f"(column Error of {results.images.path})"
        )
    if notes:
        path, note = notes[0]
        say(
            f"imagefocus rate: {len(notes)} of {len(todo)} files do not look like fluorescence, which is all that the "
            f"network knows; their ratings mean little. The first is {path}: {note} (column Note of "
            f"{results.images.path})"
        )
    print(f"{results.images.path} written")
    return not failures


def _rate_files(paths: list[str], results: Results, jobs: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Rate files and show the progress.

    Returns path and first error of each file that could not be rated, and path and first note of each that does not
    look like fluorescence.
    """
    from .processes import rate_files

    failures: list[tuple[str, str]] = []
    notes: list[tuple[str, str]] = []
    progress = Progress(len(paths), sys.stderr)
    try:
        for rated in rate_files(paths, results.options, jobs):
            results.add(rated)
            if rated.errors:
                failures.append((rated.path, rated.errors[0]))
            if rated.notes:
                notes.append((rated.path, rated.notes[0]))
            progress.show(len(failures))
    finally:
        progress.end()
    return failures, notes
