"""Windows of light -> patches as a camera takes them and as software leaves them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from imagefocus.patches import PATCH_SIDE

from . import blanks, processing
from .blur import WINDOW
from .camera import EMPTY_SHARE, photograph

MARGIN = (WINDOW - PATCH_SIDE) // 2  # of a window about its patch
BLANK_SHARE = 0.11  # of the patches, which hold nothing
PROCESSED_SHARE, PROCESSED_SHARE_OF_BLANKS = 0.35, 0.5


@dataclass
class Plan:
    """What becomes of patches: which are blank, (n,) bool, and the steps each is processed by, a tuple a patch."""

    blank: np.ndarray
    processings: list[tuple[Any, ...]]


def draw_plan(count: int, random: np.random.Generator, ingredients: Collection[str]) -> Plan:
    """Draw what becomes of patches; without "blanks" and "processing" among the ingredients, nothing is drawn."""
    blank, processings = np.zeros(count, bool), [()] * count
    if "blanks" in ingredients:
        blank = random.random(count) < BLANK_SHARE
    if "processing" in ingredients:
        shares = np.where(blank, PROCESSED_SHARE_OF_BLANKS, PROCESSED_SHARE)
        processings = [
            processing.draw_steps(random) if processed else () for processed in random.random(count) < shares
        ]
    return Plan(blank, processings)


def take_pictures(
    windows: np.ndarray, plan: Plan, random: np.random.Generator, ingredients: Collection[str]
) -> np.ndarray:
    """Photograph windows, process some, and cut out the patches in their middle.

    Of windows to be processed the whole is photographed, so that the borders of a patch come from the picture.

    Parameters
    ----------
    windows : (n, WINDOW, WINDOW) float32 array
        The light of blanks is replaced.
    plan : Plan
    random : numpy.random.Generator
    ingredients : collection of str
        "defects" and "blanks" count.

    Returns
    -------
    (n, 84, 84) array
    """
    for index in np.flatnonzero(plan.blank):
        windows[index] = blanks.draw_blank(random, WINDOW)
    defects = "defects" in ingredients
    empty_share = 0.0 if "blanks" in ingredients else EMPTY_SHARE
    processed = np.array([bool(steps) for steps in plan.processings])
    if not processed.any():
        return photograph(_cut_middle(windows), random, defects, empty_share)
    patches = np.empty((len(windows), PATCH_SIDE, PATCH_SIDE), np.float32)
    patches[~processed] = photograph(_cut_middle(windows[~processed]), random, defects, empty_share)
    counts = photograph(windows[processed], random, defects, empty_share)
    pairs = zip(counts, filter(None, plan.processings))
    patches[processed] = _cut_middle(np.stack([processing.process(picture, steps) for picture, steps in pairs]))
    return patches


def _cut_middle(windows):
    return windows[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
