"""The one list of measurements: names, order, types and limits."""

import ast
from pathlib import Path

import numpy as np
import pytest

import imagefocus
from helpers.made_ratings import image_rating
from imagefocus import measurements
from imagefocus.levels import FLAT
from imagefocus.measurements import IMAGE_FEATURES, PATCH_FEATURES, PROBABILITY_FEATURES, Feature, measurement_name

PLUGINS = Path(measurements.__file__).parents[1]
NAMES = ["Score", "ExpectedScore", "Certainty", "PatchCount", "CertainFraction", "OutOfFocusFraction"]
PLAIN_WORDS = {"Certainty", "Score"}  # which also stand in sentences and at axes
FEATURES = {value for value in vars(measurements).values() if isinstance(value, Feature)}


def test_the_image_measurements_have_the_names_that_tables_and_pipelines_know():
    assert [measurement_name(feature) for feature in IMAGE_FEATURES] == ["ImageFocus_" + name for name in NAMES]
    assert [measurement_name(feature, "DNA_1") for feature in PATCH_FEATURES] == [
        f"ImageFocus_{name}_DNA_1" for name in NAMES[:3]
    ]
    assert [feature.name for feature in PROBABILITY_FEATURES] == [f"Probability{level:02d}" for level in range(11)]


def test_a_rating_gives_the_image_measurements_in_their_order():
    rating = image_rating(np.eye(11)[[3, 3, 4]])
    assert rating.measurements() == {
        "Score": rating.score,
        "ExpectedScore": rating.expected_score,
        "Certainty": rating.certainty,
        "PatchCount": rating.patch_count,
        "CertainFraction": rating.certain_fraction,
        "OutOfFocusFraction": rating.out_of_focus_fraction,
    }
    assert list(rating.measurements()) == NAMES


@pytest.mark.parametrize("probabilities", [np.eye(11), np.tile(FLAT, (3, 1)), np.zeros((0, 11))])
def test_every_measurement_has_its_type_and_lies_within_its_limits(probabilities):
    values = image_rating(probabilities).measurements()
    for feature in IMAGE_FEATURES:
        assert type(values[feature.name]) is feature.type and 0 <= values[feature.name] <= feature.largest


def test_no_name_has_an_underscore_at_which_pickers_of_cellprofiler_would_split_it():
    names = {feature.name for feature in FEATURES.union(PROBABILITY_FEATURES, measurements.GRID_FEATURES)}
    assert not any("_" in name for name in names | {measurements.CATEGORY})


def string_constants(path):
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_names_and_verdicts_are_written_in_this_file_alone():
    words = {*NAMES, measurements.IN_FOCUS, measurements.OUT_OF_FOCUS, measurements.NOTHING_TO_JUDGE} - PLAIN_WORDS
    words |= {feature.name for feature in PROBABILITY_FEATURES} | {measurements.CATEGORY}
    homes = {path.name for path in PLUGINS.rglob("*.py") if string_constants(path) & words}
    assert homes == {"measurements.py"}


def test_the_limit_of_judging_is_that_of_every_version_of_the_weights():
    for version in imagefocus.shipped_weights():
        assert imagefocus.network.engines.load_weights(version).judged_certainty == measurements.JUDGED_CERTAINTY
