"""Measure weights on images as people have them: planes and stacks of many public sources, judged by eye.

They are described by a CSV with the columns file (relative to it), kind (field, unsupported or stack), judged (sharp,
soft, blurred, blank, unsure or unsupported), oversampled ("yes" where best focus is soft in pixels) and source.
"""

import csv
import os
from collections import namedtuple

import numpy as np
from scipy import stats

from imagefocus.modality import looks_unlike_fluorescence
from imagefocus.patches import PATCH_SIDE
from imagefocus.rate import reduce_image

from .metrics import rounded
from .stress import share_of, verdict

SHARPEST_PLANES = {"stack_bian_bead.tif": 23, "stack_bian_grid.tif": 11}  # by eye
HALF = 0.5  # scale at which oversampled images are measured

FieldImage = namedtuple("FieldImage", "file kind judged oversampled source pixels")


def read_field(path):
    """Read the images that a CSV describes.

    Returns
    -------
    list of FieldImage
        `pixels` is (rows, columns), of stacks (planes, rows, columns).
    """
    import tifffile

    with open(path, newline="", encoding="utf-8-sig") as table:
        rows = list(csv.DictReader(table))
    return [
        FieldImage(
            row["file"],
            row["kind"],
            row["judged"],
            row["oversampled"] == "yes",
            row["source"].split("@")[0],
            tifffile.imread(os.path.join(os.path.dirname(path), row["file"])),
        )
        for row in rows
    ]


def levels_of_known(results):
    """How far ExpectedScore is from the truth, and where sharp images stand.

    Parameters
    ----------
    results : list of evaluation.Result

    Returns
    -------
    dict of float
    """
    levels = np.array([result.level for result in results])
    scores = np.array([result.rating.expected_score for result in results])
    return rounded(
        {
            "mean absolute error of ExpectedScore": np.mean(abs(scores - levels)),
            "mean ExpectedScore at level 0": scores[levels == 0].mean(),
        }
    )


def field_planes(field, rater):
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
    figures = {}
    for name, of_kind in (("sharp", sharp), ("oversampled, at scale 0.5", halved)):
        figures[f"{name}: images"] = len(of_kind)
        verdicts = [verdict(rater(pixels)) for pixels in of_kind]
        figures[f"{name}: flagged"] = verdicts.count("out of focus")
        figures[f"{name}: nothing to judge"] = verdicts.count("nothing to judge")
    figures["blank: images"] = len(blank)
    figures["blank: nothing to judge"] = sum(verdict(rater(pixels)) == "nothing to judge" for pixels in blank)
    return rounded(figures)


def _half(pixels):
    return reduce_image(pixels, None, HALF)[0]


def field_stacks(field, rater):
    """Whether planes farther from the sharpest are rated higher: Spearman's correlation over the judged planes.

    Returns
    -------
    dict of float
        The share of the planes that are judged too; a correlation of fewer than three planes is NaN.
    """
    figures = {}
    for image in field:
        if image.file in SHARPEST_PLANES:
            ratings = [rater(plane) for plane in image.pixels]
            judged = np.array([verdict(rating) != "nothing to judge" for rating in ratings])
            scores = np.array([rating.expected_score for rating in ratings])
            distances = abs(np.arange(len(ratings)) - SHARPEST_PLANES[image.file])
            known = judged.sum() > 2 and np.ptp(scores[judged]) > 0
            rank = stats.spearmanr(scores[judged], distances[judged])[0] if known else np.nan
            figures[f"{image.file}: Spearman of judged"] = rank
            figures[f"{image.file}: judged"] = judged.mean()
    return rounded(figures)


def unlike_fluorescence(field):
    """How many images get a warning that they do not look like fluorescence."""
    unsupported = [image.pixels for image in field if image.kind == "unsupported"]
    planes = [image.pixels for image in field if image.kind == "field"]
    planes += [plane for image in field if image.kind == "stack" for plane in image.pixels]
    return rounded({"unsupported: warned": _warned(unsupported), "fluorescence: warned": _warned(planes)})


def _warned(planes):
    return np.mean([looks_unlike_fluorescence(plane) is not None for plane in planes])


def unsupported_verdicts(field, rater):
    """Of the unsupported images, the share that is in focus to who overlooks the warning."""
    verdicts = [verdict(rater(image.pixels)) for image in field if image.kind == "unsupported"]
    return rounded({f"unsupported: {name}": share_of(verdicts, name) for name in ("in focus", "nothing to judge")})
