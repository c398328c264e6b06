"""Find the image files that files, folders and patterns stand for."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence

ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg")  # of the files that are taken from a folder


def find_images(inputs: Sequence[str], skipped_folder: str, warn: Callable[[str], None]) -> list[str]:
    """List the files that files, folders and patterns stand for, each once, in order; sorted within a folder.

    Parameters
    ----------
    inputs : sequence of str
        A file is taken whatever its name; a folder, searched with those below, gives the files that end as images do.
    skipped_folder : str
        A folder not to search.
    warn : callable
        Called with a line about each folder that cannot be listed and each pattern that matches nothing.

    Returns
    -------
    list of str
        Absolute paths. A file that was named is among them even if it does not exist.
    """
    seen_folders = {os.path.realpath(skipped_folder)}
    paths: dict[str, None] = {}  # a set that keeps its order
    for name in inputs:
        matches = [name] if os.path.lexists(name) else sorted(glob.glob(name, recursive=True))
        if not matches and glob.has_magic(name):
            warn(f"the pattern {name} matches no file.")
            continue
        is_pattern = bool(matches) and matches != [name]
        for path in matches or [name]:
            if os.path.isdir(path):
                paths.update((inside, None) for inside in _search(path, seen_folders, warn))
            elif not is_pattern or _looks_like_image(path):
                paths[os.path.abspath(path)] = None
    return list(paths)


def _looks_like_image(path: str) -> bool:
    name = os.path.basename(path)
    return name.lower().endswith(ENDINGS) and not name.startswith(".")  # "._x.tif" is what macOS leaves beside x.tif


def _search(folder: str, seen: set[str], warn: Callable[[str], None]) -> Iterator[str]:
    """Paths of the images below a folder. `seen` has real paths of folders, since links may lead around in circles."""

    def warn_skipped(error: OSError) -> None:
        warn(f"the folder {error.filename} is skipped: {error.strerror}.")

    for parent, folders, names in os.walk(os.path.abspath(folder), onerror=warn_skipped, followlinks=True):
        real = os.path.realpath(parent)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if real not in seen else []
        if real not in seen:
            yield from (os.path.join(parent, name) for name in sorted(names) if _looks_like_image(name))
        seen.add(real)
