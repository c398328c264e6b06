"""The columns that the module declares, what its pickers offer, and what it records."""

import numpy as np
import pytest

pytest.importorskip("cellprofiler_core")
import cellprofiler_core.pipeline as cp_pipeline

from _measureimagefocus.columns import RecordingChoices, list_columns
from helpers.module_runs import EVERYTHING, compose_names, list_recorded, make_module, make_pipeline, run
from imagefocus.measurements import (
    BEST_PLANE,
    CATEGORY,
    DEFOCUS,
    GRID_FEATURES,
    IMAGE_FEATURES,
    PROBABILITY_FEATURES,
    WEIGHTS,
)


def test_two_modules_declare_the_experiments_weights_once():
    first, second = make_module("DNA"), make_module("RNA")
    pipeline = make_pipeline(first, second)
    columns = [module.get_measurement_columns(pipeline) for module in (first, second)]
    names = [[name for owner, name, _ in module_columns if owner == "Experiment"] for module_columns in columns]
    assert names == [["ImageFocus_Weights"], []]


@pytest.mark.parametrize("images", ["DNA", "DNA, DNA_1", "My_ImageFocus"])
@pytest.mark.parametrize("settings", [{}, {"patches": True}, EVERYTHING], ids=["plain", "patches", "everything"])
@pytest.mark.parametrize("volumetric", [False, True])
def test_declared_columns_equal_recorded_measurements_and_what_pickers_compose(images, settings, volumetric, defocused):
    module = make_module(images, **settings)
    image = defocused[0][:200, :200]
    image = np.stack([image, image]) if volumetric else image
    labels = np.zeros(image.shape, int)
    labels[..., 50:60, 50:60] = 1
    workspace = run(module, {name: image for name in images.split(", ")}, {"Nuclei": labels}, volumetric)
    declared = {(owner, name) for owner, name, _ in module.get_measurement_columns(workspace.pipeline)}
    assert declared == list_recorded(workspace)
    assert compose_names(module, workspace.pipeline, ("Image", "FocusPatches", "Nuclei", "Experiment")) == declared
    names = {name for name in workspace.image_set.names}
    assert names == set(images.split(", ")) | set(module.other_providers("imagegroup"))


def test_no_feature_is_an_underscore_prefix_of_another():
    rows = make_module(**EVERYTHING).columns(cp_pipeline.Pipeline())
    features = {row.feature for row in rows if row.category == CATEGORY}
    assert len(features) > 20
    assert not any(a != b and b.startswith(a + "_") for a in features for b in features)


def test_measurements_are_numbers_of_the_declared_type(defocused):
    module = make_module(patches=True)
    workspace = run(module, defocused[0])
    columns = module.get_measurement_columns(workspace.pipeline)
    for owner, name, kind in [column for column in columns if column[0] != "Experiment"]:
        values = np.atleast_1d(workspace.measurements.get_current_measurement(owner, name))
        assert values.dtype.kind in "iuf" and np.isfinite(values).all(), name
        assert kind == "float" or (values == values.astype(int)).all(), name


def test_types_of_columns_are_those_of_the_measurements():
    choices = RecordingChoices(["DNA"], ["Nuclei"], "Patches", True, True, True, True)
    types = {column.feature: column.column_type for column in list_columns(choices) if column.category == CATEGORY}
    features = (*IMAGE_FEATURES, *PROBABILITY_FEATURES, *GRID_FEATURES, DEFOCUS, BEST_PLANE)
    expected = {feature.name: {int: "integer", float: "float"}[feature.type] for feature in features}
    assert types == {**expected, WEIGHTS: "varchar(255)"}
