"""The CellProfiler module on volumes."""

import numpy as np
import pytest

pytest.importorskip("cellprofiler_core")
import imagefocus
from helpers.module_runs import image_measurement, make_module, object_measurement, run


def volume_of(defocused):
    """Planes at level 8, 3, 0, 5 and a blank one, (5, 252, 252)."""
    noise = np.random.default_rng(0).poisson(100, (252, 252))
    return np.stack(
        [defocused[8][:252, :252], defocused[3][:252, :252], defocused[0][:252, :252], defocused[5][:252, :252], noise]
    )


def test_a_volume_is_measured_in_its_sharpest_plane_that_can_be_judged(defocused):
    volume = volume_of(defocused)
    workspace = run(make_module(patches=True, overlay=True, wants_map=True), volume, volumetric=True)
    best = imagefocus.rate_image(volume[2])
    assert image_measurement(workspace, "BestPlane") == 2
    assert image_measurement(workspace, "ExpectedScore") == pytest.approx(best.expected_score)
    labels = workspace.object_set.get_objects("FocusPatches").segmented
    assert labels.shape == volume.shape and np.array_equal(labels[2], imagefocus.cell_labels((252, 252)))
    assert not labels[[0, 1, 3, 4]].any()
    assert (object_measurement(workspace, "FocusPatches", "Location_Center_Z") == 2).all()
    focus_map = workspace.image_set.get_image("FocusMap_DNA")
    assert focus_map.pixel_data.shape == volume.shape and focus_map.dimensions == 3
    assert np.array_equal(focus_map.pixel_data[0], imagefocus.rate_image(volume[0]).focus_map()[0])
    overlay = workspace.image_set.get_image("FocusOverlay_DNA").pixel_data
    assert np.array_equal(np.rint(overlay * 255), best.overlay(volume[2]))


def test_objects_in_a_volume_are_rated_in_the_plane_of_their_center(defocused):
    volume = volume_of(defocused)
    labels = np.zeros(volume.shape, np.int32)
    labels[0:3, 100:110, 100:110], labels[2, 150:160, 60:70] = 1, 2
    module = make_module(wants_objects=True, object_names="Nuclei")
    workspace = run(module, volume, {"Nuclei": labels}, volumetric=True)
    expected = [
        imagefocus.rate_windows(volume[1], [(104.5, 104.5)]).expected_scores[0],
        imagefocus.rate_windows(volume[2], [(154.5, 64.5)]).expected_scores[0],
    ]
    assert object_measurement(workspace, "Nuclei", "ImageFocus_ExpectedScore_DNA") == pytest.approx(expected)


def test_a_single_plane_in_a_pipeline_of_volumes_is_one_plane(defocused):
    module = make_module(patches=True, overlay=True, wants_map=True)
    workspace = run(module, defocused[3], volumetric=True)
    assert image_measurement(workspace, "BestPlane") == 0
    assert workspace.object_set.get_objects("FocusPatches").segmented.shape == defocused[3].shape
    assert workspace.image_set.get_image("FocusMap_DNA").pixel_data.shape == defocused[3].shape
    assert (object_measurement(workspace, "FocusPatches", "Location_Center_Z") == 0).all()
