"""Images that are no fluorescence are told; images of fluorescence, empty ones and broken ones are not."""

import numpy as np
import pytest
from scipy import ndimage

from imagefocus.modality import looks_unlike_fluorescence

SHAPE = (420, 504)


def discs(count=30, seed=0):
    """Soft discs of 1 on 0, at random places."""
    random = np.random.default_rng(seed)
    rows, columns = np.indices(SHAPE)
    light = np.zeros(SHAPE)
    for row, column in random.uniform(0, 1, (count, 2)) * SHAPE:
        light = np.maximum(light, np.hypot(rows - row, columns - column) < random.uniform(6, 14))
    return ndimage.gaussian_filter(light, 1)


def photograph(light, background, contrast, seed=1):
    return np.random.default_rng(seed).poisson(background + contrast * light)


def test_bright_objects_on_a_dark_background_are_fluorescence():
    assert looks_unlike_fluorescence(photograph(discs(), 100, 1000)) is None


@pytest.mark.parametrize("sigma", [3, 10, 25])
def test_blur_is_fluorescence_still(sigma):
    assert looks_unlike_fluorescence(photograph(ndimage.gaussian_filter(discs(), sigma), 100, 3000)) is None


def test_dark_objects_on_a_bright_background_are_not():
    reason = looks_unlike_fluorescence(photograph(discs(), 2000, -1000))
    assert "background is brighter than most objects" in reason


def test_dark_objects_beside_bright_ones_are_not():
    light = 1.6 * discs(15, seed=3) - discs()
    assert "as in phase contrast" in looks_unlike_fluorescence(photograph(light, 2000, 1500))


@pytest.mark.parametrize("gain, offset", [(1e-6, 0), (3, 1e6), (1e9, -1e12)])
def test_gain_and_offset_change_nothing(gain, offset):
    for contrast in (1000, -1000):
        image = photograph(discs(), 2000, contrast)
        assert looks_unlike_fluorescence(image * gain + offset) == looks_unlike_fluorescence(image)


@pytest.mark.parametrize("shading", [0, 0.2])
def test_an_empty_field_gets_no_warning(shading):
    rows, columns = np.indices(SHAPE)
    vignette = 1 - shading * np.hypot(rows - 210, columns - 252) ** 2 / 330**2
    assert looks_unlike_fluorescence(photograph(0, 1000 * vignette, 0)) is None


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((84, 84)),
        np.full((200, 200), np.nan),
        np.full((200, 200), 7, np.uint16),
        np.eye(100, dtype=bool),
        np.zeros((20, 20)),
        np.zeros((3, 100, 100)),
        np.array("no image"),
        np.where(np.eye(100, dtype=bool), np.finfo(float).max, np.finfo(float).min),
    ],
    ids=["zeros", "NaN", "constant", "bool", "small", "planes", "text", "huge"],
)
def test_what_is_no_image_gets_no_warning_and_raises_nothing(image):
    assert looks_unlike_fluorescence(image) is None


def test_fluorescence_of_real_cells_gets_no_warning(nuclei, defocused):
    assert [looks_unlike_fluorescence(image) for image in [nuclei, *defocused]] == [None] * 12
    assert looks_unlike_fluorescence(-defocused[0].astype(float)) is not None
