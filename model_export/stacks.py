"""Real z-stacks and measured point spread functions, described by CSV files."""

import csv
import os
from collections import namedtuple

import numpy as np

from imagefocus.patches import PATCH_SIDE

from . import defocus

KERNEL_SIDE = 41  # binned pixels that a measured point spread function is cut to; beyond lies the camera's background

Stack = namedtuple("Stack", "name levels z_micrometers planes")


def read_stacks(path):
    """Read the z-stacks that a CSV describes, a row a plane.

    Parameters
    ----------
    path : str
        CSV with the columns stack, file (multi-plane TIFF, relative to the CSV), plane (0-based), z_um and
        blur_disc_px: the diameter of the disc that maps the sharpest plane onto this one, 1 for the sharpest itself.

    Returns
    -------
    list of Stack
        `levels`: (blur_disc_px - 1) / 3.08, between 0 and 10, one for each of `planes`.

    Raises
    ------
    ValueError
        If a column or a plane does not exist.
    """
    names, rows = [], _read_rows(path, ("stack", "file", "plane", "z_um", "blur_disc_px"))
    for row in rows:
        if row["stack"] not in names:
            names.append(row["stack"])
    return [_stack(path, name, [row for row in rows if row["stack"] == name]) for name in names]


def _stack(path, name, rows):
    files = {name: _read_planes(os.path.join(os.path.dirname(path), name)) for name in {row["file"] for row in rows}}
    for file, planes in files.items():
        if min(planes.shape[1:]) < PATCH_SIDE:
            message = "%s: stack %s: %s has planes of %d x %d pixels, smaller than one %d x %d patch."
            raise ValueError(message % (path, name, file, *planes.shape[1:], PATCH_SIDE, PATCH_SIDE))
    for row in rows:
        count = len(files[row["file"]])
        if not (row["plane"].isdigit() and int(row["plane"]) < count):
            raise ValueError(
                "%s: stack %s names plane %s of %s, which has planes 0 to %d."
                % (path, name, row["plane"], row["file"], count - 1)
            )
    discs = np.array([float(row["blur_disc_px"]) for row in rows])
    levels = np.clip((discs - 1) / defocus.blur_disc_pixels(defocus.LEVEL_METERS), 0, defocus.LEVEL_COUNT - 1)
    z = np.array([float(row["z_um"] or "nan") for row in rows])
    return Stack(name, levels, z, [files[row["file"]][int(row["plane"])] for row in rows])


def read_point_spread(path, table, first, last, binning=3):
    """Read planes of a measured point spread function, take off the background and bin the pixels.

    Parameters
    ----------
    path : str
        Multi-plane TIFF.
    table : str
        CSV with the columns plane and blur_disc_px, in binned pixels.
    first, last : int
        The planes to use.

    Returns
    -------
    (planes, rows, columns) array, each summing to 1, sides odd; (planes,) array of blur discs in pixels
    """
    discs = {int(row["plane"]): float(row["blur_disc_px"]) for row in _read_rows(table, ("plane", "blur_disc_px"))}
    planes = _read_planes(path)
    missing = [plane for plane in range(first, last + 1) if plane not in discs or plane >= len(planes)]
    if missing:
        raise ValueError(f"{path} or {table} has no plane {', '.join(map(str, missing))}.")
    cut = _about_brightest(planes[first : last + 1].astype(float), binning * KERNEL_SIDE)
    border = np.concatenate([cut[:, 0], cut[:, -1], cut[:, :, 0], cut[:, :, -1]], axis=1)
    kernels = _bin(cut - np.median(border, axis=1)[:, None, None], binning)
    return kernels / kernels.sum(axis=(1, 2), keepdims=True), np.array(
        [discs[plane] for plane in range(first, last + 1)]
    )


def _about_brightest(planes, side):
    """Cut (planes, side, side) about the brightest pixel of their sum, the borders continued."""
    row, column = np.unravel_index(planes.sum(axis=0).argmax(), planes.shape[1:])
    padded = np.pad(planes, ((0, 0), (side // 2,) * 2, (side // 2,) * 2), mode="edge")
    return padded[:, row : row + side, column : column + side]


def _bin(planes, binning):
    side = planes.shape[1] // binning
    return planes.reshape(-1, side, binning, side, binning).sum(axis=(2, 4))


def _read_planes(path):
    import tifffile

    try:
        planes = tifffile.imread(path)
    except tifffile.TiffFileError as error:
        raise ValueError(f"{path}: {error}") from error
    planes = planes[None] if planes.ndim == 2 else planes
    if planes.ndim != 3 or not np.isfinite(planes).all():
        raise ValueError(f"{path} has shape {planes.shape}; grayscale planes of finite pixels are needed.")
    return planes


def _read_rows(path, columns):
    with open(path, newline="", encoding="utf-8-sig") as table:
        reader = csv.DictReader(table)
        rows = list(reader)
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"{path} lacks the columns {', '.join(missing)}.")
    return rows
