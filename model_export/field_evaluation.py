"""Measure weights on images as people have them: planes and stacks of many public sources, judged by eye.

They are described by a CSV with the columns file (relative to it), kind (field, unsupported or stack), judged (sharp,
soft, blurred, blank, unsure or unsupported), oversampled ("yes" where best focus is soft in pixels) and source.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
from scipy import stats

from imagefocus.measurements import IN_FOCUS, NOTHING_TO_JUDGE, OUT_OF_FOCUS
from imagefocus.modality import looks_unlike_fluorescence
from imagefocus.patches import PATCH_SIDE
from imagefocus.pixels import reduce_image

from .evaluation import Rater
from .metrics import round_figures, share_of
from .stacks import read_rows, read_tiff

SHARPEST_PLANES = {"stack_bian_bead.tif": 23, "stack_bian_grid.tif": 11}  # by eye
HALF = 0.5  # scale at which oversampled images are measured


class FieldImage(NamedTuple):
    """A row of the CSV; `pixels` is (rows, columns), of stacks (planes, rows, columns)."""

    file: str
    kind: str
    judged: str
    oversampled: bool
    source: str
    pixels: np.ndarray


def read_field(path: str) -> list[FieldImage]:
    """Read the images that a CSV describes.

    Raises
    ------
    ValueError
        If the CSV lacks a column, or an image cannot be read.
    """
    return [
        FieldImage(
            row["file"],
            row["kind"],
            row["judged"],
            row["oversampled"] == "yes",
            row["source"].split("@")[0],
            read_tiff(os.path.join(os.path.dirname(path), row["file"])),
        )
        for row in read_rows(path, ("file", "kind", "judged", "oversampled", "source"))
    ]


def measure_planes(field: list[FieldImage], rater: Rater) -> dict[str, float | None]:
    """How the planes of the field are judged.

    Parameters
    ----------
    field : list of FieldImage
    rater : evaluation.Rater

    Returns
    -------
    dict of float
        Counts, and of how many.
    """
    planes = [image for image in field if image.kind == "field"]
    blank = [image.pixels for image in planes if image.judged == "blank"]
    sharp = [image.pixels for image in planes if image.judged == "sharp" and not image.oversampled]
    oversampled = [image.pixels for image in planes if image.judged in ("sharp", "soft") and image.oversampled]
    halved = [smaller for smaller in map(_half, oversampled) if min(smaller.shape) >= PATCH_SIDE]
    figures: dict[str, float] = {}
    for name, of_kind in (("sharp", sharp), ("oversampled, at scale 0.5", halved)):
        figures[f"{name}: images"] = len(of_kind)
        verdicts = [rater(pixels).verdict for pixels in of_kind]
        figures[f"{name}: flagged"] = verdicts.count(OUT_OF_FOCUS)
        figures[f"{name}: nothing to judge"] = verdicts.count(NOTHING_TO_JUDGE)
    figures["blank: images"] = len(blank)
    figures["blank: nothing to judge"] = sum(rater(pixels).verdict == NOTHING_TO_JUDGE for pixels in blank)
    return round_figures(figures)


def _half(pixels):
    return reduce_image(pixels, None, HALF)[0]


def measure_stacks(field: list[FieldImage], rater: Rater) -> dict[str, float | None]:
    """Whether planes farther from the sharpest are rated higher: Spearman's correlation over the judged planes.

    Only of the stacks in SHARPEST_PLANES, whose sharpest plane can be told by eye.

    Returns
    -------
    dict of float
        The share of the planes that are judged too; a correlation of fewer than three planes is NaN.
    """
    figures = {}
    for image in field:
        if image.file in SHARPEST_PLANES:
            ratings = [rater(plane) for plane in image.pixels]
            judged = np.array([rating.verdict != NOTHING_TO_JUDGE for rating in ratings])
            scores = np.array([rating.expected_score for rating in ratings])
            distances = abs(np.arange(len(ratings)) - SHARPEST_PLANES[image.file])
            enough = judged.sum() > 2 and np.ptp(scores[judged]) > 0
            rank = stats.spearmanr(scores[judged], distances[judged])[0] if enough else np.nan
            figures[f"{image.file}: Spearman of judged"] = rank
            figures[f"{image.file}: judged"] = judged.mean()
    return round_figures(figures)


def measure_warnings(field: list[FieldImage]) -> dict[str, float | None]:
    """How many images get a warning that they do not look like fluorescence."""
    unsupported = [image.pixels for image in field if image.kind == "unsupported"]
    planes = [image.pixels for image in field if image.kind == "field"]
    planes += [plane for image in field if image.kind == "stack" for plane in image.pixels]
    return round_figures({"unsupported: warned": _warned(unsupported), "fluorescence: warned": _warned(planes)})


def _warned(planes):
    return np.mean([looks_unlike_fluorescence(plane) is not None for plane in planes])


def measure_unsupported(field: list[FieldImage], rater: Rater) -> dict[str, float | None]:
    """Of the unsupported images, the share that is in focus to who overlooks the warning."""
    verdicts = [rater(image.pixels).verdict for image in field if image.kind == "unsupported"]
    return round_figures({f"unsupported: {name}": share_of(verdicts, name) for name in (IN_FOCUS, NOTHING_TO_JUDGE)})
