"""Names, order, types and limits of all measurements: the one list of them.

The module's columns and pickers, `imagefocus rate`, the report and the benchmarks all take them from here.
"""

from __future__ import annotations

from collections import namedtuple

from .optics import LEVEL_COUNT

CATEGORY = "ImageFocus"  # the first part of every name in CellProfiler's tables

JUDGED_CERTAINTY = 0.3  # a patch is judged when its Certainty is at least this; weights state their own in their card
BLANK_FRACTION = 0.05  # an image whose CertainFraction is below this holds nothing to judge

# The verdicts on an image: judged and at most the in-focus limit, judged and above it, or not judged.
IN_FOCUS, OUT_OF_FOCUS, NOTHING_TO_JUDGE = "in focus", "out of focus", "nothing to judge"

# The type is int or float. Every value lies between 0 and the largest.
Feature = namedtuple("Feature", "name type largest")

SCORE = Feature("Score", int, LEVEL_COUNT - 1)
EXPECTED_SCORE = Feature("ExpectedScore", float, LEVEL_COUNT - 1)
CERTAINTY = Feature("Certainty", float, 1)
PATCH_COUNT = Feature("PatchCount", int, float("inf"))
CERTAIN_FRACTION = Feature("CertainFraction", float, 1)
OUT_OF_FOCUS_FRACTION = Feature("OutOfFocusFraction", float, 1)
DEFOCUS = Feature("DefocusMicrons", float, float("inf"))  # measured where the sampling is given
BEST_PLANE = Feature("BestPlane", int, float("inf"))  # measured of volumes

PATCH_FEATURES = (SCORE, EXPECTED_SCORE, CERTAINTY)  # of a patch or an object
IMAGE_FEATURES = (*PATCH_FEATURES, PATCH_COUNT, CERTAIN_FRACTION, OUT_OF_FOCUS_FRACTION)
PROBABILITY_FEATURES = tuple(Feature(f"Probability{level:02d}", float, 1) for level in range(LEVEL_COUNT))
GRID_FEATURES = (Feature("GridRow", int, float("inf")), Feature("GridColumn", int, float("inf")))  # of a patch
WEIGHTS = "Weights"  # of the experiment; the value is text


def measurement_name(feature: Feature | str, image: str | None = None) -> str:
    """Name of a measurement in a table.

    Parameters
    ----------
    feature : Feature or str
    image : str, optional
        The image's name in the pipeline; the command line's table has none.

    Examples
    --------
    >>> measurement_name(SCORE), measurement_name("Score", "DNA")
    ('ImageFocus_Score', 'ImageFocus_Score_DNA')
    """
    name = feature if isinstance(feature, str) else feature.name
    return "_".join([CATEGORY, name, image] if image else [CATEGORY, name])
