"""Settings that the module refuses, in the editor and headless."""

import os
import shutil

import numpy as np
import pytest

pytest.importorskip("cellprofiler_core")
import cellprofiler_core.pipeline as cp_pipeline
import cellprofiler_core.setting as cp_setting

from helpers.module_runs import make_module, make_pipeline, run
from imagefocus.network import engines
from imagefocus.network import weights as weight_files


@pytest.mark.parametrize(
    "settings, setting, words",
    [
        ({"images": ""}, "image_names", "select at least one image"),
        ({"images": "DNA, DNA"}, "image_names", "DNA is measured twice"),
        ({"wants_objects": True}, "object_names", "at least one set of objects"),
        ({"overlay": True, "wants_map": True, "map_prefix": "FocusOverlay"}, "map_prefix", "different prefixes"),
        ({"wants_sampling": True, "numerical_aperture": "1.2"}, "numerical_aperture", "aperture is 1.2"),
        ({"wants_sampling": True, "pixel_size": "0"}, "pixel_size", "at least 0.000001"),
        ({"wants_sampling": True, "pixel_size": "0,325"}, "pixel_size", "not in decimal format"),
        ({"wants_sampling": True, "pixel_size": "-0.325"}, "pixel_size", "at least 0.000001"),
        ({"wants_sampling": True, "refractive_index": "0.9"}, "refractive_index", "at least 1"),
        ({"limits_choice": "Custom", "in_focus_limit": "50"}, "in_focus_limit", "at most 10"),
        ({"limits_choice": "Custom", "in_focus_limit": "abc"}, "in_focus_limit", "not in decimal format"),
        ({"limits_choice": "Custom", "judged_certainty": "7"}, "judged_certainty", "at most 1"),
        ({"overlay": True, "overlay_prefix": "1 bad/name"}, "overlay_prefix", "Names must start"),
        ({"spacing": "60 pixels"}, "spacing", "60 pixels is not one of"),
        ({"overlay": True, "palette": "Viridis"}, "palette", "Viridis is not one of"),
        ({"weights": "A folder of your own", "weights_folder": "Elsewhere...|/nowhere"}, "weights_folder", "/nowhere"),
    ],
)
def test_wrong_settings_are_refused_in_the_editor_and_headless(settings, setting, words):
    module = make_module(**settings)
    with pytest.raises(cp_setting.ValidationError, match=f"MeasureImageFocus.*: .*{words}") as raised:
        module.validate_module(cp_pipeline.Pipeline())
    assert raised.value.setting is getattr(module, setting)
    if settings.get("images") != "":
        for prepare in (True, False):  # at the start, and in each worker
            with pytest.raises((ValueError, RuntimeError), match=words):
                run(module, np.zeros((84, 84)), prepare=prepare, go=not prepare)


def test_an_image_measured_by_two_modules_is_refused():
    first, second = make_module("DNA, RNA"), make_module("RNA")
    pipeline = make_pipeline(first, second)
    with pytest.raises(cp_setting.ValidationError, match="RNA is measured twice"):
        second.validate_module(pipeline)
    second.image_names.value = "AGP"
    second.validate_module(pipeline)


def test_a_picture_named_as_another_image_is_refused():
    first, second = make_module("DNA", overlay=True), make_module("A_DNA", overlay=True)
    pipeline = make_pipeline(first, second)
    second.validate_module(pipeline)
    first.overlay_prefix.value = "FocusOverlay_A"
    with pytest.raises(
        cp_setting.ValidationError, match="images named FocusOverlay_A_DNA already, from MeasureImageFocus"
    ) as raised:
        second.validate_module(pipeline)
    assert raised.value.setting is second.overlay_prefix


def test_patches_named_as_other_objects_are_refused():
    first, second = make_module("DNA", patches=True), make_module("RNA", patches=True)
    pipeline = make_pipeline(first, second)
    with pytest.raises(cp_setting.ValidationError, match="objects named FocusPatches already, from MeasureImageFocus"):
        second.validate_module(pipeline)
    second.patches_name.value = "RnaPatches"
    second.validate_module(pipeline)


def test_a_missing_tensorflow_is_an_error_in_run_and_in_validation(monkeypatch):
    find_spec = engines.importlib.util.find_spec
    monkeypatch.setattr(
        engines.importlib.util, "find_spec", lambda name: None if name == "tensorflow" else find_spec(name)
    )
    module = make_module(engine="TensorFlow")
    pipeline = cp_pipeline.Pipeline()
    with pytest.raises(ValueError, match="MeasureImageFocus: engine TensorFlow was asked for, but .* has none"):
        run(module, np.zeros((84, 84)))
    with pytest.raises(cp_setting.ValidationError, match="engine TensorFlow was asked for") as raised:
        module.validate_module(pipeline)
    assert raised.value.setting is module.engine
    make_module(engine="NumPy").validate_module(pipeline)


def test_weights_that_are_not_shipped_are_an_error():
    module = make_module()
    module.weights.value = "v99"
    with pytest.raises(ValueError, match="no weights v99"):
        run(module, np.zeros((84, 84)))


def test_altered_weights_are_an_error(tmp_path, monkeypatch):
    folder = shutil.copytree(weight_files.find_weights(), str(tmp_path / weight_files.DEFAULT_WEIGHTS))
    with open(os.path.join(folder, "weights.npz"), "ab") as file:
        file.write(b"x")
    monkeypatch.setattr(weight_files, "WEIGHTS_FOLDER", str(tmp_path))
    with pytest.raises(ValueError, match="v[0-9]/weights.npz: SHA-256 is .*reinstall the plugin"):
        run(make_module(), np.zeros((84, 84)))
