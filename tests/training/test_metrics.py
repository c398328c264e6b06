"""Figures of merit of ratings whose truth is known."""

import numpy as np
import pytest

from helpers.made_ratings import image_rating
from imagefocus.measurements import JUDGED_CERTAINTY
from model_export import evaluation, metrics

SURE = np.eye(11)
LIMITS = {"judged_certainty": JUDGED_CERTAINTY, "in_focus_expected_score": 2.0}


def make_results(pairs):
    """Results of images of one patch each, from pairs of the true level and the level that the network is sure of."""
    return [
        evaluation.Result("a", str(index), level, image_rating([SURE[score]]), np.array([True]))
        for index, (level, score) in enumerate(pairs)
    ]


def test_figures_of_merit_are_those_of_the_answers():
    figures = metrics.summarize(make_results([(0, 0), (1, 3), (2, 3), (5, 9)]), LIMITS)
    assert figures["image Score within one level"] == 0.5 and figures["image Score exact"] == 0.25
    assert figures["patch Score within one level, patches judged"] == 0.5
    assert figures["balanced accuracy of out of focus"] == 0.75  # all blurred found, one of two sharp ones lost
    assert figures["F-score of out of focus"] == pytest.approx(2 * 2 / (2 + 3))
    assert figures["ranked probability score of patches"] == (0 + 2 + 1 + 4) / 4
    assert figures["calibration error of patches"] == 0.75  # sure, and right once in four


def test_only_patches_that_can_be_judged_count_as_judged():
    results = make_results([(0, 0), (5, 9)])
    results[1] = results[1]._replace(rating=image_rating([np.full(11, 1 / 11)]))
    figures = metrics.summarize(results, LIMITS)
    assert figures["patch Score within one level, patches judged"] == 1
    assert figures["share judged of patches with signal"] == figures["share judged of all patches"] == 0.5
    results[1] = results[1]._replace(has_signal=np.array([False]))
    assert metrics.summarize(results, LIMITS)["share judged of patches with signal"] == 1


def test_the_best_limit_parts_sharp_from_blurred():
    results = make_results([(level, level) for level in (0, 1, 3, 4)])
    limit = metrics.find_best_limit(results)
    assert 1 <= limit < 3
    limits = {**LIMITS, "in_focus_expected_score": limit}
    assert metrics.summarize(results, limits)["balanced accuracy of out of focus"] == 1


def test_the_best_temperature_undoes_a_wrong_one():
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (4000, 11))
    truth = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    levels = [random.choice(11, p=p) for p in truth]
    wrong = np.exp(logits / 0.7) / np.exp(logits / 0.7).sum(axis=1, keepdims=True)
    results = [
        evaluation.Result("a", "", level, image_rating([p]), np.array([True])) for level, p in zip(levels, wrong)
    ]
    assert metrics.find_best_temperature(results) == pytest.approx(1 / 0.7, rel=0.05)


def test_a_calibrated_network_has_no_calibration_error():
    probabilities = np.tile(np.r_[0.7, 0.3, np.zeros(9)], (10, 1))
    patches = {"levels": np.r_[[0] * 7, [1] * 3], "scores": np.zeros(10, int), "probabilities": probabilities}
    assert metrics.calibration_error(patches) == pytest.approx(0, abs=1e-12)
    patches["levels"] = np.zeros(10, int)
    assert metrics.calibration_error(patches) == pytest.approx(0.3)


def test_figures_of_a_stack_are_those_of_its_planes():
    levels = [0.2, 1.4, 3.6, 10, 10]
    result = evaluation.StackResult("s", levels, range(5), [image_rating([SURE[score]]) for score in (1, 3, 4, 9, 10)])
    figures = metrics.summarize_stack(result)
    assert figures["planes below level 10 within one level, rounded"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["planes below level 10 within one level, exactly"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["Spearman, planes below level 10"] == 1
    assert figures["planes at level 10 with Score 9 or 10"] == 1 and figures["planes at level 10 with Score 10"] == 0.5
