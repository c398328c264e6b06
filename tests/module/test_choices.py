"""Which settings show, and what they offer to later modules."""

import pytest

pytest.importorskip("cellprofiler_core")
from helpers.module_runs import make_module


def list_visible(module):
    """Attributes of the module that are visible settings."""
    visible = module.visible_settings()
    return {name for name, value in vars(module).items() if any(value is setting for setting in visible)}


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
    before, after = list_visible(make_module()), list_visible(make_module(**change))
    assert after - before == appear and before <= after


def test_all_loaded_images_get_no_pictures():
    module = make_module(images_choice="All loaded images", overlay=True, wants_map=True)
    assert not list_visible(module) & {"image_names", "wants_overlay", "overlay_prefix", "wants_map", "map_prefix"}
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
