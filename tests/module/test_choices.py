"""Which settings show, and what they offer to later modules."""

import pytest

pytest.importorskip("cellprofiler_core")
from helpers.module_runs import make_module


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
