"""Find, read and check in-focus images."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from imagefocus.measurements import NOTHING_TO_JUDGE
from imagefocus.network.engines import load_weights
from imagefocus.patches import PATCH_SIDE
from imagefocus.rate import rate_image

ENDINGS = (".tif", ".tiff", ".png")
SATURATED_SHARE = 0.01  # of the pixels at the largest value: objects, not hot pixels


class Entry(NamedTuple):
    """A file to read, the set it belongs to, and where it comes from."""

    set_name: str
    path: str
    licence: str
    source: str


class Image(NamedTuple):
    """An in-focus image; `light` is (rows, columns) float32, relative light of 0 to about 1."""

    set_name: str
    path: str
    light: np.ndarray
    licence: str
    source: str


def find_images(where: str, split: str | None = None) -> list[Entry]:
    """List in-focus images, without reading them.

    Parameters
    ----------
    where : str
        A folder, searched for TIFF and PNG files, each sub-folder a set; or a CSV file with a column `file` (relative
        to the CSV) and, optionally, `set`, `split`, `licence` and `source`.
    split : str, optional
        Only the rows with this `split`, where the CSV has that column.

    Returns
    -------
    list of Entry

    Raises
    ------
    ValueError
        If there is none, or the CSV has no column `file`.
    """
    entries = _list_folder(where) if os.path.isdir(where) else _list_csv(where, split)
    if not entries:
        split_label = f", split {split}" if split and not os.path.isdir(where) else ""
        raise ValueError(
            f"no image found in {where}{split_label}: "
            "a folder with TIFF or PNG files is needed, or a CSV with a column 'file'."
        )
    return entries


def _list_folder(folder):
    paths = sorted(
        os.path.join(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith(ENDINGS)
    )
    whole = os.path.basename(os.path.abspath(folder))
    sets = (
        os.path.relpath(path, folder).split(os.sep)[0] if os.path.dirname(path) != folder.rstrip(os.sep) else whole
        for path in paths
    )
    return [Entry(set_name, path, "not stated", f"folder {whole}") for set_name, path in zip(sets, paths)]


def _list_csv(path, split):
    with open(path, newline="", encoding="utf-8-sig") as table:
        reader = csv.DictReader(table)
        rows = list(reader)
    if "file" not in (reader.fieldnames or ()):
        raise ValueError(f"{path} has no column 'file' with the paths of images; it has: {reader.fieldnames}.")
    folder = os.path.dirname(path)
    return [
        Entry(
            row.get("set") or os.path.basename(os.path.dirname(row["file"])) or "images",
            os.path.join(folder, row["file"]),
            row.get("licence") or "not stated",
            re.sub("(@[0-9a-f]+):.*", r"\1", row.get("source") or "not stated"),  # the repository, not the file
        )
        for row in rows
        if split is None or row.get("split", split) == split
    ]


def read_images(entries: list[Entry], log: Callable[[str], object], keep_suspect: bool = True) -> list[Image]:
    """Read images; those that cannot be used are named and skipped.

    Parameters
    ----------
    entries : list of Entry
    log : callable
        Takes a line about each image that is skipped, with the reason.
    keep_suspect : bool
        Use images, too, that are saturated, empty, or blurred by the rating of the shipped weights.

    Returns
    -------
    list of Image
        `light` is (rows, columns) float32: 0 at the 0.1st and 1 at the 99.9th percentile of the pixels.

    Raises
    ------
    ValueError
        If none is left.
    """
    images = []
    for entry in entries:
        try:
            pixels = read_pixels(entry.path)
            fault = None if keep_suspect else find_fault(pixels)
        except (OSError, ValueError) as error:
            log(f"skipped {entry.path}: {error}")
            continue
        if fault:
            log(f"skipped {entry.path}: {fault}")
        else:
            images.append(Image(entry.set_name, entry.path, to_light(pixels), entry.licence, entry.source))
    log(f"images read: {len(images)}, skipped: {len(entries) - len(images)}")
    if not images:
        raise ValueError(f"none of the {len(entries)} images can be used; the lines above say why.")
    return images


def read_pixels(path: str) -> np.ndarray:
    """Read one grayscale plane.

    Returns
    -------
    (rows, columns) array

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, or is not one grayscale plane of at least 84 x 84 pixels, all finite, not all equal.
    """
    pixels = _read_file(path)
    while pixels.ndim > 2 and len(pixels) == 1:
        pixels = pixels[0]  # one plane, stored as a stack
    if pixels.ndim == 3 and pixels.shape[2] in (3, 4) and (pixels[..., :3] == pixels[..., :1]).all():
        pixels = pixels[..., 0]  # gray, stored as color
    if pixels.ndim != 2:
        raise ValueError(f"it is of shape {pixels.shape}, not a single grayscale plane")
    if min(pixels.shape) < PATCH_SIDE:
        height, width = pixels.shape
        raise ValueError(f"too small: {height} x {width} pixels, and a patch has {PATCH_SIDE} x {PATCH_SIDE}")
    if not np.isfinite(pixels).all():
        raise ValueError("some pixels are not finite numbers")
    if pixels.min() == pixels.max():
        raise ValueError(f"empty: every pixel is {pixels.flat[0]}")
    return pixels


def _read_file(path):
    try:
        if not path.lower().endswith(".png"):
            import tifffile

            pixels = tifffile.imread(path)
        else:
            from PIL import Image as Picture

            with Picture.open(path) as picture:  # the indices of a palette do not measure light
                pixels = np.asarray(picture.convert("L") if picture.mode in ("P", "1") else picture)
    except OSError:
        raise
    except Exception as error:  # damaged files raise errors of many kinds
        raise ValueError(f"cannot be read: {error}") from error
    return pixels.astype(np.uint8) if pixels.dtype == bool else pixels


def find_fault(pixels: np.ndarray) -> str | None:
    """Say why an image should not be trained on; None if nothing is wrong with it.

    The shipped weights rate whether it is sharp. They may be wrong about a stain or a sampling that they do not know.
    """
    rating, limit = rate_image(pixels), load_weights().in_focus_limit
    if rating.verdict == NOTHING_TO_JUDGE:
        return "empty: nothing in it can be judged"
    saturated = np.mean(pixels == pixels.max())
    if saturated > SATURATED_SHARE:
        return f"saturated: {100 * saturated:.0f}% of the pixels have the largest value, {pixels.max()}"
    if rating.expected_score > limit:
        return f"blurred: its level is {rating.expected_score:.1f}, in focus are levels up to {limit:.2f}"
    return None


def to_light(pixels: np.ndarray) -> np.ndarray:
    """Scale pixel values to relative light, 0 at the 0.1st percentile and 1 at the 99.9th."""
    low, high = np.percentile(pixels, (0.1, 99.9))
    return ((pixels - low) / max(high - low, 1e-9)).astype(np.float32)
