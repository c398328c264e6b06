"""`imagefocus rate`: files of images -> tables of their ratings."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys

from ..network.engines import choose_engine, load_network, load_weights
from ..patches import PATCH_SIDE
from .messages import Refused, say
from .progress import Progress

LIBRARIES = {"tifffile": "tifffile", "PIL": "Pillow", "threadpoolctl": "threadpoolctl"}  # module: what to install


def run(options: argparse.Namespace) -> bool:
    """Rate the files; whether all that was asked for could be rated.

    Raises
    ------
    Refused
        If a library is missing, there is no image, or tables are in the way.
    """
    from ..files.find import find_images

    _check_libraries()
    # Loaded first, so that what is wrong with the network is said once and not as an error of each file.
    load_network(choose_engine(options.engine, (PATCH_SIDE, PATCH_SIDE)), options.weights)
    warnings: list[str] = []
    paths = find_images(options.inputs, os.path.join(options.output, "overlays"), warnings.append)
    for line in warnings:
        say(f"imagefocus rate: {line}")
    if not any(os.path.lexists(path) for path in paths):
        raise Refused(f"no image found in {', '.join(options.inputs)}: name TIFF, PNG or JPEG files, or a folder.")
    failed_count = _rate_into_tables(options, paths)
    return not failed_count and not warnings


def _check_libraries() -> None:
    missing = [package for module, package in LIBRARIES.items() if importlib.util.find_spec(module) is None]
    if missing:
        command = f"{sys.executable} -m pip install {' '.join(missing)}"
        raise Refused(f"{', '.join(missing)} not installed. Install it: {command}")


def _rate_into_tables(options: argparse.Namespace, paths: list[str]) -> int:
    """Write the tables; the number of files that could not be rated."""
    from .processes import rate_files
    from .results import open_results

    results = open_results(options, load_weights(options.weights).fingerprint)
    todo = results.todo(paths)
    if len(todo) < len(paths):
        count = len(paths) - len(todo)
        say(f"{count} {'file is' if count == 1 else 'files are'} rated already")
    failures: list[tuple[str, str]] = []
    progress = Progress(len(todo), sys.stderr)
    try:
        for rated in rate_files(todo, results.options, options.jobs):
            results.add(rated)
            failures += [(rated.path, rated.errors[0])] if rated.errors else []
            progress.show(len(failures))
    finally:
        progress.end()
        results.close()
    results.arrange(paths)
    if failures:
        path, error = failures[0]
        say(
            f"imagefocus rate: {len(failures)} of {len(todo)} files could not be rated, the first is {path}: {error} "
            f"(column Error of {results.images.path})"
        )
    print(f"{results.images.path} written")
    return len(failures)
