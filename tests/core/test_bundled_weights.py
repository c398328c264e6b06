"""The bundled weights on real images of the data folder."""

import glob
import os

import numpy as np
import pytest
import tifffile

import imagefocus


def paths(data_folder):
    images = sorted(glob.glob(os.path.join(data_folder, "train", "bbbc006_u2os_hoechst", "*.tif")))
    assert images
    return images


def test_sharp_fields_rate_at_most_one(data_folder):
    """They are among the training images; images of other microscopes are measured by `model_export evaluate`."""
    scores = {path: imagefocus.rate_image(tifffile.imread(path)).score for path in paths(data_folder)}
    assert max(scores.values()) <= 1, scores


def test_fields_32_micrometers_out_of_focus_rate_nine_or_ten(data_folder):
    stack = tifffile.imread(os.path.join(data_folder, "stacks", "bbbc006_far_out_of_focus.tif"))
    scores = [imagefocus.rate_image(field).score for field in stack]
    assert len(scores) == 12 and min(scores) >= 9, scores


@pytest.mark.parametrize("electrons", [1, 10, 100, 1000])
def test_noise_alone_cannot_be_judged(electrons):
    random = np.random.default_rng(electrons)
    field = random.poisson(electrons, (520, 696)) + random.normal(0, 2, (520, 696))
    rating = imagefocus.rate_image(field)
    assert rating.certainty < 0.05 and rating.certain_fraction < 0.05
