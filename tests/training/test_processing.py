"""What software does to pictures, and how that moves their level."""

import numpy as np
import pytest

from model_export import processing
from model_export.blur import WINDOW

PLAIN = ("median", "total variation", "wavelet", "jpeg", "sharpen", "deconvolve", "line noise", "gray levels")


@pytest.fixture(scope="module")
def picture(nuclei):
    noise = np.random.default_rng(0).normal(0, 30, (WINDOW, WINDOW))
    return (2000 * nuclei[:WINDOW, :WINDOW] + 100 + noise).clip(0).astype(np.uint16)


@pytest.mark.parametrize("name", processing.STEPS)
def test_a_step_gives_a_finite_picture_of_the_same_shape_and_leaves_its_input_alone(picture, name):
    before = picture.copy()
    for seed in range(5):
        steps = ((name, processing.STEPS[name][2](np.random.default_rng(seed))),)
        processed = processing.process(picture, steps)
        assert processed.shape == picture.shape and processed.dtype == np.float32 and np.isfinite(processed).all()
        assert np.array_equal(processed, processing.process(picture, steps))
        assert not np.array_equal(processed, picture)
    assert np.array_equal(picture, before)


@pytest.mark.parametrize("name", processing.STEPS)
def test_nothing_fails_on_an_even_picture(name):
    steps = ((name, processing.STEPS[name][2](np.random.default_rng(0))),)
    assert np.isfinite(processing.process(np.full((WINDOW, WINDOW), 7, np.uint16), steps)).all()


@pytest.mark.parametrize("step", [("smooth", sigma) for sigma in processing.SIGMAS_PIXELS])
@pytest.mark.parametrize("level", [0.0, 2.0, 6.0])
def test_smoothing_moves_a_level_up_and_the_more_the_sharper_it_was(step, level):
    after = processing.level_after(level, (step,))
    assert level <= after <= processing.level_after(level, (("smooth", 3.0),))
    assert after - level <= processing.level_after(0.0, (step,)) + 0.25


def test_enlarging_by_two_doubles_the_blur_disc():
    twice = ("resample", (processing.ZOOMS[np.argmin(abs(np.array(processing.ZOOMS) - 2))], 0.0, 1))
    zoom = twice[1][0]
    for level in (3.0, 5.0):
        assert processing.level_after(level, (twice,)) == pytest.approx(zoom * level, abs=0.6)


@pytest.mark.parametrize("name", PLAIN)
def test_denoising_sharpening_and_gray_levels_leave_the_level_where_it_is(name):
    steps = ((name, processing.STEPS[name][2](np.random.default_rng(0))),)
    assert processing.level_after(4.0, steps) == pytest.approx(4.0) == processing.level_before(4.0, steps)


def test_the_level_before_is_that_which_becomes_the_level_after():
    random = np.random.default_rng(0)
    for _ in range(100):
        steps = processing.draw_steps(random)
        before = processing.level_before(9.0, steps)
        if before > 0:
            assert processing.level_after(before, steps) == pytest.approx(9.0, abs=0.3)


def test_a_processing_has_one_or_two_steps_and_all_are_drawn():
    drawn = [processing.draw_steps(np.random.default_rng(seed)) for seed in range(400)]
    assert {len(steps) for steps in drawn} == {1, 2}
    assert {name for steps in drawn for name, _ in steps} == set(processing.STEPS)
