import numpy as np
import pytest

from model_export import blur, defocus, images, labels, planes, runs, sampling, scenes

LABELS = np.arange(11)


@pytest.fixture(scope="module")
def sampler(training_images):
    return runs.sampler_of(images.read_images(images.find_images(training_images), print))


def test_a_seed_draws_the_same_batch_and_another_seed_another(sampler):
    patches, labels = sampler.batch(3, 24)
    assert patches.shape == (24, 84, 84, 1) and labels.shape == (24, 11)
    assert labels.sum(axis=1) == pytest.approx(1)
    again = sampler.batch(3, 24)
    assert np.array_equal(patches, again[0]) and np.array_equal(labels, again[1])
    assert not np.array_equal(patches, sampler.batch(4, 24)[0])


def test_labels_between_levels_are_shared_by_the_two():
    assert labels.soft_label([3.25])[0, 3:5].tolist() == [0.75, 0.25]
    assert labels.soft_label([0, 10, 13.5]) @ LABELS == pytest.approx([0, 10, 10])


def test_transfer_functions_blur_as_convolution_with_mirrored_borders_does():
    light = np.random.default_rng(0).random((sampling.WINDOW, sampling.WINDOW))
    level = 6
    transfer = sampling.transfer_functions((defocus.REFERENCE,))[0, level * sampling.STEPS_PER_LEVEL]
    by_transform = sampling.fft.idctn(sampling.fft.dctn(light, norm="ortho") * transfer, norm="ortho")
    point_spread = defocus.point_spread_function(level * defocus.LEVEL_METERS)
    assert np.abs(by_transform - defocus.defocus(light, point_spread)).max() < 1e-5


def test_windows_are_enlarged_without_a_change_of_brightness():
    sampler = sampling.PatchSampler([np.ones((400, 400), np.float32)], ["a"], ingredients=["zoom"])
    for seed in range(20):
        slices, heights = sampler.window(np.random.default_rng(seed))
        window = sampling.fft.idctn(slices[0], norm="ortho")
        assert len(slices) == 1 and heights == [0]
        assert window == pytest.approx(np.ones((sampling.WINDOW,) * 2), abs=1e-3)


def test_of_the_same_objects_the_more_blurred_has_less_contrast(sampler, monkeypatch):
    margin = sampling.MARGIN
    for share in ("DEBRIS_SHARE", "HAZE_SHARE", "ROUNDED_SHARE"):  # or that may be what is seen
        monkeypatch.setattr(planes, share, 0)
    random = np.random.default_rng(0)
    pairs, pairs_of_flat_in_patches = [], []
    for _ in range(150):
        slices, heights = sampler.window(random)
        lights, levels = sampler.defocused(slices, heights, random)
        pairs += have_less_contrast(lights, levels)
        if len(heights) == 1:  # into a patch the light of high nuclei comes from beside it
            pairs_of_flat_in_patches += have_less_contrast(lights[:, margin:-margin, margin:-margin], levels)
    for of, least in ((pairs, 0.99), (pairs_of_flat_in_patches, 0.95)):  # into patches light comes from beside
        assert len(of) > 200 and np.mean(of) > least


def have_less_contrast(lights, levels):
    contrasts = lights.std(axis=(1, 2))
    further, nearer = np.nonzero((levels[:, None] >= levels + 3) & (contrasts > 0))
    return (contrasts[further] < contrasts[nearer]).tolist()


def test_levels_are_drawn_alike_with_some_between_and_some_beyond():
    levels = labels.draw_levels(50000, np.random.default_rng(0)) / sampling.STEPS_PER_LEVEL
    shares = labels.soft_label(levels).mean(axis=0)
    assert shares == pytest.approx(1 / 11, rel=0.045)
    assert np.mean(levels[levels >= 10] > 10) == pytest.approx(labels.BEYOND_SHARE, rel=0.1)
    assert levels.max() == blur.LARGEST_LEVEL and levels.min() == 0
    between = levels[levels < 10] % 1 > 0
    assert np.mean(between) == pytest.approx(labels.BETWEEN_SHARE * 6 / 7, rel=0.1)  # of the 7 quarters one is 0


def test_each_ingredient_changes_what_is_drawn(training_images):
    read = images.read_images(images.find_images(training_images), print)
    whole = runs.sampler_of(read).batch(5, 64)[0]
    for ingredient in sampling.INGREDIENTS:
        without = runs.sampler_of(read, set(sampling.INGREDIENTS) - {ingredient}).batch(5, 64)[0]
        assert not np.array_equal(whole, without), ingredient


def test_made_up_scenes_are_light_in_focus():
    lights = scenes.make_scenes(np.random.default_rng(0))
    assert len(lights) == 5 * scenes.COUNT_OF_EACH
    for light in lights:
        assert light.shape == (512, 512) and light.dtype == np.float32 and np.isfinite(light).all()
        assert light.min() >= 0 and np.percentile(light, 99.9) == pytest.approx(1, abs=1e-3)
        differences = np.abs(np.diff(light, axis=1))
        assert np.percentile(differences, 99.9) > 0.02  # edges of a few pixels are there to be seen


def test_thick_nuclei_have_light_in_the_middle_and_none_beyond_their_ends():
    made = scenes.make_thick_scenes(np.random.default_rng(0), count=2, chromatin_count=1)
    assert [radius for radius, _, _ in made] == pytest.approx(scenes.THICK_RADII)
    for _, nuclei, chromatin in made:
        assert nuclei.shape == chromatin.shape == (scenes.SLICES, 384, 384)
        assert nuclei.dtype == chromatin.dtype == np.float32 and nuclei.min() == 0
        light = nuclei.sum(axis=(1, 2))
        assert light[[0, -1]].max() < 0.05 * light.max() and light[scenes.SLICES // 2] == light.max()
        assert np.percentile(nuclei.sum(axis=0), 99.9) == pytest.approx(1, abs=1e-3)
        assert chromatin.std() == pytest.approx(1, abs=1e-3)


def test_larger_nuclei_are_higher_up_to_those_of_40x(sampler, monkeypatch):
    monkeypatch.setattr(sampling, "THICK_SHARE", 1)
    heights = []
    for radius in (2, 10, 40):  # the same nuclei, said to be smaller and larger
        monkeypatch.setattr(sampler, "thick", [(radius, *sampler.thick[0][1:])])
        drawn = [sampler.window(np.random.default_rng(seed))[1] for seed in range(30)]
        assert all(np.allclose(of, -of[::-1]) for of in drawn)
        heights.append(np.array([of[-1] for of in drawn]))
    small, middle, large = heights
    below = middle < sampling.LARGEST_HALF_THICKNESS
    assert 2 * min(sampling.LEVELS_PER_RADIUS) <= small.min() and below.any()
    assert middle[below] == pytest.approx(5 * small[below])
    assert large.max() == sampling.LARGEST_HALF_THICKNESS and (large >= middle).all()


def test_dividing_cells_are_a_few_bright_spots():
    for seed in range(20):
        light = scenes.rounded_cells(np.random.default_rng(seed), 128)
        assert light.shape == (128, 128) and light.dtype == np.float32 and light.min() == 0
        assert 0.1 < light.max() < 3 and (light > 0).mean() < 0.25


def test_dividing_cells_are_as_bright_as_said_and_above_the_plane(monkeypatch):
    light = 7 + np.random.default_rng(0).standard_normal((1, blur.WINDOW, blur.WINDOW))
    monkeypatch.setattr(planes, "ROUNDED_BRIGHTNESS", (20, 20))
    monkeypatch.setattr(scenes, "rounded_cells", lambda random, side: np.eye(side))
    heights = []
    for seed in range(100):
        flat = sampling.fft.dctn(light, axes=(1, 2), norm="ortho")
        cells, height = planes.rounded_cells(flat, np.random.default_rng(seed))
        assert sampling.fft.idctn(cells[0], norm="ortho") == pytest.approx(20 * light.std() * np.eye(blur.WINDOW))
        heights.append(*height)
    low, high = planes.ROUNDED_HEIGHTS
    assert low <= min(heights) < low + 0.2 and high - 0.2 < max(heights) <= high


def test_dividing_cells_are_in_some_windows_with_flat_objects(monkeypatch):
    sampler = sampling.PatchSampler([np.zeros((400, 400), np.float32)], ["a"], ingredients=["depth"])
    seen = dict(dark=0, thick=0, dividing=0)
    monkeypatch.setattr(planes, "rounded_cells", lambda flat, random: (flat + 1, np.zeros(1)))
    for seed in range(200):
        random = np.random.default_rng(seed)
        slices, heights = sampler.window(random)
        lights, _ = sampler.defocused(slices, heights, random)
        seen["thick" if len(heights) > 1 else "dividing" if lights.any() else "dark"] += 1
    share = seen["dividing"] / (seen["dividing"] + seen["dark"])
    assert seen["thick"] > 20 and share == pytest.approx(planes.ROUNDED_SHARE, abs=0.06)


def test_slices_above_and_below_the_plane_in_focus_are_blurred_by_their_distance():
    slices = np.random.default_rng(0).standard_normal((2, blur.WINDOW, blur.WINDOW)).astype(np.float32)
    transfer = blur.transfer_functions(blur.optics_bank())[0]
    seen = planes.through_focus(slices, np.array([-1.0, 1.0]), np.array([0, 4, 14]), transfer)
    expected = [
        slices[0] * transfer[below] + slices[1] * transfer[above] for below, above in ((4, 4), (0, 8), (10, 18))
    ]
    assert np.abs(seen - expected).max() < 1e-5


def test_the_level_of_thick_objects_is_that_of_the_disc_which_maps_the_sharpest_plane_onto_theirs(sampler, monkeypatch):
    index = np.array([0, 8, 20, 36])
    monkeypatch.setattr(sampling, "draw_levels", lambda count, random: index)
    monkeypatch.setattr(sampling, "THICK_SHARE", 1)
    found = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        slices, heights = sampler.window(random)
        found.append((heights[-1], slices.any(), *sampler.defocused(slices, heights, random)[1]))
    half, lit, *levels = np.array(found).T
    lit, levels = lit == 1, np.array(levels)
    assert levels[0, lit].max() <= 0.25 and (levels[:, ~lit] == index[:, None] / blur.STEPS_PER_LEVEL).all()
    thin, thick = (levels[:, lit & of].mean(axis=1) for of in (half < 2, half > 6))
    assert thin == pytest.approx(index / blur.STEPS_PER_LEVEL, abs=0.4)
    assert (thick[1:] < thin[1:] - 0.1).all() and (np.diff(thick) > 1).all()  # a part of them is in focus for longer


def test_the_nearest_level_is_that_of_the_blur_whatever_the_brightness():
    sharp = np.random.default_rng(0).standard_normal((blur.WINDOW,) * 2)
    discs = blur.disc_transfer_functions()
    assert blur.nearest_levels(3 * sharp * discs, sharp, discs).tolist() == blur.LEVELS.tolist()
    even = np.zeros((blur.WINDOW,) * 2)
    rows, columns = np.indices(even.shape) - blur.WINDOW // 2
    even[np.hypot(rows, columns) <= defocus.blur_disc_pixels(8 * defocus.LEVEL_METERS) / 2] = 1
    point = np.zeros_like(even)
    point[blur.WINDOW // 2, blur.WINDOW // 2] = 1
    even, point = (sampling.fft.dctn(picture, norm="ortho") for picture in (even, point))
    assert blur.nearest_levels(even[None], point, discs) == pytest.approx(8, abs=0.25)


def test_wide_apertures_reach_a_level_where_they_blur_as_the_reference_does():
    bank = blur.optics_bank()
    transfer = blur.transfer_functions(bank)
    reference = transfer[bank.index(defocus.REFERENCE)]
    edges = 1 / np.maximum(np.hypot(*np.indices(reference.shape[1:])), 1) ** 1.5
    whole = slice(0, 4 * 10 + 1, 4)
    for optics, of in zip(bank, transfer):
        if optics.numerical_aperture in blur.WIDE_APERTURES:
            nearest = blur.nearest_levels(of[whole] * edges, edges, reference)
            assert nearest == pytest.approx(blur.LEVELS[whole], abs=0.26)
            assert np.abs(of[whole] - reference[whole]).max() > 0.03  # and yet is no even disc
