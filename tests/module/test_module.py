"""The CellProfiler module on workspaces built by hand, without Java."""

import io
import shutil
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("cellprofiler_core")
import cellprofiler_core.image as cp_image
import cellprofiler_core.pipeline as cp_pipeline

import imagefocus
import measureimagefocus
from helpers.module_runs import image_measurement, make_module, object_measurement, run
from imagefocus.network import engines
from imagefocus.network import weights as weight_files


def patch_measurement(workspace, name):
    return object_measurement(workspace, "FocusPatches", name)


def test_image_measurements_are_the_rating_of_the_image(defocused):
    workspace = run(make_module(), defocused[3])
    rating = imagefocus.rate_image(defocused[3])
    assert image_measurement(workspace, "Score") == rating.score
    assert image_measurement(workspace, "ExpectedScore") == pytest.approx(rating.expected_score)
    assert image_measurement(workspace, "Certainty") == pytest.approx(rating.certainty)
    assert image_measurement(workspace, "PatchCount") == 56
    assert image_measurement(workspace, "CertainFraction") == pytest.approx(rating.certain_fraction)
    assert image_measurement(workspace, "OutOfFocusFraction") == pytest.approx(rating.out_of_focus_fraction)


def test_patches_become_objects_with_their_ratings_and_places(defocused):
    workspace = run(make_module(patches=True), defocused[1])
    rating = imagefocus.rate_image(defocused[1])
    objects = workspace.object_set.get_objects("FocusPatches")
    assert objects.parent_image is workspace.image_set.get_image("DNA")
    assert np.array_equal(objects.segmented, imagefocus.cell_labels(defocused[1].shape))
    assert np.array_equal(patch_measurement(workspace, "ImageFocus_Score_DNA"), rating.patches.scores)
    assert np.array_equal(patch_measurement(workspace, "ImageFocus_ExpectedScore_DNA"), rating.patches.expected_scores)
    assert patch_measurement(workspace, "Number_Object_Number").tolist() == list(range(1, 57))
    assert patch_measurement(workspace, "ImageFocus_GridRow")[[0, 7, 8]].tolist() == [0, 0, 1]
    assert patch_measurement(workspace, "ImageFocus_GridColumn")[[0, 7, 8]].tolist() == [0, 7, 0]
    assert patch_measurement(workspace, "Location_Center_X")[[0, 7]].tolist() == [41.5, 672 - 84 + 41.5]
    assert patch_measurement(workspace, "Location_Center_Y")[[0, 55]].tolist() == [41.5, 512 - 84 + 41.5]
    assert workspace.measurements.get_current_image_measurement("Count_FocusPatches") == 56


def test_masked_patches_are_no_objects(defocused):
    mask = np.ones(defocused[0].shape, bool)
    mask[:, :100] = False
    workspace = run(make_module(patches=True), cp_image.Image(defocused[0], mask=mask, convert=False))
    assert image_measurement(workspace, "PatchCount") == 7 * 7
    labels = workspace.object_set.get_objects("FocusPatches").segmented
    assert np.array_equal(np.unique(labels), np.arange(0, 50)) and not labels[:, :84].any()
    for name in ("ImageFocus_Certainty_DNA", "ImageFocus_GridColumn", "Location_Center_X", "Number_Object_Number"):
        assert len(patch_measurement(workspace, name)) == 49
    assert patch_measurement(workspace, "ImageFocus_GridColumn").min() == 1


@pytest.mark.parametrize("mask", [None, np.zeros((100, 200), bool)])
def test_constant_and_masked_out_images_are_measured_as_nothing_to_judge(mask):
    workspace = run(make_module(patches=True, overlay=True), cp_image.Image(np.full((100, 200), 0.3), mask=mask))
    expected = {"Score": 5, "ExpectedScore": 5, "Certainty": 0, "CertainFraction": 0, "OutOfFocusFraction": 0}
    assert {feature: image_measurement(workspace, feature) for feature in expected} == expected
    assert image_measurement(workspace, "PatchCount") == (6 if mask is None else 0)


def test_the_overlay_is_an_image_for_later_modules(defocused):
    workspace = run(make_module(overlay=True), defocused[0])
    overlay = workspace.image_set.get_image("FocusOverlay_DNA", must_be_color=True)
    assert overlay.pixel_data.shape == (512, 672, 3)
    assert overlay.parent_image is workspace.image_set.get_image("DNA")  # SaveImages names the file after it
    assert overlay.pixel_data.min() >= 0 and overlay.pixel_data.max() <= 1
    expected = imagefocus.rate_image(defocused[0]).overlay(defocused[0])
    assert np.array_equal(np.rint(overlay.pixel_data * 255), expected)
    assert overlay.pixel_data.dtype == np.float32 and cp_image.Image.get_image(overlay).dtype == np.uint8
    overlay.pixel_data = np.full((5, 5, 3), 0.5)  # as later modules may
    assert overlay.pixel_data.max() == overlay.get_image().max() == 0.5


@pytest.mark.parametrize("scale", [1, 1 / 65535, 1 / 4095])
def test_intensity_scaling_by_cellprofiler_changes_nothing(defocused, scale):
    workspace = run(make_module(), defocused[2] * scale)
    expected = imagefocus.rate_image(defocused[2]).expected_score
    assert image_measurement(workspace, "ExpectedScore") == pytest.approx(expected, abs=1e-4)


def test_weights_and_network_are_loaded_once_for_many_image_sets(defocused, monkeypatch):
    loads = []
    build_network, checked = engines.build_network, weight_files.verify_checksums
    monkeypatch.setattr(engines, "build_network", lambda *values: loads.append("network") or build_network(*values))
    monkeypatch.setattr(weight_files, "verify_checksums", lambda folder: loads.append("weights") or checked(folder))
    engines._load_network.cache_clear()
    engines._load_weights.cache_clear()
    for image in defocused[:3]:
        run(make_module(), image)
    assert sorted(loads) == ["network", "weights"]


def test_the_engine_used_is_logged(caplog):
    caplog.set_level("INFO")
    run(make_module(engine="Automatic"), np.zeros((84, 84)))
    assert f"MeasureImageFocus rates DNA with engine numpy, weights {weight_files.DEFAULT_WEIGHTS}" in caplog.text


@pytest.mark.parametrize(
    "image, words",
    [
        (
            np.zeros((60, 512)),
            "cannot rate DNA: the image is 60 x 512 pixels, smaller than one 84 x 84 patch. Check any Crop",
        ),
        (
            np.random.default_rng(0).random((100, 100, 3)),
            "cannot rate DNA: it is a color image with 3 channels.*ColorToGray",
        ),
        (np.full((100, 100), np.nan), "cannot rate DNA: the pixel in row 0, column 0 is nan.*mask such pixels"),
        (np.full((100, 100), np.inf), "cannot rate DNA: the pixel in row 0, column 0 is inf"),
    ],
)
def test_bad_images_are_refused_by_name_with_advice(image, words):
    with pytest.raises(ValueError, match="MeasureImageFocus " + words):
        run(make_module(), image)


def test_an_installed_copy_of_another_version_is_warned_of(monkeypatch, caplog):
    monkeypatch.setattr(measureimagefocus.importlib.metadata, "version", lambda name: "99.0")
    measureimagefocus.warn_of_other_version()
    assert "not the installed version 99.0" in caplog.text


def test_the_module_is_saved_by_name_with_its_weights():
    pipeline = cp_pipeline.Pipeline()
    pipeline.add_module(make_module(patches=True))
    file = io.StringIO()
    pipeline.dump(file)
    assert (
        "MeasureImageFocus:[module_num:1" in file.getvalue()
        and f"Weights:{weight_files.DEFAULT_WEIGHTS}" in file.getvalue()
    )


def test_without_the_core_beside_it_the_module_says_what_to_copy(tmp_path):
    shutil.copy(measureimagefocus.__file__, str(tmp_path))
    script = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; sys.modules['imagefocus'] = None; import measureimagefocus"
    )
    result = subprocess.run([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True)
    assert "needs the folders imagefocus and _measureimagefocus" in result.stderr and "copy all" in result.stderr


def test_an_image_unlike_fluorescence_is_measured_with_a_warning(defocused, caplog):
    run(make_module(), defocused[0])
    assert "fluorescence" not in caplog.text
    workspace = run(make_module(), defocused[0].max() - defocused[0])
    assert "MeasureImageFocus: DNA does not look like fluorescence" in caplog.text
    assert image_measurement(workspace, "PatchCount") > 0
