"""One image file -> the rows of its planes and patches."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import Any, Dict

import numpy as np

from ..files.read import Plane, read_planes
from ..files.tables import one_line, write_whole
from ..measurements import (
    GRID_FEATURES,
    IMAGE_FEATURES,
    PATCH_FEATURES,
    PROBABILITY_FEATURES,
    measurement_name,
)
from ..modality import looks_unlike_fluorescence
from ..network.engines import choose_engine
from ..rate import rate_image
from ..ratings import ImageRating, PatchRatings

GRID_ROW, GRID_COLUMN = (feature.name for feature in GRID_FEATURES)
PROBABILITIES = [measurement_name(feature) for feature in PROBABILITY_FEATURES]
FIGURES = [measurement_name(feature) for feature in IMAGE_FEATURES] + PROBABILITIES
# What a row was made of.
PROVENANCE = ["PlaneCount", "FileSize", "ModificationTime", "Weights", "Step", "Engine"]
IMAGE_COLUMNS = ["FileName", "Path", "Plane", *FIGURES, "Error", "Note", *PROVENANCE]
PATCH_COLUMNS = [
    *("FileName", "Plane", GRID_ROW, GRID_COLUMN, "Top", "Left"),
    *(measurement_name(feature) for feature in PATCH_FEATURES),
    *PROBABILITIES,
    "Path",  # tells apart files of one name in two folders
]

Row = Dict[str, Any]  # a value for each column


@dataclass(frozen=True)
class Options:
    """How files are rated, and what is kept beside the ratings of images."""

    engine: str
    weights: str | None
    fingerprint: str  # of the weights
    step: int
    patches: bool  # whether there are to be rows of patches
    overlays: str | None  # folder for pictures; None for no pictures


@dataclass
class RatedFile:
    """The rows of a file, by IMAGE_COLUMNS and PATCH_COLUMNS, and what is wrong with planes that could not be rated."""

    path: str
    image_rows: list[Row] = field(default_factory=list)
    patch_rows: list[Row] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # why planes do not look like fluorescence


def rate_file(path: str, options: Options) -> RatedFile:
    """Rate all planes of an image file; whatever is wrong with it is in its rows."""
    rated = RatedFile(path)
    size: int | str = ""
    modification_time: int | str = ""
    try:
        size, modification_time = file_state(path)
        for number, plane in enumerate(read_planes(path)):
            _add_plane(rated, number, plane, options)
    except Exception as error:  # libraries raise all kinds on damaged files
        _add_error(rated, len(rated.image_rows) or "", error)
    for row in rated.image_rows:
        row.update(row_facts(path, row["Plane"], len(rated.image_rows), size, modification_time, options))
    return rated


def row_facts(
    path: str, plane: int | str, plane_count: int, size: int | str, modification_time: int | str, options: Options
) -> Row:
    """The columns of a row that can be told without a rating."""
    return {
        **_names(path),
        "Plane": plane,
        "PlaneCount": plane_count,
        "FileSize": size,
        "ModificationTime": modification_time,
        "Weights": options.fingerprint,
        "Step": options.step,
    }


def _add_plane(rated: RatedFile, number: int, plane: Plane, options: Options) -> None:
    try:
        rating = _rate_plane(rated.path, number, plane, options)
        engine = choose_engine(options.engine, rating.shape)
        note = looks_unlike_fluorescence(plane.pixels) or ""
        rated.image_rows.append(_image_row(number, rating, engine, note))
        rated.notes += [note] if note else []
        if options.patches:
            rated.patch_rows += _patch_rows(rated.path, number, rating.patches)
    except Exception as error:  # whatever is wrong with one plane, the others are rated
        _add_error(rated, number, error)


def _add_error(rated: RatedFile, plane: int | str, error: Exception) -> None:
    text = _explain(error)
    rated.errors.append(text)
    empty = dict.fromkeys([*FIGURES, "Note", "Engine"], "")
    rated.image_rows.append({"Plane": plane, **empty, "Error": text})


def file_state(path: str) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds since 1970; either differs once a file has changed."""
    facts = os.stat(path)
    return facts.st_size, facts.st_mtime_ns


def _rate_plane(path: str, number: int, plane: Plane, options: Options) -> ImageRating:
    if plane.error is not None:
        raise plane.error
    rating = rate_image(plane.pixels, step=options.step, engine=options.engine, weights=options.weights)
    if options.overlays:
        _write_overlay(rating.overlay(plane.pixels), overlay_path(options.overlays, path, number))
    return rating


def _explain(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, MemoryError):
        text = "there is not enough memory for it; try fewer --jobs"
    return one_line(" ".join(text.split()))


def _names(path: str) -> Row:
    return {"FileName": one_line(os.path.basename(path)), "Path": one_line(path)}


def _image_row(plane: int, rating: ImageRating, engine: str, note: str) -> Row:
    measured = {measurement_name(name): value for name, value in rating.measurements().items()}
    measured.update(zip(PROBABILITIES, rating.probabilities.tolist()))
    return {"Plane": plane, **measured, "Error": "", "Note": note, "Engine": engine}


def _patch_rows(path: str, plane: int, patches: PatchRatings) -> list[Row]:
    columns = {
        GRID_ROW: patches.grid_rows,
        GRID_COLUMN: patches.grid_columns,
        "Top": patches.tops,
        "Left": patches.lefts,
        **{measurement_name(name): values for name, values in patches.measurements().items()},
        **dict(zip(PROBABILITIES, patches.probabilities.T)),
    }
    names = {**_names(path), "Plane": plane}
    rows = zip(*(values.tolist() for values in columns.values()))
    return [{**names, **dict(zip(columns, row))} for row in rows]


def overlay_path(folder: str, path: str, plane: int) -> str:
    """Where the overlay of a plane goes; the digits tell apart files of one name in two folders."""
    name = one_line(os.path.basename(path)).encode()[:200].decode(errors="ignore")  # names may have 255 bytes
    digits = hashlib.sha256(one_line(path).encode()).hexdigest()[:8]
    plain = name.replace("\\", "_")
    return os.path.join(folder, f"{plain}-{digits}-plane{plane}.png")


def _write_overlay(picture: np.ndarray, path: str) -> None:
    from PIL import Image

    with write_whole(path) as file:
        Image.fromarray(picture).save(file, format="PNG")
