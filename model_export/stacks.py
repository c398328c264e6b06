"""Real z-stacks and measured point spread functions, described by CSV files."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from imagefocus.optics import LEVEL_COUNT
from imagefocus.patches import PATCH_SIDE

from . import defocus

KERNEL_SIDE = 41  # binned pixels that a measured point spread function is cut to; beyond lies the camera's background


class Stack(NamedTuple):
    """A z-stack: the true level, the height and the pixels of each plane."""

    name: str
    levels: np.ndarray
    z_micrometers: np.ndarray
    planes: list[np.ndarray]


def read_stacks(path: str) -> list[Stack]:
    """Read the z-stacks that a CSV describes, one row for each plane.

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
    rows = read_rows(path, ("stack", "file", "plane", "z_um", "blur_disc_px"))
    names = dict.fromkeys(row["stack"] for row in rows)
    return [_read_stack(path, name, [row for row in rows if row["stack"] == name]) for name in names]


def _read_stack(path, name, rows):
    folder = os.path.dirname(path)
    files = {file: _read_planes(os.path.join(folder, file)) for file in {row["file"] for row in rows}}
    _check_planes(f"{path}: stack {name}", rows, files)
    discs = np.array([float(row["blur_disc_px"]) for row in rows])
    levels = np.clip((discs - 1) / defocus.blur_disc_pixels(defocus.LEVEL_METERS), 0, LEVEL_COUNT - 1)
    z = np.array([float(row["z_um"] or "nan") for row in rows])
    return Stack(name, levels, z, [files[row["file"]][int(row["plane"])] for row in rows])


def _check_planes(label, rows, files):
    for file, planes in files.items():
        height, width = planes.shape[1:]
        if min(height, width) < PATCH_SIDE:
            raise ValueError(
                f"{label}: {file} has planes of {height} x {width} pixels, "
                f"smaller than one {PATCH_SIDE} x {PATCH_SIDE} patch."
            )
    for row in rows:
        plane, last = row["plane"], len(files[row["file"]]) - 1
        if not (plane.isdigit() and int(plane) <= last):
            raise ValueError(f"{label} names plane {plane} of {row['file']}, which has planes 0 to {last}.")


def read_point_spread(path: str, table: str, first: int, last: int, binning: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Read planes of a measured point spread function, take off the background and bin the pixels.

    Parameters
    ----------
    path : str
        Multi-plane TIFF.
    table : str
        CSV with the columns plane and blur_disc_px, in binned pixels.
    first, last : int
        The planes to use.
    binning : int
        Camera pixels along each side of a binned pixel.

    Returns
    -------
    (planes, rows, columns) array, each summing to 1, sides odd; (planes,) array of blur discs in binned pixels

    Raises
    ------
    ValueError
        If the file or the table lacks a plane or a column.
    """
    discs = {int(row["plane"]): float(row["blur_disc_px"]) for row in read_rows(table, ("plane", "blur_disc_px"))}
    planes = _read_planes(path)
    missing = [plane for plane in range(first, last + 1) if plane not in discs or plane >= len(planes)]
    if missing:
        raise ValueError(f"{path} or {table} has no plane {', '.join(map(str, missing))}.")
    cut = _cut_around_brightest(planes[first : last + 1].astype(float), binning * KERNEL_SIDE)
    border = np.concatenate([cut[:, 0], cut[:, -1], cut[:, :, 0], cut[:, :, -1]], axis=1)
    kernels = _bin(cut - np.median(border, axis=1)[:, None, None], binning)
    blurs = np.array([discs[plane] for plane in range(first, last + 1)])
    return kernels / kernels.sum(axis=(1, 2), keepdims=True), blurs


def _cut_around_brightest(planes, side):
    """Cut (planes, side, side) around the brightest pixel of their sum; pixels at the borders are repeated."""
    row, column = np.unravel_index(planes.sum(axis=0).argmax(), planes.shape[1:])
    padded = np.pad(planes, ((0, 0), (side // 2,) * 2, (side // 2,) * 2), mode="edge")
    return padded[:, row : row + side, column : column + side]


def _bin(planes, binning):
    side = planes.shape[1] // binning
    return planes.reshape(-1, side, binning, side, binning).sum(axis=(2, 4))


def read_tiff(path: str) -> np.ndarray:
    """Pixels of a TIFF.

    Raises
    ------
    ValueError
        If it is none, or damaged.
    """
    import tifffile

    try:
        return tifffile.imread(path)
    except tifffile.TiffFileError as error:
        raise ValueError(f"{path}: {error}") from error


def _read_planes(path):
    planes = read_tiff(path)
    planes = planes[None] if planes.ndim == 2 else planes
    if planes.ndim != 3 or not np.isfinite(planes).all():
        raise ValueError(f"{path} has shape {planes.shape}; grayscale planes of finite pixels are needed.")
    return planes


def read_rows(path: str, columns: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a CSV.

    Raises
    ------
    ValueError
        If it lacks a column.
    """
    with open(path, newline="", encoding="utf-8-sig") as table:
        reader = csv.DictReader(table)
        rows = list(reader)
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"{path} lacks the columns {', '.join(missing)}.")
    return rows
