"""Rate many image files into tables, in one process or several, and take up again what was interrupted."""

import hashlib
import os
from collections import deque, namedtuple

from ..files.reading import read_planes
from ..files.tables import Table, one_line, write_whole
from ..measurements import IMAGE_FEATURES, PATCH_FEATURES, PROBABILITY_FEATURES, measurement_name
from ..network.engines import ENGINES, choose_engine
from ..rate import rate_image

PROBABILITIES = [measurement_name(feature) for feature in PROBABILITY_FEATURES]
# These tell what a row was made of, so that --resume knows what is still true.
PROVENANCE = ["PlaneCount", "FileSize", "ModificationTime", "Weights", "Step", "Engine"]
FIGURES = [measurement_name(feature) for feature in IMAGE_FEATURES] + PROBABILITIES
IMAGE_COLUMNS = ["FileName", "Path", "Plane"] + FIGURES + ["Error"] + PROVENANCE
KNOWN = ["FileName", "Path", "Plane"] + PROVENANCE[:-1]  # without rating; another engine gives the same figures
PATCH_COLUMNS = (
    ["FileName", "Plane", "GridRow", "GridColumn", "Top", "Left"]
    + [measurement_name(feature) for feature in PATCH_FEATURES]
    + PROBABILITIES
    + ["Path"]  # tells apart files of one name in two folders
)

Options = namedtuple("Options", "engine weights fingerprint step patches overlays")  # overlays: a folder, or None
RatedFile = namedtuple("RatedFile", "path image_rows patch_rows errors")


def rate_file(path, options):
    """Rate all planes of an image file.

    Parameters
    ----------
    path : str
    options : Options

    Returns
    -------
    RatedFile
        Rows as in IMAGE_COLUMNS and PATCH_COLUMNS, and what is wrong with the planes that could not be rated, a list of
        str.
    """
    image_rows, patch_rows, errors, state = [], [], [], ("", "")
    try:
        state = file_state(path)
        for plane, pixels in enumerate(read_planes(path)):
            try:
                rating = _rate_plane(path, plane, pixels, options)
                engine = choose_engine(options.engine, pixels.shape)
                image_rows.append(_image_row(path, plane, rating, engine))
                if options.patches:
                    patch_rows += _patch_rows(path, plane, rating.patches)
            except Exception as error:  # whatever is wrong with one plane, the others are rated
                errors.append(_explain(error))
                image_rows.append(_error_row(path, plane, errors[-1]))
    except Exception as error:  # libraries raise all kinds on damaged files
        errors.append(_explain(error))
        image_rows.append(_error_row(path, len(image_rows) or "", errors[-1]))
    facts = [len(image_rows), *state, options.fingerprint, options.step]
    return RatedFile(path, [row[:-1] + facts + row[-1:] for row in image_rows], patch_rows, errors)


def _is_rated(row):
    """Whether a row of a table has all its figures and no error."""
    try:
        return not row["Error"] and row["Engine"] in ENGINES and min(float(row[name]) for name in FIGURES) >= 0
    except ValueError:
        return False


def file_state(path):
    """Size in bytes and time of the last change in nanoseconds since 1970, by which a changed file is known."""
    facts = os.stat(path)
    return facts.st_size, facts.st_mtime_ns


def _rate_plane(path, plane, pixels, options):
    if isinstance(pixels, Exception):
        raise pixels
    rating = rate_image(pixels, step=options.step, engine=options.engine, weights=options.weights)
    if options.overlays:
        _write_overlay(rating.overlay(pixels), overlay_path(options.overlays, path, plane))
    return rating


def _explain(error):
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, MemoryError):
        text = "there is not enough memory for it; try fewer --jobs"
    return one_line(" ".join(text.split()))


def _names(path):
    return [one_line(os.path.basename(path)), one_line(path)]


def _image_row(path, plane, rating, engine):
    measured = rating.measurements()
    values = list(measured.values()) + rating.probabilities.tolist()
    return _names(path) + [plane] + values + ["", engine]


def _error_row(path, plane, error):
    return _names(path) + [plane] + [""] * len(FIGURES) + [error, ""]


def _patch_rows(path, plane, patches):
    name, path = _names(path)
    columns = [patches.grid_rows, patches.grid_columns, patches.tops, patches.lefts]
    columns += [patches.scores, patches.expected_scores, patches.certainties, *patches.probabilities.T]
    return [[name, plane, *values, path] for values in zip(*(column.tolist() for column in columns))]


def overlay_path(folder, path, plane):
    """Where the overlay of a plane goes; the digits tell apart files of one name in two folders."""
    name = one_line(os.path.basename(path)).encode()[:200].decode(errors="ignore")  # names may have 255 bytes
    digits = hashlib.sha256(one_line(path).encode()).hexdigest()[:8]
    return os.path.join(folder, "%s-%s-plane%d.png" % (name.replace("\\", "_"), digits, plane))


def _write_overlay(picture, path):
    from PIL import Image

    with write_whole(path) as file:
        Image.fromarray(picture).save(file, format="PNG")


def rate_files(paths, options, jobs):
    """Rate files, in this process or in several.

    Yields
    ------
    RatedFile
        In the order of the paths; the same whatever the number of jobs.

    Raises
    ------
    ChildProcessError
        If one of the processes is killed from outside, or by what it reads.
    """
    if jobs == 1 or len(paths) < 2:
        yield from (rate_file(path, options) for path in paths)
    else:
        yield from _rate_in_processes(paths, options, jobs)


def _rate_in_processes(paths, options, jobs):
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # Forked processes would share the state of BLAS and TensorFlow, which breaks both.
    start = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(paths)), start, initializer=_follow_parent) as pool:
        waiting = deque()
        try:
            for path in paths:
                waiting.append(pool.submit(rate_file, path, options))
                if len(waiting) > 4 * jobs:  # so that what is rated does not pile up behind a large file
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise ChildProcessError(
                "a process died while it rated files, perhaps for want of memory. What was rated is kept; go on with "
                "--resume and fewer --jobs."
            ) from error
        finally:
            for future in waiting:
                future.cancel()


def _follow_parent():
    """Leave Ctrl-C to the parent process, and end with it even if it is killed: a pool's processes else wait for ever."""
    import multiprocessing
    import signal
    import threading
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process().sentinel
    threading.Thread(target=lambda: (wait([parent]), os._exit(1)), daemon=True).start()


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

    def __init__(self, folder, options):
        self.options = options
        self.images = Table(os.path.join(folder, "images.csv"), IMAGE_COLUMNS)
        self.patches = Table(os.path.join(folder, "patches.csv"), PATCH_COLUMNS) if options.patches else None

    def is_done(self, path):
        """Whether the rows about a file are whole, without an error, and what rating it again would give."""
        name, options = one_line(path), self.options
        rows = self.images.rows(name)
        if not rows or not all(map(_is_rated, rows)) or not os.path.exists(path):
            return False
        facts = [len(rows), *file_state(path), options.fingerprint, options.step]
        known = [[str(value) for value in (*_names(path), plane, *facts)] for plane in range(len(rows))]
        if [[row[name] for name in KNOWN] for row in rows] != known:
            return False
        if self.patches and self.patches.count(name) != sum(float(row["ImageFocus_PatchCount"]) for row in rows):
            return False
        planes = range(len(rows)) if options.overlays else ()
        return all(os.path.exists(overlay_path(options.overlays, path, plane)) for plane in planes)

    def keep(self, paths, done):
        """Leave in the tables the rows about those paths that are done, and, unless they have an error, about other files."""
        listed = {one_line(path) for path in paths}
        kept = {one_line(path) for path in done}
        kept |= {name for name in self.images.names() if name not in listed and not self._has_error(name)}
        self._rewrite([name for name in self.images.names() if name in kept])

    def _has_error(self, name):
        return any(row["Error"] for row in self.images.rows(name))

    def arrange(self, paths):
        """Bring the rows into the order of the paths, behind those about other files."""
        listed = {one_line(path): None for path in paths}
        names = self.images.names()
        order = [name for name in names if name not in listed] + [name for name in listed if name in self.images.places]
        if order != names:
            self._rewrite(order)

    def _rewrite(self, names):
        # The patches first: a file whose patches are gone is rated again, patches of a file without a row are left out.
        for table in filter(None, (self.patches, self.images)):
            table.rewrite(names)

    def add(self, rated):
        """Write what was found out about a file."""
        for table, rows in ((self.patches, rated.patch_rows), (self.images, rated.image_rows)):
            if table:
                table.append(one_line(rated.path), rows)

    def close(self):
        for table in filter(None, (self.patches, self.images)):
            table.close()
