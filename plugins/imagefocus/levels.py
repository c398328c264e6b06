"""Maths on distributions over the defocus levels: level, certainty, abstaining, pooling patches."""

from __future__ import annotations

import numpy as np

from .optics import LEVEL_COUNT

FLAT = np.full(LEVEL_COUNT, 1 / LEVEL_COUNT)  # the distribution where there is nothing to judge
ABSTAIN_RAMP = 0.1  # so that a patch that changes a little does not go from judged to undecided all at once
BLURRED_RAMP = 2.5, 3.5  # expected levels, from perhaps in focus to blurred


def most_probable_levels(probabilities: np.ndarray) -> np.ndarray:
    """Most probable level of each distribution; the middle level, 5, of a flat one.

    Parameters
    ----------
    probabilities : (..., 11) array

    Returns
    -------
    (...) int array, 0 (sharp) to 10
    """
    probabilities = np.asarray(probabilities)
    flat = probabilities.max(axis=-1) == probabilities.min(axis=-1)
    return np.where(flat, LEVEL_COUNT // 2, probabilities.argmax(axis=-1))


def expected_levels(probabilities: np.ndarray) -> np.ndarray:
    """Probability-weighted mean level of each distribution, 0.0 to 10.0.

    Parameters
    ----------
    probabilities : (..., 11) array
    """
    levels = np.asarray(probabilities) @ np.arange(LEVEL_COUNT)
    return np.clip(levels, 0, LEVEL_COUNT - 1)  # rounding may lead beyond


def certainties(probabilities: np.ndarray) -> np.ndarray:
    """One minus the normalized entropy of each distribution, 1 + sum p ln p / ln 11.

    Parameters
    ----------
    probabilities : (..., 11) array

    Returns
    -------
    (...) array
        0 for a flat distribution, 1 for a sure one.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    logarithms = np.log(np.where(probabilities > 0, probabilities, 1))
    return np.clip(1 + (probabilities * logarithms).sum(axis=-1) / np.log(LEVEL_COUNT), 0, 1)


def abstain(
    probabilities: np.ndarray,
    near_probability: float,
    remaining_certainty: float,
    near_probability_if_blurred: float | None = None,
) -> np.ndarray:
    """Flatten the distributions that are not sure of their level to within about one, so that they are not judged.

    The images of other microscopes and cells are not those of the training. A network that wavers is least to be relied
    on.

    Parameters
    ----------
    probabilities : (n, 11) array
    near_probability : float
        What the most probable three neighboring levels must have together.
    remaining_certainty : float
        The most certainty that an undecided distribution keeps. It must lie below the certainty from which a patch is
        judged.
    near_probability_if_blurred : float, optional
        The same as `near_probability`, for patches that are blurred. For finding sharp images it costs nothing if
        the blur of such a patch is not judged.

    Returns
    -------
    (n, 11) array
        Mixed with the flat distribution. Where three levels have the probability they need, nothing is mixed in. Where
        ABSTAIN_RAMP or more is lacking, the share of the flat one is 1 - remaining_certainty / certainty. Since
        certainty is convex, this leaves `remaining_certainty` or less.
    """
    if near_probability_if_blurred is None:
        needed: float | np.ndarray = near_probability
    else:
        start, end = BLURRED_RAMP
        blurred = np.clip((expected_levels(probabilities) - start) / (end - start), 0, 1)
        needed = near_probability + blurred * (near_probability_if_blurred - near_probability)
    three = (probabilities[:, :-2] + probabilities[:, 1:-1] + probabilities[:, 2:]).max(axis=1)
    lacking = np.clip((needed - three) / ABSTAIN_RAMP, 0, 1)
    share = lacking * (1 - remaining_certainty / np.maximum(certainties(probabilities), remaining_certainty))
    return probabilities + share[:, None] * (FLAT - probabilities)


def pool_patches(probabilities: np.ndarray) -> np.ndarray:
    """Distribution of an image: the mean of its patches', weighted by their certainty.

    Parameters
    ----------
    probabilities : (n, 11) array
        Of the rated patches; n may be 0.

    Returns
    -------
    (11,) array
        Flat where no patch has any certainty.
    """
    certainty = certainties(probabilities)
    total = certainty.sum()
    return certainty @ probabilities / total if total > 0 else FLAT.copy()
