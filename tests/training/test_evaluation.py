"""A network measured where the truth is known."""

import numpy as np

from imagefocus.measurements import JUDGED_CERTAINTY
from imagefocus.network import engines
from model_export import defocus, evaluation, images

SURE = np.eye(11)
LIMITS = {"judged_certainty": JUDGED_CERTAINTY, "in_focus_expected_score": 2.0}


def rater_of(level_of):
    """A rater whose network is sure of a level computed from each patch."""
    return evaluation.Rater(lambda patches: SURE[[level_of(patch) for patch in patches]], LIMITS)


def test_pictures_are_taken_at_every_level_and_exposure(nuclei):
    image = images.Image("a", "n.tif", nuclei[:168, :168].astype(np.float32), "", "")
    pictures = list(evaluation.defocus_images([image, image]))
    assert [picture.level for picture in pictures] == list(range(11)) * 2
    assert [picture.bits for picture in pictures[:9]] == [8, 12, 16] * 3
    noise = [np.std(np.diff(picture.pixels[:, :20] / 2.0**picture.bits)) for picture in pictures[1:9:3]]
    assert noise == sorted(noise, reverse=True)  # photons grow, noise shrinks
    again = list(evaluation.defocus_images([image, image]))
    assert all(np.array_equal(one.pixels, two.pixels) for one, two in zip(pictures, again))


def test_patches_have_signal_where_light_varies_more_than_noise(nuclei):
    light = np.zeros((84, 252), np.float32)
    light[:, :84] = nuclei[100:184, 100:184]
    light[:, 84:168] = 0.5  # bright and even
    sharp = next(evaluation.defocus_images([images.Image("a", "n.tif", light, "", "")]))
    assert sharp.has_signal.tolist() == [True, False, False]


def test_what_is_measured_of_images_without_defocus(nuclei):
    image = images.Image("a", "n.tif", nuclei.astype(np.float32), "", "")
    by_contrast = rater_of(lambda patch: 1 if patch.max() > 4 else 3)  # any function of normalized patches
    assert evaluation.measure_without_defocus([image], rater_of(lambda patch: 2))["share in focus"] == 1
    assert evaluation.measure_without_defocus([image], rater_of(lambda patch: 3))["share in focus"] == 0
    changes = evaluation.measure_scaling([image], by_contrast)
    assert changes["largest change with gain 2"] < 1e-6 and len(changes) == 4
    assert evaluation.measure_noise(by_contrast)["largest Certainty"] > 0.5


def test_measured_kernels_are_ranked_by_a_network_that_sees_blur(nuclei):
    image = images.Image("a", "n.tif", nuclei.astype(np.float32), "", "")
    kernels = defocus.point_spread_function(np.arange(0, 11, 2) * defocus.LEVEL_METERS)
    rater = evaluation.Rater(engines.load_network("numpy"), LIMITS)
    figures = evaluation.rank_measured_blur([image], rater, kernels, np.arange(6))
    assert figures["Spearman, median of images"] > 0.9
    reverse = evaluation.rank_measured_blur([image], rater, kernels, np.arange(6)[::-1])
    assert reverse["Spearman, lowest"] < -0.9
