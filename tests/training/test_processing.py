import numpy as np
import pytest
from scipy import fft

from model_export import aberrations, blanks, blur, defocus, planes, processing, sampling, soft_scenes

WHOLE_LEVELS = np.arange(11.0)


@pytest.fixture(scope="module")
def picture():
    random = np.random.default_rng(0)
    rows, columns = np.indices((blur.WINDOW, blur.WINDOW))
    disc = np.hypot(rows - 60, columns - 50) < 25
    return random.poisson(100 + 400 * disc).astype(np.uint16)


@pytest.mark.parametrize("name", processing.STEPS)
def test_every_step_keeps_shape_and_finite_values_and_changes_something(picture, name):
    for seed in range(6):
        step = (name, processing.STEPS[name][2](np.random.default_rng(seed)))
        for given in (picture, np.full_like(picture, 7), picture * 0):
            done = processing.process(given, (step,))
            assert done.shape == given.shape and done.dtype == np.float32 and np.isfinite(done).all()
        assert not np.array_equal(processing.process(picture, (step,)), picture)


def test_a_seed_draws_the_same_processing_of_one_or_two_different_steps():
    drawn = [processing.draw(np.random.default_rng(seed)) for seed in range(400)]
    assert drawn == [processing.draw(np.random.default_rng(seed)) for seed in range(400)]
    assert {name for steps in drawn for name, _ in steps} == set(processing.STEPS)
    assert all(len(dict(steps)) == len(steps) for steps in drawn)
    assert np.mean([len(steps) == 2 for steps in drawn]) == pytest.approx(processing.SECOND_SHARE, abs=0.07)


def test_smoothing_moves_the_label_up_the_more_the_wider_it_is_and_the_sharper_the_picture():
    moved = np.array([processing.level_after(WHOLE_LEVELS, (("smooth", sigma),)) for sigma in processing.SIGMAS_PIXELS])
    assert (np.diff(moved, axis=0) >= 0).all() and (np.diff(moved, axis=1) >= 0).all()
    assert (moved >= WHOLE_LEVELS - 1e-6).all() and moved[-1, 0] > 3 and (moved[:, 10] < 11).all()


def test_the_label_after_smoothing_is_the_level_that_a_smoothed_disc_looks_like():
    reference = blur.transfer_functions((defocus.REFERENCE,))[0]
    disc = np.zeros((blur.WINDOW,) * 2)
    rows, columns = np.indices(disc.shape) - 60
    disc[np.hypot(rows, columns) < 20] = 1
    sharp = fft.dctn(disc, norm="ortho")
    for level in (0, 2, 5):
        blurred = fft.idctn(sharp * reference[level * blur.STEPS_PER_LEVEL], norm="ortho")
        smoothed = fft.dctn(processing.smooth(blurred, 1.53), norm="ortho")
        expected = processing.level_after(level, (("smooth", 1.53),))
        assert blur.nearest_levels(smoothed[None], sharp, reference) == pytest.approx(expected, abs=0.51)


def test_enlarging_multiplies_the_label_and_making_smaller_divides_it():
    for zoom in processing.ZOOMS:
        moved = processing.level_after(WHOLE_LEVELS, (("resample", (zoom, 30.0, 1)),))
        inside = (WHOLE_LEVELS >= 2) & (zoom * WHOLE_LEVELS <= 12)
        assert moved[inside] == pytest.approx(zoom * WHOLE_LEVELS[inside], rel=0.1, abs=0.3)


def test_denoising_and_deconvolution_do_not_move_the_label():
    for name in set(processing.STEPS) - {"smooth", "resample"}:
        steps = ((name, processing.STEPS[name][2](np.random.default_rng(0))),)
        assert np.array_equal(processing.level_after(WHOLE_LEVELS, steps), WHOLE_LEVELS)


def test_the_level_before_processing_leads_to_the_level_after_it():
    for steps in (
        (("smooth", 0.98),),
        (("resample", (1.74, 0.0, 3)), ("smooth", 0.4)),
        (("jpeg", (50, 255)), ("resample", (0.7, 0.0, 1))),
    ):
        least, most = processing.level_after(np.array([0, blur.LARGEST_LEVEL]), steps)
        for level in (3, 6, 8.5):
            before = processing.level_before(level, steps)
            assert least < level < most and processing.level_after(before, steps) == pytest.approx(level, abs=0.05)
        assert processing.level_before(0, steps) < 0.01


def test_enlarging_keeps_the_middle_where_it_is_and_the_brightness():
    bump = np.zeros((blur.WINDOW,) * 2, np.float32)
    bump[58:62, 58:62] = 1
    for order in (1, 3):
        larger = processing.process(bump, (("resample", (2.0, 0.0, order)),))
        rows, columns = np.indices(bump.shape)
        assert [(larger * axis).sum() / larger.sum() for axis in (rows, columns)] == pytest.approx([59.5] * 2, abs=0.01)
        assert larger.sum() == pytest.approx(4 * bump.sum(), rel=0.05)


def test_denoising_takes_noise_and_leaves_edges(picture):
    for step in (("median", 5), ("total variation", 3.0), ("wavelet", 3.0)):
        done = processing.process(picture, (step,))
        assert processing.noise_of(done) < 0.5 * processing.noise_of(picture.astype(float)), step
        assert done[55:65, 45:55].mean() - done[:10, :10].mean() == pytest.approx(400, rel=0.05), step


def test_deconvolution_undoes_a_part_of_smoothing():
    light = np.zeros((blur.WINDOW,) * 2, np.float32)
    light[40:80, 40:80] = 1
    smoothed = processing.smooth(light, 2)
    done = processing.deconvolve(smoothed, (2.0, 20))
    done = done / done[50:70, 50:70].mean()
    steepest, before = (np.abs(np.diff(of, axis=0)).max() for of in (done, smoothed))
    assert steepest > 1.5 * before


def test_blanks_are_even_or_shaded_without_detail():
    drawn = np.array([blanks.draw(np.random.default_rng(seed), blur.WINDOW) for seed in range(300)])
    shaded = drawn.any(axis=(1, 2))
    assert shaded.mean() == pytest.approx(blanks.SHADED_SHARE, abs=0.1)
    contrasts = np.ptp(drawn[shaded], axis=(1, 2))
    assert contrasts.min() >= blanks.CONTRAST[0] * 0.99 and contrasts.max() <= blanks.CONTRAST[1] * 1.01
    steepest = np.abs(np.diff(drawn[shaded], axis=1)).max(axis=(1, 2)) / contrasts
    assert np.median(steepest) < 0.05 and steepest.max() < 0.4


def test_blanks_processed_or_not_have_the_flat_label_and_their_share():
    sampler = sampling.PatchSampler([np.zeros((400, 400), np.float32)], ["a"], {"blanks", "processing"})
    labels = np.concatenate([sampler.batch(seed, 128)[1] for seed in range(8)])
    flat = np.ptp(labels, axis=1) < 1e-6
    assert labels[flat] == pytest.approx(1 / 11) and labels.sum(axis=1) == pytest.approx(1)
    assert flat.mean() == pytest.approx(sampling.BLANK_SHARE, abs=0.03)


def test_levels_after_processing_are_drawn_as_alike_as_without():
    sampler = sampling.PatchSampler([np.zeros((400, 400), np.float32)], ["a"], {"processing"})
    labels = np.concatenate([sampler.batch(seed, 128)[1] for seed in range(16)])
    assert labels.mean(axis=0) == pytest.approx(1 / 11, abs=0.03)


def test_processed_windows_become_patches_that_are_those_of_the_picture(monkeypatch):
    monkeypatch.setattr(sampling, "photograph", lambda lights, random, defects: lights)
    windows = np.random.default_rng(0).random((3, blur.WINDOW, blur.WINDOW)).astype(np.float32)
    steps = [(), (("smooth", 1.0),), ()]
    patches = sampling.photograph_and_process(windows, steps, None)
    middle = np.s_[sampling.MARGIN : -sampling.MARGIN, sampling.MARGIN : -sampling.MARGIN]
    assert np.array_equal(patches[0], windows[0][middle]) and np.array_equal(patches[2], windows[2][middle])
    assert np.array_equal(patches[1], processing.smooth(windows[1], 1.0)[middle])


def test_bright_debris_gives_the_label_and_as_bright_debris_takes_it_away(monkeypatch):
    transfer = blur.transfer_functions((defocus.REFERENCE,))[0]
    flat = fft.dctn(np.random.default_rng(0).random((200, blur.WINDOW, blur.WINDOW)), axes=(1, 2), norm="ortho")
    monkeypatch.setattr(planes, "DEBRIS_SHARE", 1)
    monkeypatch.setattr(planes, "DEBRIS_DISTANCE", (4, 4))
    for ratio, expected in ((0.3, 1), (1, np.nan), (10, 5)):
        monkeypatch.setattr(planes, "DEBRIS_BRIGHTNESS", (ratio, ratio))
        levels = planes.add_debris(flat[:20].copy(), np.ones(20), transfer, np.random.default_rng(0))
        above = levels[levels != 3]  # 3 is on the other side of focus
        assert np.array_equal(np.unique(above), [expected], equal_nan=True) and len(above) > 3


def test_soft_scenes_are_light():
    made = soft_scenes.make_soft_scenes(np.random.default_rng(0), 2)
    again = soft_scenes.make_soft_scenes(np.random.default_rng(0), 2)
    assert len(made) == 12 and all(np.array_equal(*pair) for pair in zip(made, again))
    for light in made:
        assert light.shape == (512, 512) and light.dtype == np.float32 and np.isfinite(light).all()
        assert light.min() >= 0 and 0.8 < light.max() <= 3 and light.std() > 0.01


def test_spots_are_of_about_the_same_light_each():
    light = soft_scenes.spots(np.random.default_rng(3))
    assert light.max() <= 1.5 and np.mean(light > 0.5) < 0.02


def test_without_aberration_the_pupil_gives_the_same_spread_as_the_integral():
    meters = np.array([0, 2, 8, 20]) * 1e-6
    found = aberrations.point_spread_functions(meters, (0, 0, 0))
    expected = defocus.point_spread_function(meters)
    assert found.sum(axis=(1, 2)) == pytest.approx(1)
    assert np.abs(found - expected).sum(axis=(1, 2)).max() < 0.03


def test_aberrated_optics_reach_each_level_from_their_best_focus_on():
    transfer, levels = aberrations.aberrated_transfer_functions()
    assert transfer.shape == (len(aberrations.KINDS), len(blur.LEVELS), blur.WINDOW, blur.WINDOW)
    assert transfer[:, :, 0, 0] == pytest.approx(1)
    best = levels[:, 0]
    assert best.max() > 1 and (best <= 2).all()  # 0.15 waves leave two fifths of the peak
    for of in levels:
        assert (np.diff(of) >= 0).all() and of[8 : 4 * 12] == pytest.approx(blur.LEVELS[8 : 4 * 12], abs=0.5)


def test_what_optics_differ_by_in_focus_counts_as_in_focus():
    bank = blur.transfer_functions(blur.optics_bank())
    edges = 1 / np.maximum(np.hypot(*np.indices(bank.shape[2:])), 1) ** 1.5
    in_focus = blur.nearest_levels(bank[:5, 0] * edges, edges, blur.transfer_functions((defocus.REFERENCE,))[0])
    assert in_focus.max() == pytest.approx(0.75, abs=0.26) and in_focus.min() == 0
    assert blur.as_in_focus([0, 0.75, 1, 1.5, 4]).tolist() == [0, 0, 0.5, 1.5, 4]
