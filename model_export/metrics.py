"""Figures of merit of ratings whose truth is known."""

import os

import numpy as np
from scipy import optimize, stats

from imagefocus.optics import LEVEL_COUNT

CALIBRATION_BINS = 15


def best_limit(results):
    """Expected score that best parts levels 0 and 1 from 2 and up by balanced accuracy, to two decimals.

    The middle of the limits that come within one standard error of the best, since a few pictures decide among those.
    """
    limits = np.arange(1, 3.001, 0.01)
    scores, blurred = _expected_scores(results), _blurred(results)
    accuracies = np.array([balanced_accuracy(blurred, scores > limit) for limit in limits])
    called = scores > limits[accuracies.argmax()]
    variances = [called[of].var() / of.sum() for of in (blurred, ~blurred)]
    best = np.flatnonzero(accuracies >= accuracies.max() - np.sqrt(sum(variances)) / 2 - 1e-9)
    return round(float(limits[best[len(best) // 2]]), 2)


def best_temperature(results):
    """Temperature that makes the probabilities of the patches most likely, to two decimals (C. Guo et al., ICML 2017)."""
    patches = patches_of(results)
    logarithms = np.log(np.maximum(patches["probabilities"], 1e-12))

    def surprise(temperature):
        scaled = logarithms / temperature
        normal = np.logaddexp.reduce(scaled, axis=1)
        return np.mean(normal - scaled[np.arange(len(scaled)), patches["levels"]])

    return round(float(optimize.minimize_scalar(surprise, bounds=(0.3, 3), method="bounded").x), 2)


def summarize(results, limits):
    """Figures of merit of rated pictures.

    Parameters
    ----------
    results : list of Result
    limits : dict
        As in the model card.

    Returns
    -------
    dict of float
    """
    levels = np.array([result.level for result in results])
    scores = np.array([result.rating.score for result in results])
    patches = patches_of(results)
    judged = patches["certainties"] >= limits["judged_certainty"]
    with_signal = patches["has_signal"]
    near = abs(patches["scores"] - patches["levels"]) <= 1
    called = _expected_scores(results) > limits["in_focus_expected_score"]
    return rounded(
        {
            "images": len({result.path for result in results}),
            "image Score within one level": np.mean(abs(scores - levels) <= 1),
            "image Score exact": np.mean(scores == levels),
            "patch Score within one level, patches judged": near[judged].mean() if judged.any() else np.nan,
            "share judged of patches with signal": judged[with_signal].mean() if with_signal.any() else np.nan,
            "share judged of all patches": judged.mean(),
            "ranked probability score of patches": np.mean(ranked_probability_scores(patches)),
            "balanced accuracy of out of focus": balanced_accuracy(_blurred(results), called),
            "F-score of out of focus": f_score(_blurred(results), called),
            "calibration error of patches": calibration_error(patches),
        }
    )


def summarize_stack(result):
    """Figures of merit of one rated stack."""
    levels, last = np.array(result.levels), LEVEL_COUNT - 1
    scores = np.array([rating.score for rating in result.ratings])
    expected = np.array([rating.expected_score for rating in result.ratings])
    near, far = levels < last, levels >= last
    figures = {"planes": len(levels)}
    if near.any():
        figures["planes below level 10 within one level, rounded"] = np.mean(abs(scores - np.rint(levels))[near] <= 1)
        figures["planes below level 10 within one level, exactly"] = np.mean(abs(scores - levels)[near] <= 1)
    if len(np.unique(levels[near])) > 2:
        figures["Spearman, planes below level 10"] = stats.spearmanr(expected[near], levels[near])[0]
    if len(np.unique(levels)) > 2:
        figures["Spearman, all planes"] = stats.spearmanr(expected, levels)[0]
    if far.any():
        figures["planes at level 10 with Score 9 or 10"] = np.mean(scores[far] >= 9)
        figures["planes at level 10 with Score 10"] = np.mean(scores[far] == 10)
    return rounded(figures)


def patches_of(results):
    """The patches of all results, as a dict of arrays: levels, scores, certainties, probabilities, has_signal."""
    ratings = [result.rating.patches for result in results]
    return {
        "levels": np.concatenate([np.full(len(result.rating.patches), result.level) for result in results]),
        "scores": np.concatenate([rating.scores for rating in ratings]),
        "certainties": np.concatenate([rating.certainties for rating in ratings]),
        "probabilities": np.concatenate([rating.probabilities for rating in ratings]),
        "has_signal": np.concatenate([result.has_signal for result in results]),
    }


def ranked_probability_scores(patches):
    """Sum of squared differences of the cumulative distributions from the truth, of each patch."""
    truth = np.arange(LEVEL_COUNT) >= patches["levels"][:, None]
    return ((np.cumsum(patches["probabilities"], axis=1) - truth) ** 2).sum(axis=1)


def calibration_bins(patches):
    """Confidence and accuracy of the most probable level, in 15 equal bins of confidence.

    Returns
    -------
    (m, 3) array
        For each bin that is not empty: patches in it, mean confidence, share that is right.
    """
    confidences = patches["probabilities"].max(axis=1)
    right = patches["scores"] == patches["levels"]
    bins = np.minimum((confidences * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return np.array(
        [(np.sum(bins == b), confidences[bins == b].mean(), right[bins == b].mean()) for b in np.unique(bins)]
    )


def calibration_error(patches):
    """Expected calibration error: mean |confidence - accuracy| (C. Guo et al., ICML 2017)."""
    counts, confidence, accuracy = calibration_bins(patches).T
    return np.sum(counts * abs(confidence - accuracy)) / counts.sum()


def balanced_accuracy(blurred, called):
    """Mean of the shares of blurred and of sharp images that are called so, both (n,) bool."""
    return (called[blurred].mean() + (~called[~blurred]).mean()) / 2


def f_score(blurred, called):
    """Harmonic mean of precision and recall of the blurred ones."""
    return 2 * (blurred & called).sum() / (blurred.sum() + called.sum())


def worst_images(results, count=5):
    """Images whose expected scores are farthest from the truth: lines of text, the worst first."""
    by_path = {}
    for result in results:
        by_path.setdefault(result.path, []).append(result.rating.expected_score - result.level)
    worst = sorted(by_path.items(), key=lambda item: -np.abs(item[1]).mean())[:count]
    return [
        "{}: off by {:.2f} levels on average, {}".format(
            "/".join(path.split(os.sep)[-2:]), np.abs(off).mean(), "too blurred" if np.mean(off) > 0 else "too sharp"
        )
        for path, off in worst
    ]


def _blurred(results):
    return np.array([result.level for result in results]) >= 2


def _expected_scores(results):
    return np.array([result.rating.expected_score for result in results])


def rounded(figures):
    return {name: None if np.isnan(value) else round(float(value), 4) for name, value in figures.items()}
