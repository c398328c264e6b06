"""Figures of merit of ratings whose truth is known."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import optimize, stats

from imagefocus.optics import LEVEL_COUNT

if TYPE_CHECKING:
    from .evaluation import Result, StackResult

CALIBRATION_BINS = 15
FIRST_BLURRED_LEVEL = 2  # images at levels 0 and 1 are in focus


def find_best_limit(results: list[Result]) -> float:
    """Expected score that best separates levels 0 and 1 from 2 and up by balanced accuracy, to two decimals.

    It is the middle of the limits within one standard error of the best, since a few pictures decide among those.
    """
    limits = np.arange(1, 3.001, 0.01)
    scores, blurred = _expected_scores(results), _are_blurred(results)
    accuracies = np.array([balanced_accuracy(blurred, scores > limit) for limit in limits])
    flagged = scores > limits[accuracies.argmax()]
    variances = [flagged[group].var() / group.sum() for group in (blurred, ~blurred)]
    best = np.flatnonzero(accuracies >= accuracies.max() - np.sqrt(sum(variances)) / 2 - 1e-9)
    return round(float(limits[best[len(best) // 2]]), 2)


def find_best_temperature(results: list[Result]) -> float:
    """Temperature at which the true levels of the patches are most likely, to two decimals.

    Source: C. Guo et al., ICML 2017.
    """
    patches = collect_patches(results)
    logarithms = np.log(np.maximum(patches["probabilities"], 1e-12))

    def surprise(temperature):
        scaled = logarithms / temperature
        normal = np.logaddexp.reduce(scaled, axis=1)
        return np.mean(normal - scaled[np.arange(len(scaled)), patches["levels"]])

    return round(float(optimize.minimize_scalar(surprise, bounds=(0.3, 3), method="bounded").x), 2)


def summarize(results: list[Result], limits: dict[str, float]) -> dict[str, float | None]:
    """Compute the figures of merit of rated pictures.

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
    patches = collect_patches(results)
    judged = patches["certainties"] >= limits["judged_certainty"]
    with_signal = patches["has_signal"]
    near = abs(patches["scores"] - patches["levels"]) <= 1
    blurred = _are_blurred(results)
    flagged = _expected_scores(results) > limits["in_focus_expected_score"]
    return round_figures(
        {
            "images": len({result.path for result in results}),
            "image Score within one level": np.mean(abs(scores - levels) <= 1),
            "image Score exact": np.mean(scores == levels),
            "patch Score within one level, patches judged": near[judged].mean() if judged.any() else np.nan,
            "share judged of patches with signal": judged[with_signal].mean() if with_signal.any() else np.nan,
            "share judged of all patches": judged.mean(),
            "ranked probability score of patches": np.mean(ranked_probability_scores(patches)),
            "balanced accuracy of out of focus": balanced_accuracy(blurred, flagged),
            "F-score of out of focus": f_score(blurred, flagged),
            "calibration error of patches": calibration_error(patches),
        }
    )


def measure_expected_scores(results: list[Result]) -> dict[str, float | None]:
    """How far ExpectedScore is from the truth, and where sharp images stand.

    Parameters
    ----------
    results : list of evaluation.Result

    Returns
    -------
    dict of float
    """
    levels, scores = np.array([result.level for result in results]), _expected_scores(results)
    return round_figures(
        {
            "mean absolute error of ExpectedScore": np.mean(abs(scores - levels)),
            "mean ExpectedScore at level 0": scores[levels == 0].mean(),
        }
    )


def summarize_stack(result: StackResult) -> dict[str, float | None]:
    """Compute the figures of merit of one rated stack."""
    levels, last = np.array(result.levels), LEVEL_COUNT - 1
    scores = np.array([rating.score for rating in result.ratings])
    expected = np.array([rating.expected_score for rating in result.ratings])
    near, far = levels < last, levels >= last
    figures: dict[str, Any] = {"planes": len(levels)}
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
    return round_figures(figures)


def collect_patches(results: list[Result]) -> dict[str, np.ndarray]:
    """Gather the patches of all results.

    Returns
    -------
    dict of arrays with one entry a patch
        levels (the true ones), scores, certainties, probabilities (n, 11), has_signal.
    """
    ratings = [result.rating.patches for result in results]
    return {
        "levels": np.concatenate([np.full(len(result.rating.patches), result.level) for result in results]),
        "scores": np.concatenate([rating.scores for rating in ratings]),
        "certainties": np.concatenate([rating.certainties for rating in ratings]),
        "probabilities": np.concatenate([rating.probabilities for rating in ratings]),
        "has_signal": np.concatenate([result.has_signal for result in results]),
    }


def ranked_probability_scores(patches: dict[str, np.ndarray]) -> np.ndarray:
    """Sum of squared differences of the cumulative distributions from the truth, (n,), 0 to 10; lower is better."""
    truth = np.arange(LEVEL_COUNT) >= patches["levels"][:, None]
    return ((np.cumsum(patches["probabilities"], axis=1) - truth) ** 2).sum(axis=1)


def calibration_bins(patches: dict[str, np.ndarray]) -> np.ndarray:
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
        [
            (np.sum(inside), confidences[inside].mean(), right[inside].mean())
            for inside in np.unique(bins)[:, None] == bins
        ]
    )


def calibration_error(patches: dict[str, np.ndarray]) -> float:
    """Expected calibration error: mean |confidence - accuracy| (C. Guo et al., ICML 2017)."""
    counts, confidence, accuracy = calibration_bins(patches).T
    return np.sum(counts * abs(confidence - accuracy)) / counts.sum()


def balanced_accuracy(blurred: np.ndarray, flagged: np.ndarray) -> float:
    """Mean of the share of the blurred images that are flagged and the share of the sharp ones that are not.

    Parameters
    ----------
    blurred, flagged : (n,) bool array
    """
    return (flagged[blurred].mean() + (~flagged[~blurred]).mean()) / 2


def f_score(blurred: np.ndarray, flagged: np.ndarray) -> float:
    """Harmonic mean of precision and recall of the blurred images, of (n,) bool arrays."""
    return 2 * (blurred & flagged).sum() / (blurred.sum() + flagged.sum())


def describe_worst_images(results: list[Result], count: int = 5) -> list[str]:
    """Name the images whose expected scores are farthest from the truth, a line each, the worst first."""
    errors: dict[str, list[float]] = {}
    for result in results:
        errors.setdefault(result.path, []).append(result.rating.expected_score - result.level)
    worst = sorted(errors, key=lambda path: -np.abs(errors[path]).mean())[:count]
    return [_describe_errors(path, errors[path]) for path in worst]


def _describe_errors(path, errors):
    direction = "too blurred" if np.mean(errors) > 0 else "too sharp"
    name = "/".join(path.split(os.sep)[-2:])
    return f"{name}: off by {np.abs(errors).mean():.2f} levels on average, {direction}"


def share_of(verdicts: list[str], wanted: str) -> float:
    """Share of the verdicts that are the wanted one; NaN of none."""
    return float(np.mean([verdict == wanted for verdict in verdicts])) if verdicts else float("nan")


def _are_blurred(results):
    return np.array([result.level for result in results]) >= FIRST_BLURRED_LEVEL


def _expected_scores(results):
    return np.array([result.rating.expected_score for result in results])


def round_figures(figures: dict[str, Any]) -> dict[str, float | None]:
    """Round figures to four decimals; those that are not defined become None."""
    return {name: None if np.isnan(value) else round(float(value), 4) for name, value in figures.items()}
