"""Measure weights on in-focus images that are defocused and photographed here, so that the true level is known."""

from collections import namedtuple

import numpy as np

from imagefocus.images import rate_image
from imagefocus.ratings import LEVEL_COUNT

from . import camera, defocus

PEAK_PHOTONS = (100, 1000, 10000)
BITS = (8, 12, 16)

Result = namedtuple("Result", "set_name path level rating")


def rate_defocused(images, weights, seed=0, report=lambda line: None):
    """Rate each image at each of the 11 levels, the nine exposures taken in turn.

    Parameters
    ----------
    images : list of dataset.Image
    weights : str
        Name or folder.
    seed : int
        Of the camera noise.
    report : callable
        Told a line of progress after each image.

    Returns
    -------
    list of Result
    """
    exposures = [(photons, bits) for photons in PEAK_PHOTONS for bits in BITS]
    point_spreads = [defocus.point_spread_function(level * defocus.LEVEL_METERS) for level in range(LEVEL_COUNT)]
    results = []
    for index, image in enumerate(images):
        random = np.random.default_rng([seed, index])
        for level, point_spread in enumerate(point_spreads):
            blurred = defocus.defocus(image.light, point_spread)
            photons, bits = exposures[len(results) % len(exposures)]
            picture = camera.expose(blurred / max(blurred.max(), 1e-9), photons, bits, random)
            results.append(Result(image.set_name, image.path, level, rate_image(picture, weights=weights, engine="numpy")))
        report("%d of %d images rated" % (index + 1, len(images)))
    return results


def best_limit(results):
    """Expected score that best parts levels 0 and 1 from 2 and up by balanced accuracy, to two decimals.

    Where several do equally well, the middle of them.
    """
    limits = np.arange(1, 3.001, 0.01)
    accuracies = np.array([_balanced_accuracy(results, limit)[0] for limit in limits])
    best = np.flatnonzero(accuracies > accuracies.max() - 1e-9)
    return round(float(limits[best[len(best) // 2]]), 2)


def summarise(results, limits):
    """Figures of merit of rated images.

    Parameters
    ----------
    results : list of Result
    limits : dict
        The card's: judged_certainty and in_focus_expected_score.

    Returns
    -------
    dict of float
    """
    levels = np.array([result.level for result in results])
    scores = np.array([result.rating.score for result in results])
    patch_levels = np.concatenate([np.full(len(result.rating.patches), result.level) for result in results])
    patch_scores = np.concatenate([result.rating.patches.scores for result in results])
    judged = np.concatenate([result.rating.patches.certainties for result in results]) >= limits["judged_certainty"]
    balanced_accuracy, f_score = _balanced_accuracy(results, limits["in_focus_expected_score"])
    figures = {
        "images": len({result.path for result in results}),
        "image Score exact": np.mean(scores == levels),
        "image Score within one level": np.mean(abs(scores - levels) <= 1),
        "share of patches judged": judged.mean(),
        "balanced accuracy of out of focus": balanced_accuracy,
        "F-score of out of focus": f_score,
    }
    if judged.any():
        figures["patch Score within one level, patches judged"] = np.mean(abs(patch_scores - patch_levels)[judged] <= 1)
    return {name: round(float(value), 4) for name, value in figures.items()}


def _balanced_accuracy(results, limit):
    """Balanced accuracy and F-score of "out of focus", levels 2 and up against 0 and 1."""
    blurred = np.array([result.level for result in results]) >= 2
    called = np.array([result.rating.expected_score for result in results]) > limit
    true_positives = (blurred & called).sum()
    recall = true_positives / blurred.sum()
    balanced = (recall + (~blurred & ~called).sum() / (~blurred).sum()) / 2
    return balanced, 2 * true_positives / (blurred.sum() + called.sum())
