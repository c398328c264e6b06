"""Pipelines of older revisions of the module."""

import pytest

pytest.importorskip("cellprofiler_core")
import imagefocus
import measureimagefocus
from helpers.module_runs import image_measurement, run
from imagefocus.network import weights as weight_files


def test_a_pipeline_of_the_old_module_loads_and_runs(defocused):
    module = measureimagefocus.MeasureImageFocus()
    module.set_settings_from_values(["DNA"], 1, "measureimagefocus.MeasureImageFocus")
    module.set_module_num(1)
    module.show_window = False
    assert (
        not module.wants_patches and not module.wants_overlay and module.weights.value == weight_files.DEFAULT_WEIGHTS
    )
    workspace = run(module, defocused[0])
    assert image_measurement(workspace, "Score") == imagefocus.rate_image(defocused[0]).score
    assert workspace.object_set.get_object_names() == []


def test_a_pipeline_of_revision_2_loads_and_runs(defocused):
    module = measureimagefocus.MeasureImageFocus()
    values = ["DNA", "Yes", "MyPatches", "Yes", "Overlay", "NumPy", weight_files.DEFAULT_WEIGHTS]
    module.set_settings_from_values(values, 2, "measureimagefocus.MeasureImageFocus")
    module.set_module_num(1)
    module.show_window = False
    workspace = run(module, defocused[0])
    assert image_measurement(workspace, "Score") == imagefocus.rate_image(defocused[0]).score
    assert workspace.object_set.get_object_names() == ["MyPatches"]
    assert "Overlay_DNA" in workspace.image_set.names


@pytest.mark.parametrize(
    "revision, values",
    [(1, ["DNA"]), (2, ["DNA", "Yes", "MyPatches", "Yes", "Overlay", "TensorFlow", "v1"])],
)
def test_settings_that_an_older_revision_lacks_are_those_of_a_new_module(revision, values):
    new = measureimagefocus.MeasureImageFocus()
    texts, upgraded_revision = new.upgrade_settings(values, revision, "measureimagefocus.MeasureImageFocus")
    defaults = {setting.text: setting.value_text for setting in new.settings()}
    changes = {"Select the images": "DNA"}
    if revision == 2:
        changes.update({"Output the patches as objects?": "Yes", "Name the patches": "MyPatches"})
        changes.update({"Output overlay images?": "Yes", "Prefix of the overlay images": "Overlay"})
        changes.update({"Engine": "TensorFlow", "Weights": "v1"})
    assert upgraded_revision == 3 and changes.keys() <= defaults.keys()
    assert texts == list({**defaults, **changes}.values())
