"""What the CellProfiler module makes of several images, masks, objects and settings."""

import shutil

import numpy as np
import pytest

pytest.importorskip("cellprofiler_core")
import cellprofiler_core.image as cp_image

import imagefocus
from helpers.module_runs import image_measurement, make_module, object_measurement, run


def masked(pixels, columns):
    """A CellProfiler image of which only the given columns count."""
    mask = np.zeros(pixels.shape, bool)
    mask[:, columns] = True
    return cp_image.Image(pixels, mask=mask, convert=False)


def test_each_image_is_measured_with_its_own_mask(defocused):
    images = {"DNA": masked(defocused[0], slice(0, 336)), "RNA": masked(defocused[6], slice(168, None))}
    workspace = run(make_module("DNA, RNA", patches=True), images)
    for name, pixels in (("DNA", defocused[0]), ("RNA", defocused[6])):
        rating = imagefocus.rate_image(pixels, mask=images[name].mask)
        assert image_measurement(workspace, "ExpectedScore", name) == pytest.approx(rating.expected_score)
        assert image_measurement(workspace, "PatchCount", name) == rating.patch_count


def test_a_patch_is_an_object_if_any_image_rates_it_and_flat_for_an_image_that_does_not(defocused):
    images = {"DNA": masked(defocused[0], slice(0, 336)), "RNA": masked(defocused[0], slice(168, 420))}
    workspace = run(make_module("DNA, RNA", patches=True), images)
    columns = object_measurement(workspace, "FocusPatches", "ImageFocus_GridColumn")
    assert sorted(set(columns)) == [0, 1, 2, 3, 4]
    assert workspace.measurements.get_current_image_measurement("Count_FocusPatches") == 5 * 7
    labels = workspace.object_set.get_objects("FocusPatches").segmented
    assert labels.max() == 35 and not labels[:, 420:].any()
    certainty = object_measurement(workspace, "FocusPatches", "ImageFocus_Certainty_DNA")
    score = object_measurement(workspace, "FocusPatches", "ImageFocus_Score_DNA")
    assert (
        (certainty[columns == 4] == 0).all()
        and (score[columns == 4] == 5).all()
        and certainty[columns == 1].max() > 0.3
    )


def test_overlapping_patches_are_four_times_as_many(defocused):
    workspace = run(make_module(patches=True, spacing="42 pixels: overlapping by half"), defocused[2])
    assert image_measurement(workspace, "PatchCount") == 12 * 15
    assert workspace.object_set.get_objects("FocusPatches").segmented.max() == 12 * 15


def test_probabilities_are_the_networks_answer(defocused):
    workspace = run(make_module(patches=True, wants_probabilities=True), defocused[2])
    rating = imagefocus.rate_image(defocused[2])
    names = [f"Probability{level:02}" for level in range(11)]
    assert [image_measurement(workspace, name) for name in names] == pytest.approx(rating.probabilities)
    of_patches = [object_measurement(workspace, "FocusPatches", f"ImageFocus_{name}_DNA") for name in names]
    assert np.allclose(of_patches, rating.patches.probabilities.T)


def test_objects_are_rated_by_the_window_about_their_center(defocused):
    image = np.hstack([defocused[0], defocused[6]])
    labels = np.zeros(image.shape, np.int32)
    labels[200:230, 300:330], labels[0:5, 0:5], labels[250:260, 1000:1010] = 1, 2, 4
    workspace = run(make_module(wants_objects=True, object_names="Nuclei"), image, {"Nuclei": labels})
    scores = object_measurement(workspace, "Nuclei", "ImageFocus_ExpectedScore_DNA")
    expected = imagefocus.rate_windows(image, [(214.5, 314.5), (2, 2), (np.nan, np.nan), (254.5, 1004.5)])
    assert np.array_equal(scores, expected.expected_scores)
    assert scores[0] < 2 < scores[3] and (
        scores[2],
        object_measurement(workspace, "Nuclei", "ImageFocus_Certainty_DNA")[2],
    ) == (5, 0)


def test_an_image_too_small_after_rescaling_is_refused_with_advice_about_the_sampling(defocused):
    fine = {"wants_sampling": True, "pixel_size": "0.1"}
    with pytest.raises(ValueError, match="512 x 672 pixels, 79 x 103 after rescaling.*answer No to: Make finely"):
        run(make_module(**fine), defocused[0])


def test_masked_pixels_are_black_in_the_overlay_and_do_not_set_its_contrast(defocused):
    pixels = defocused[0].astype(float)
    mask = np.ones(pixels.shape, bool)
    mask[:, :150] = False
    spoilt = np.where(mask, pixels, 1e9)
    image = cp_image.Image(spoilt, mask=mask, convert=False)
    overlay = run(make_module(overlay=True), image).image_set.get_image("FocusOverlay_DNA").pixel_data
    assert not overlay[20:60, 20:60].any() and overlay[:, 200:].std() > 0.05


def test_no_objects_are_no_error(defocused):
    labels = np.zeros(defocused[0].shape, int)
    workspace = run(make_module(wants_objects=True, object_names="Nuclei"), defocused[0], {"Nuclei": labels})
    assert object_measurement(workspace, "Nuclei", "ImageFocus_Score_DNA").shape == (0,)


def test_the_focus_map_parts_the_sharp_side_from_the_blurred(defocused):
    image = np.hstack([defocused[0][:, :336], defocused[8][:, 336:]])
    workspace = run(make_module(wants_map=True), masked(image, slice(0, 580)))
    picture = workspace.image_set.get_image("FocusMap_DNA", must_be_grayscale=True)
    expected, mask = imagefocus.rate_image(image, mask=workspace.image_set.get_image("DNA").mask).focus_map()
    assert np.array_equal(picture.pixel_data, expected) and picture.pixel_data.dtype == np.float32
    assert np.array_equal(picture.mask, mask)
    assert (picture.pixel_data[~mask] == 1).all() and (~mask).any()
    assert np.median(picture.pixel_data[:, :300]) < 0.3 < 0.6 < np.median(picture.pixel_data[:, 350:580])


def test_uncertain_patches_are_in_the_map_what_the_user_chose():
    noise = np.random.default_rng(0).poisson(100, (168, 168))
    values = {}
    for choice in ("Keep their mean level", "As in focus", "As out of focus"):
        workspace = run(make_module(wants_map=True, uncertain=choice), noise)
        values[choice] = workspace.image_set.get_image("FocusMap_DNA").pixel_data
    assert values["Keep their mean level"] == pytest.approx(0.5, abs=0.25)
    assert (values["As in focus"] == 0).all() and (values["As out of focus"] == 1).all()


def test_custom_limits_decide_what_is_judged_and_out_of_focus(defocused):
    limits = {"limits_choice": "Custom", "in_focus_limit": "4.5", "judged_certainty": "0.5"}
    workspace = run(make_module(**limits), defocused[3])
    rating = imagefocus.rate_image(defocused[3], judged_certainty=0.5, in_focus_limit=4.5)
    assert image_measurement(workspace, "CertainFraction") == rating.certain_fraction
    assert image_measurement(workspace, "OutOfFocusFraction") == rating.out_of_focus_fraction < 0.5
    assert image_measurement(run(make_module(), defocused[3]), "OutOfFocusFraction") > 0.9


def test_defocus_in_micrometers_follows_the_microscope(defocused):
    sampling = {"pixel_size": "0.325", "numerical_aperture": "0.75", "wants_sampling": True, "wants_scale": False}
    workspace = run(make_module(**sampling), defocused[4])
    expected = image_measurement(workspace, "ExpectedScore") * 2 * (0.325 / 0.65) * (0.5 / 0.75)
    assert image_measurement(workspace, "DefocusMicrons") == pytest.approx(expected)


def test_a_finely_sampled_image_is_rated_made_smaller_and_everything_is_in_its_own_pixels(defocused):
    fine = np.kron(defocused[3], np.ones((2, 2)))
    sampling = {"pixel_size": "0.325", "wants_sampling": True, "wants_map": True}
    workspace = run(make_module(patches=True, overlay=True, **sampling), fine)
    plain = run(make_module(patches=True), defocused[3])
    assert image_measurement(workspace, "ExpectedScore") == pytest.approx(
        image_measurement(plain, "ExpectedScore"), abs=0.4
    )
    assert image_measurement(workspace, "PatchCount") == 56
    labels = workspace.object_set.get_objects("FocusPatches").segmented
    assert np.array_equal(labels[::2, ::2], plain.object_set.get_objects("FocusPatches").segmented)
    center = object_measurement(workspace, "FocusPatches", "Location_Center_X")
    assert center[[0, 1]].tolist() == [83.5, 251.5]
    for picture in ("FocusOverlay_DNA", "FocusMap_DNA"):
        assert workspace.image_set.get_image(picture).pixel_data.shape[:2] == fine.shape


def test_experiments_carry_the_version_and_checksum_of_the_weights(defocused):
    workspace = run(make_module(), defocused[0][:84, :84])
    folder = imagefocus.network.weights.find_weights()
    expected = "{} {}".format(
        imagefocus.network.weights.DEFAULT_WEIGHTS,
        imagefocus.network.weights.sha256(folder + "/SHA256SUMS")[:8],
    )
    assert workspace.measurements.get_experiment_measurement("ImageFocus_Weights") == expected


def test_weights_of_ones_own_are_named_by_their_folder(defocused, tmp_path):
    folder = shutil.copytree(imagefocus.network.weights.find_weights(), str(tmp_path / "mine"))
    own = {"weights": "A folder of your own", "weights_folder": "Elsewhere...|" + folder}
    workspace = run(make_module(**own), defocused[4])
    assert image_measurement(workspace, "Score") == imagefocus.rate_image(defocused[4], weights=folder).score
    fingerprint = workspace.measurements.get_experiment_measurement("ImageFocus_Weights")
    assert fingerprint == imagefocus.network.weights.Weights(folder).fingerprint


@pytest.mark.parametrize("dtype, scale", [(np.uint8, 255), (np.uint16, 4095), (np.uint16, 65535), (np.float32, 7.5)])
def test_any_bit_depth_and_floats_above_one_are_rated_alike(defocused, dtype, scale):
    light = defocused[4] / defocused[4].max()
    workspace = run(make_module(), cp_image.Image((light * scale).astype(dtype), convert=False))
    assert abs(image_measurement(workspace, "Score") - 4) <= 1


def test_an_image_one_pixel_high_is_refused():
    with pytest.raises(ValueError, match="cannot rate DNA: the image is 1 x 500 pixels"):
        run(make_module(), np.zeros((1, 500)))
