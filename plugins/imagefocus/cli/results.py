"""The tables of an output folder: what is in them already, and which files are still to be rated."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable

from ..files.tables import Table, one_line
from ..measurements import PATCH_COUNT, measurement_name
from ..network.engines import ENGINES
from .messages import Refused
from .rate_file import FIGURES, IMAGE_COLUMNS, PATCH_COLUMNS, Options, RatedFile, file_state, overlay_path, row_facts

# In the output folder.
IMAGES, PATCHES, OVERLAYS = "images.csv", "patches.csv", "overlays"


def open_results(options: argparse.Namespace, fingerprint: str) -> Results:
    """The tables in the folder `options.output`, which is made if it is missing.

    Raises
    ------
    Refused
        If there are tables already, and they are not to be taken up again.
    NotOurTable
        If a table has other columns.
    """
    paths = {name: os.path.join(options.output, name) for name in (IMAGES, PATCHES, OVERLAYS)}
    existing = [path for path in paths.values() if os.path.lexists(path)]
    if existing and not options.resume:
        raise Refused(
            f"there is {' and '.join(existing)} already. Choose another --output, remove it, or go on with it: "
            "--resume."
        )
    # What was begun with patches or overlays goes on with them, or they would no longer be those of the table.
    patches = options.patches or paths[PATCHES] in existing
    overlays = paths[OVERLAYS] if options.overlay or paths[OVERLAYS] in existing else None
    os.makedirs(overlays or options.output, exist_ok=True)
    return Results(
        options.output, Options(options.engine, options.weights, fingerprint, options.step, patches, overlays)
    )


class Results:
    """The tables of a folder, and which files in them need not be rated again.

    Parameters
    ----------
    folder : str
    options : Options

    Raises
    ------
    NotOurTable
        If a table in the folder has other columns.
    """

    def __init__(self, folder: str, options: Options) -> None:
        self.options = options
        self.images = Table(os.path.join(folder, IMAGES), IMAGE_COLUMNS)
        self.patches = Table(os.path.join(folder, PATCHES), PATCH_COLUMNS) if options.patches else None

    def todo(self, paths: list[str]) -> list[str]:
        """Leave in the tables what is still true; the paths that are to be rated."""
        done = {path for path in paths if self._is_done(path)}
        self._keep(paths, done)
        return [path for path in paths if path not in done]

    def _is_done(self, path: str) -> bool:
        """Whether the rows about a file are complete, free of errors and still up to date."""
        rows = self.images.rows(one_line(path))
        return (
            bool(rows)
            and all(map(_is_rated, rows))
            and os.path.exists(path)
            and self._is_unchanged(path, rows)
            and self._has_patches(path, rows)
            and self._has_overlays(path, len(rows))
        )

    def _is_unchanged(self, path: str, rows: list[dict[str, str]]) -> bool:
        """Whether rating the file now would give rows of the same facts.

        The engine is none of them, since every engine gives the same figures.
        """
        state = file_state(path)
        facts = [row_facts(path, plane, len(rows), *state, self.options) for plane in range(len(rows))]
        return all(row[name] == str(fact[name]) for row, fact in zip(rows, facts) for name in fact)

    def _has_patches(self, path: str, rows: list[dict[str, str]]) -> bool:
        patch_count = sum(float(row[measurement_name(PATCH_COUNT)]) for row in rows)
        return not self.patches or self.patches.count(one_line(path)) == patch_count

    def _has_overlays(self, path: str, plane_count: int) -> bool:
        folder = self.options.overlays
        return not folder or all(os.path.exists(overlay_path(folder, path, plane)) for plane in range(plane_count))

    def _keep(self, paths: list[str], done: Iterable[str]) -> None:
        """Leave in the tables the rows about paths that are done and, unless they have an error, about other files."""
        listed = {one_line(path) for path in paths}
        kept = {one_line(path) for path in done}
        kept |= {name for name in self.images.names() if name not in listed and not self._has_error(name)}
        self._rewrite([name for name in self.images.names() if name in kept])

    def _has_error(self, name: str) -> bool:
        return any(row["Error"] for row in self.images.rows(name))

    def arrange(self, paths: list[str]) -> None:
        """Bring the rows into the order of the paths, behind those about other files."""
        listed = {one_line(path): None for path in paths}
        names = self.images.names()
        order = [name for name in names if name not in listed] + [name for name in listed if name in self.images]
        if order != names:
            self._rewrite(order)

    def _rewrite(self, names: list[str]) -> None:
        # The patches first: a file whose patches are gone is rated again.
        for table in filter(None, (self.patches, self.images)):
            table.rewrite(names)

    def add(self, rated: RatedFile) -> None:
        """Write the rows of a file."""
        # The patches first: where a crash leaves them without a row in images.csv, the next run leaves them out.
        for table, rows in ((self.patches, rated.patch_rows), (self.images, rated.image_rows)):
            if table:
                table.append(one_line(rated.path), [[row[column] for column in table.columns] for row in rows])

    def close(self) -> None:
        """Close the files; the tables can still be read, and open again when rows are added."""
        for table in filter(None, (self.patches, self.images)):
            table.close()


def _is_rated(row: dict[str, str]) -> bool:
    """Whether a row has all its figures and no error; a damaged row may hold anything."""
    try:
        return not row["Error"] and row["Engine"] in ENGINES and min(float(row[name]) for name in FIGURES) >= 0
    except ValueError:
        return False
