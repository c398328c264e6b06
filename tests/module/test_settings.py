"""Settings of the CellProfiler module: what shows, what is refused, what older pipelines become."""

import io

import numpy as np
import pytest

pytest.importorskip("cellprofiler_core")
import cellprofiler_core.pipeline as cp_pipeline
import cellprofiler_core.setting as cp_setting

import imagefocus
import measureimagefocus
from _measureimagefocus import advanced_settings
from _measureimagefocus.help import HELP
from helpers.module_runs import composed, image_measurement, make_module, recorded, run
from imagefocus.measurements import BLANK_FRACTION, CATEGORY, JUDGED_CERTAINTY
from imagefocus.network import weights as weight_files
from imagefocus.network.engines import load_weights

EVERYTHING = {
    "patches": True,
    "overlay": True,
    "wants_probabilities": True,
    "wants_objects": True,
    "object_names": "Nuclei",
    "wants_map": True,
    "wants_sampling": True,
}


@pytest.mark.parametrize(
    "change, appear",
    [
        ({"patches": True}, {"patches_name"}),
        ({"wants_objects": True}, {"object_names"}),
        ({"overlay": True}, {"overlay_prefix", "palette"}),
        ({"wants_map": True}, {"map_prefix", "uncertain"}),
        (
            {"wants_sampling": True},
            {"pixel_size", "numerical_aperture", "refractive_index", "wavelength", "wants_scale"},
        ),
        ({"limits_choice": "Custom"}, {"in_focus_limit", "judged_certainty"}),
        ({"weights": "A folder of your own"}, {"weights_folder"}),
    ],
)
def test_a_setting_shows_only_where_it_applies(change, appear):
    plain, module = make_module(), make_module(**change)
    visible = {
        name for name, value in vars(module).items() if any(value is shown for shown in module.visible_settings())
    }
    before = {name for name, value in vars(plain).items() if any(value is shown for shown in plain.visible_settings())}
    assert visible - before == appear and before <= visible


def test_all_loaded_images_get_no_pictures():
    module = make_module(images_choice="All loaded images", overlay=True, wants_map=True)
    shown = module.visible_settings()
    assert module.overlay_prefix not in shown and module.wants_map not in shown and module.image_names not in shown
    assert module.other_providers("imagegroup") == []


def test_pictures_are_offered_to_later_modules_by_prefix_and_image():
    module = make_module("DNA, DNA_1", overlay=True, wants_map=True, map_prefix="Map")
    assert module.other_providers("imagegroup") == [
        "FocusOverlay_DNA",
        "FocusOverlay_DNA_1",
        "Map_DNA",
        "Map_DNA_1",
    ]
    assert module.other_providers("objectgroup") == []


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


def two_modules(first, second):
    pipeline = cp_pipeline.Pipeline()
    for number, module in enumerate((first, second), 1):
        module.set_module_num(number)
        pipeline.add_module(module)
    return pipeline


def test_an_image_measured_by_two_modules_is_refused():
    first, second = make_module("DNA, RNA"), make_module("RNA")
    pipeline = two_modules(first, second)
    with pytest.raises(cp_setting.ValidationError, match="RNA is measured twice"):
        second.validate_module(pipeline)
    second.image_names.value = "AGP"
    second.validate_module(pipeline)


def test_a_picture_named_as_another_image_is_refused():
    first, second = make_module("DNA", overlay=True), make_module("A_DNA", overlay=True)
    pipeline = two_modules(first, second)
    second.validate_module(pipeline)
    first.overlay_prefix.value = "FocusOverlay_A"
    with pytest.raises(
        cp_setting.ValidationError, match="images named FocusOverlay_A_DNA already, from MeasureImageFocus"
    ) as raised:
        second.validate_module(pipeline)
    assert raised.value.setting is second.overlay_prefix


def test_patches_named_as_other_objects_are_refused():
    first, second = make_module("DNA", patches=True), make_module("RNA", patches=True)
    pipeline = two_modules(first, second)
    with pytest.raises(cp_setting.ValidationError, match="objects named FocusPatches already, from MeasureImageFocus"):
        second.validate_module(pipeline)
    second.patches_name.value = "RnaPatches"
    second.validate_module(pipeline)


def test_two_modules_declare_the_experiments_weights_once():
    first, second = make_module("DNA"), make_module("RNA")
    pipeline = two_modules(first, second)
    columns = [module.get_measurement_columns(pipeline) for module in (first, second)]
    names = [[name for owner, name, _ in of if owner == "Experiment"] for of in columns]
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
    assert declared == recorded(workspace)
    assert composed(module, workspace.pipeline, ("Image", "FocusPatches", "Nuclei", "Experiment")) == declared
    names = {name for name in workspace.image_set.names}
    assert names == set(images.split(", ")) | set(module.other_providers("imagegroup"))


def test_no_feature_is_an_underscore_prefix_of_another():
    rows = make_module(**EVERYTHING).columns(cp_pipeline.Pipeline())
    features = {row.feature for row in rows if row.category == CATEGORY}
    assert len(features) > 20
    assert not any(a != b and b.startswith(a + "_") for a in features for b in features)


def test_settings_survive_saving_and_loading():
    module = make_module("DNA, DNA_1", engine="TensorFlow", limits_choice="Custom", in_focus_limit="2.5", **EVERYTHING)
    pipeline = cp_pipeline.Pipeline()
    pipeline.add_module(module)
    file = io.StringIO()
    pipeline.dump(file)
    again = measureimagefocus.MeasureImageFocus()
    values = [setting.value_text for setting in module.settings()]
    again.set_settings_from_values(values, module.variable_revision_number, "measureimagefocus.MeasureImageFocus")
    assert [setting.value_text for setting in again.settings()] == values
    assert again.image_names.value == ["DNA", "DNA_1"] and again.in_focus_limit.value == 2.5
    assert all(f"    {s.text}:{s.value_text}\n" in file.getvalue() for s in module.settings())


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


def test_the_help_and_the_custom_limits_are_those_of_the_measurements_and_weights():
    assert f"CertainFraction* is below {BLANK_FRACTION}" in HELP and f"certainty of at least {JUDGED_CERTAINTY}" in HELP
    module = make_module()
    assert module.in_focus_limit.value == load_weights().in_focus_limit
    assert module.judged_certainty.value == JUDGED_CERTAINTY


def test_the_module_is_there_even_if_the_bundled_weights_are_not(monkeypatch):
    def missing(weights=None):
        raise imagefocus.WeightsError("there are none")

    monkeypatch.setattr(advanced_settings, "load_weights", missing)
    assert make_module().in_focus_limit.value == advanced_settings.FALLBACK_LIMIT
