import csv
import json
import os
import shutil

import numpy as np
import pytest
import tifffile

from helpers.made_ratings import image_rating
from imagefocus.network import engines
from imagefocus.network import weights as weight_files
from model_export import __main__ as command
from model_export import defocus, evaluation, export, images, stacks
from model_export import metrics as merit

SURE = np.eye(11)
LIMITS = {"judged_certainty": 0.3, "in_focus_expected_score": 2.0}


def results_of(pairs):
    return [
        evaluation.Result("a", str(index), level, image_rating([SURE[called]]), np.array([True]))
        for index, (level, called) in enumerate(pairs)
    ]


def rater_of(level_of):
    """A rater whose network is sure of a level computed from each patch."""
    return evaluation.Rater(lambda patches: SURE[[level_of(patch) for patch in patches]], LIMITS)


def test_figures_of_merit_are_those_of_the_answers():
    figures = merit.summarize(results_of([(0, 0), (1, 3), (2, 3), (5, 9)]), LIMITS)
    assert figures["image Score within one level"] == 0.5 and figures["image Score exact"] == 0.25
    assert figures["patch Score within one level, patches judged"] == 0.5
    assert figures["balanced accuracy of out of focus"] == 0.75  # all blurred found, one of two sharp ones lost
    assert figures["F-score of out of focus"] == pytest.approx(2 * 2 / (2 + 3))
    assert figures["ranked probability score of patches"] == (0 + 2 + 1 + 4) / 4
    assert figures["calibration error of patches"] == 0.75  # sure, and right once in four


def test_only_patches_that_can_be_judged_count_as_judged():
    results = results_of([(0, 0), (5, 9)])
    results[1] = results[1]._replace(rating=image_rating([np.full(11, 1 / 11)]))
    figures = merit.summarize(results, LIMITS)
    assert figures["patch Score within one level, patches judged"] == 1
    assert figures["share judged of patches with signal"] == figures["share judged of all patches"] == 0.5
    results[1] = results[1]._replace(has_signal=np.array([False]))
    assert merit.summarize(results, LIMITS)["share judged of patches with signal"] == 1


def test_the_best_limit_parts_sharp_from_blurred():
    results = results_of([(level, level) for level in (0, 1, 3, 4)])
    limit = merit.best_limit(results)
    assert 1 <= limit < 3
    limits = {**LIMITS, "in_focus_expected_score": limit}
    assert merit.summarize(results, limits)["balanced accuracy of out of focus"] == 1


def test_the_best_temperature_undoes_a_wrong_one():
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (4000, 11))
    truth = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    levels = [random.choice(11, p=p) for p in truth]
    wrong = np.exp(logits / 0.7) / np.exp(logits / 0.7).sum(axis=1, keepdims=True)
    results = [
        evaluation.Result("a", "", level, image_rating([p]), np.array([True])) for level, p in zip(levels, wrong)
    ]
    assert merit.best_temperature(results) == pytest.approx(1 / 0.7, rel=0.05)


def test_a_calibrated_network_has_no_calibration_error():
    probabilities = np.tile(np.r_[0.7, 0.3, np.zeros(9)], (10, 1))
    patches = {"levels": np.r_[[0] * 7, [1] * 3], "scores": np.zeros(10, int), "probabilities": probabilities}
    assert merit.calibration_error(patches) == pytest.approx(0, abs=1e-12)
    patches["levels"] = np.zeros(10, int)
    assert merit.calibration_error(patches) == pytest.approx(0.3)


def test_pictures_are_taken_at_every_level_and_exposure(nuclei):
    image = images.Image("a", "n.tif", nuclei[:168, :168].astype(np.float32), "", "")
    pictures = list(evaluation.defocused_pictures([image, image]))
    assert [picture.level for picture in pictures] == list(range(11)) * 2
    assert [picture.bits for picture in pictures[:9]] == [8, 12, 16] * 3
    noise = [np.std(np.diff(picture.pixels[:, :20] / 2.0**picture.bits)) for picture in pictures[1:9:3]]
    assert noise == sorted(noise, reverse=True)  # photons grow, noise shrinks
    again = list(evaluation.defocused_pictures([image, image]))
    assert all(np.array_equal(one.pixels, two.pixels) for one, two in zip(pictures, again))


def test_patches_have_signal_where_light_varies_more_than_noise(nuclei):
    light = np.zeros((84, 252), np.float32)
    light[:, :84] = nuclei[100:184, 100:184]
    light[:, 84:168] = 0.5  # bright and even
    sharp = next(evaluation.defocused_pictures([images.Image("a", "n.tif", light, "", "")]))
    assert sharp.has_signal.tolist() == [True, False, False]


def test_what_is_measured_of_images_without_defocus(nuclei):
    image = images.Image("a", "n.tif", nuclei.astype(np.float32), "", "")
    by_contrast = rater_of(lambda patch: 1 if patch.max() > 4 else 3)  # any function of normalized patches
    assert evaluation.untouched([image], rater_of(lambda patch: 2))["share in focus"] == 1
    assert evaluation.untouched([image], rater_of(lambda patch: 3))["share in focus"] == 0
    changes = evaluation.scaling([image], by_contrast)
    assert changes["largest change with gain 2"] < 1e-6 and len(changes) == 4
    assert evaluation.noise_only(by_contrast)["largest Certainty"] > 0.5


def test_measured_kernels_are_ranked_by_a_network_that_sees_blur(nuclei):
    image = images.Image("a", "n.tif", nuclei.astype(np.float32), "", "")
    kernels = defocus.point_spread_function(np.arange(0, 11, 2) * defocus.LEVEL_METERS)
    rater = evaluation.Rater(engines.load_network("numpy"), LIMITS)
    figures = evaluation.measured_point_spread([image], rater, kernels, np.arange(6))
    assert figures["Spearman, median of images"] > 0.9
    reverse = evaluation.measured_point_spread([image], rater, kernels, np.arange(6)[::-1])
    assert reverse["Spearman, lowest"] < -0.9


def test_figures_of_a_stack_are_those_of_its_planes():
    levels = [0.2, 1.4, 3.6, 10, 10]
    result = evaluation.StackResult(
        "s", levels, range(5), [image_rating([SURE[called]]) for called in (1, 3, 4, 9, 10)]
    )
    figures = merit.summarize_stack(result)
    assert figures["planes below level 10 within one level, rounded"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["planes below level 10 within one level, exactly"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["Spearman, planes below level 10"] == 1
    assert figures["planes at level 10 with Score 9 or 10"] == 1 and figures["planes at level 10 with Score 10"] == 0.5


@pytest.fixture
def stack_csv(tmp_path, defocused):
    tifffile.imwrite(str(tmp_path / "nuclei.tif"), np.stack(defocused[:4]), photometric="minisblack")
    return write_stack(tmp_path, [("nuclei", plane, plane - 1, 1 + 3.077 * plane) for plane in range(4)])


def write_stack(folder, rows):
    path = str(folder / "stacks.csv")
    with open(path, "w", newline="") as table:
        csv.writer(table).writerows([("stack", "file", "plane", "z_um", "blur_disc_px")])
        csv.writer(table).writerows((name, "nuclei.tif", plane, z, disc) for name, plane, z, disc in rows)
    return path


def test_planes_and_their_levels_are_read_from_the_table(stack_csv, defocused):
    (stack,) = stacks.read_stacks(stack_csv)
    assert stack.name == "nuclei" and stack.levels == pytest.approx([0, 1, 2, 3], abs=0.01)
    assert all(np.array_equal(plane, image) for plane, image in zip(stack.planes, defocused))


def test_a_plane_that_does_not_exist_is_named(stack_csv, tmp_path):
    path = write_stack(tmp_path, [("nuclei", 4, 0, 1)])
    with pytest.raises(ValueError, match="stack nuclei names plane 4 of nuclei.tif, which has planes 0 to 3"):
        stacks.read_stacks(path)


def test_a_stack_that_is_too_small_or_damaged_is_named_before_work_begins(stack_csv, tmp_path):
    tifffile.imwrite(str(tmp_path / "nuclei.tif"), np.ones((4, 50, 90), np.uint8), photometric="minisblack")
    with pytest.raises(
        ValueError, match="stack nuclei: nuclei.tif has planes of 50 x 90 pixels, smaller than one 84 x 84"
    ):
        stacks.read_stacks(stack_csv)
    (tmp_path / "nuclei.tif").write_text("no image")
    with pytest.raises(ValueError, match="nuclei.tif"):
        stacks.read_stacks(stack_csv)


def test_a_table_without_its_columns_says_which(tmp_path):
    (tmp_path / "s.csv").write_text("stack,plane\n")
    with pytest.raises(ValueError, match="lacks the columns file, z_um, blur_disc_px"):
        stacks.read_stacks(str(tmp_path / "s.csv"))


def test_a_measured_point_spread_function_is_centered_binned_and_freed_of_background(tmp_path):
    planes = np.full((3, 90, 80), 200.0)
    planes[1, 39:42, 49:52] += 1000
    planes[1, 40, 50] += 10  # the brightest pixel, so that it is the center
    planes[2, 36:45, 46:55] += 100
    tifffile.imwrite(str(tmp_path / "psf.tif"), planes.astype(np.uint16), photometric="minisblack")
    (tmp_path / "psf.csv").write_text("plane,blur_disc_px\n1,1.5\n2,3\n")
    kernels, discs = stacks.read_point_spread(str(tmp_path / "psf.tif"), str(tmp_path / "psf.csv"), 1, 2)
    middle = stacks.KERNEL_SIDE // 2
    assert kernels.shape == (2, stacks.KERNEL_SIDE, stacks.KERNEL_SIDE) and discs.tolist() == [1.5, 3]
    assert kernels[0, middle, middle] == pytest.approx(1) and kernels[0].sum() == pytest.approx(1)
    assert kernels[1, middle - 1 : middle + 2, middle - 1 : middle + 2] == pytest.approx(np.full((3, 3), 1 / 9))
    with pytest.raises(ValueError, match="has no plane 0, 3"):
        stacks.read_point_spread(str(tmp_path / "psf.tif"), str(tmp_path / "psf.csv"), 0, 3)


def test_evaluate_prints_draws_and_keeps_what_it_measures(training_images, stack_csv, tmp_path, capsys):
    weights = shutil.copytree(weight_files.find_weights(), str(tmp_path / "v7"))
    looks = dict(weight_files.Weights(weights).card["looks"])
    plots = str(tmp_path / "plots")
    command.main(
        ["evaluate", "--weights", weights, "--images", training_images, "--split", "train", "--stacks", stack_csv]
        + ["--plots", plots, "--write-card"]
    )
    printed = capsys.readouterr().out
    for text in ("image Score within one level", "stack nuclei", "set b", "worst images", "noise alone"):
        assert text in printed
    assert sorted(os.listdir(plots)) == ["confusion.png", "levels.png", "reliability.png", "stack_nuclei.png"]
    with open(os.path.join(weights, "model_card.json")) as file:
        card = json.load(file)
    assert (
        card["looks"] == {**looks, "train": 1, "stacks": looks.get("stacks", 0) + 1}
        and card["metrics"]["train"]["images at all levels"]["images"] == 6
    )
    assert card["metrics"]["train"]["command"].startswith("python -m model_export")
    assert len(card["metrics"]["train"]["worst images"]) == 5
    export.verify(weights)


def test_unknown_weights_and_missing_images_are_said_before_work_begins(tmp_path):
    with pytest.raises(SystemExit, match="no weights v99"):
        command.main(["evaluate", "--weights", "v99", "--images", str(tmp_path)])
    with pytest.raises(SystemExit, match="no image found"):
        command.main(["evaluate", "--images", str(tmp_path)])
