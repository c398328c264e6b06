"""Laws over generated shapes, dtypes, pixels and masks; most use a network of their own, which answers at once."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import imagefocus
from imagefocus.overlay import border_colors
from imagefocus.patches import reduced_shape
from imagefocus.pixels import normalize
from imagefocus.rate import rate_with
from imagefocus.ratings import ImageRating, PatchRatings

# Nothing on the way to a result may overflow or be 0 / 0, even where that would be put right.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

FLOATS = ["f2", ">f4", "f4", "f8"]
DTYPES = ["?", "u1", "i1", "u2", ">u2", "i2", "u4", ">i4", "u8", "i8"] + FLOATS
MASKS = [None, [0], [1], [0, 1], [0, 1, 1], [0, 0, 0, 1], [0] + 19 * [1]]  # what masks are scattered from
steps, seeds, no_numbers = map(st.sampled_from, ([84, 42], range(2**32), [np.nan, np.inf, -np.inf]))


def law(examples, *strategies):
    """A test on examples that are the same in every run, so that what fails is the change at hand."""
    return lambda test: settings(deadline=None, derandomize=True, max_examples=examples)(given(*strategies)(test))


def scatter(values, shape, grain, random):
    """Values at random places of a board with squares of `grain` pixels."""
    board = values[random.integers(len(values), size=[-(-length // grain) for length in shape])]
    return board.repeat(grain, axis=0).repeat(grain, axis=1)[: shape[0], : shape[1]]


@st.composite
def pictures(draw, dtypes=DTYPES, largest=200, bounds=None):
    """An image of a few values, extreme or not, on a fine or coarse board, and a mask like it or None."""
    shape, random = draw(st.tuples(*[st.integers(84, largest)] * 2)), np.random.default_rng(draw(seeds))
    dtype, grains = np.dtype(draw(st.sampled_from(dtypes))), st.sampled_from([1, 9, 60])
    most = float(np.finfo(dtype).max) if dtype.kind == "f" else None
    low, high = bounds or (most and -most, most)
    values = arrays.from_dtype(dtype, min_value=low, max_value=high, allow_nan=False, allow_infinity=False)
    values |= st.sampled_from([low, high]) if most else st.nothing()
    palette = np.array(draw(st.lists(values, min_size=1, max_size=6, unique=True)), dtype)
    image, kept = scatter(palette, shape, draw(grains), random), draw(st.sampled_from(MASKS))
    return image, None if kept is None else scatter(np.array(kept, bool), shape, draw(grains), random)


def windows(shape, step):
    """Corners of the patches: one every `step` pixels, the last at the border of the image."""
    tops, lefts = ([min(i * step, n - 84) for i in range(math.ceil((n - 84) / step) + 1)] for n in shape)
    return [(top, left) for top in tops for left in lefts]


@st.composite
def ratings(draw):
    """Rating of no image at hand, made smaller or not: sure, unsure and flat patches, rated or not."""
    scale, step = draw(st.sampled_from([1.0, 0.7, 0.5, 0.37])), draw(steps)
    shape = draw(st.tuples(*[st.integers(math.ceil(84 / scale), 400)] * 2))
    corners, random = np.array(windows(reduced_shape(shape, scale), step)), np.random.default_rng(draw(seeds))
    probabilities = random.dirichlet(np.full(11, draw(st.sampled_from([0.01, 0.3, 1e6]))), len(corners))
    rated = random.random(len(corners)) < draw(st.sampled_from([0, 0.5, 0.9, 1]))
    return ImageRating(PatchRatings(*corners.T, rated, probabilities), shape, step, scale, 0.3, 2.0)


def middles(rating):
    """Middles of the image's rows and columns in the image made smaller."""
    return [(np.arange(n) + 0.5) * reduced_shape((n,), rating.scale)[0] / n for n in rating.shape]


def network(patches):
    """Distributions that depend on the patches, not flat even for a blank one; the patches must be normalized."""
    assert patches.shape[1:] == (84, 84) and patches.dtype == np.float32
    assert np.abs(patches.mean(axis=(1, 2), dtype=float)).max(initial=0) < 1e-5
    assert patches.std(axis=(1, 2), dtype=float) == pytest.approx(patches.any(axis=(1, 2)).astype(float), abs=1e-4)
    powers = np.exp(3 * patches[:, ::8, 40].astype(float) + np.arange(11))
    return powers / powers.sum(axis=1, keepdims=True)


def rate(image, mask, step):
    return rate_with(network, image, mask, step, 0.3, 1.75).patches.probabilities


@law(50, st.tuples(*[st.integers(0, 300)] * 2).filter(lambda shape: min(shape) < 84), st.sampled_from(DTYPES))
def test_an_image_that_cannot_hold_a_patch_is_refused_with_its_shape(shape, dtype):
    words = f"^the image is {shape[0]} x {shape[1]} pixels, smaller than one 84 x 84"
    with pytest.raises(imagefocus.TooSmall, match=words):
        imagefocus.rate_image(np.zeros(shape, dtype))


@law(100, ratings())
def test_patches_cover_the_image_and_each_pixel_is_in_the_cell_of_the_nearest(rating):
    rated, smaller = rating.patches.rated, reduced_shape(rating.shape, rating.scale)
    cells, corners = rating.cell_labels(rated | True), imagefocus.patch_grid(smaller, rating.step)
    assert list(zip(*corners)) == windows(smaller, rating.step)
    for axis, starts in enumerate(corners):
        assert starts.min() == 0 and starts.max() + 84 == smaller[axis]
        distances = np.abs(starts + 42 - middles(rating)[axis][:, None])
        own = np.take_along_axis(distances, np.moveaxis(cells, axis, 0) - 1, axis=1)
        assert own.max() <= 42 and np.allclose(own, distances.min(axis=1)[:, None], atol=1e-9)
    assert set(np.unique(cells)) == set(range(1, len(rated) + 1))
    assert np.array_equal(rating.cell_labels(), np.where(rated, np.cumsum(rated), 0)[cells - 1])


@law(150, pictures(largest=90))
def test_normalized_patches_have_mean_0_and_deviation_1_or_are_blank(picture):
    patch = picture[0][:84, :84]
    (values,), before = normalize(patch[None]), patch.copy()
    network(values[None])  # asserts it
    assert values.any() == (patch.astype(float).max() > patch.astype(float).min())
    assert (np.diff(values.ravel()[np.argsort(patch, axis=None)]) >= 0).all()  # what is brighter stays so
    assert np.array_equal(patch, before)


@law(100, pictures(["u1", "u2"]), steps, st.integers(-900, 900), st.integers(-(2**30), 2**30))
def test_gain_and_offset_that_float64_holds_exactly_change_no_bit(picture, step, power, offset):
    image, mask = picture[0].astype(float), picture[1]
    assert np.array_equal(rate(np.ldexp(image, power), mask, step), rate(image, mask, step))
    assert np.array_equal(rate(np.ldexp(image + offset, power), None, step), rate(image, None, step))


@law(150, pictures(["u1"], bounds=(0, 100)), steps, st.sampled_from(DTYPES[1:]), no_numbers)
def test_neither_dtype_nor_order_in_memory_nor_what_is_masked_out_matters(picture, step, dtype, value):
    (image, mask), same = picture, picture[0].astype(dtype)
    other = np.array(same[::-1].T).T[::-1]
    if mask is not None and other.dtype.kind == "f":
        other[~mask] = value
    assert np.array_equal(rate(other, mask, step), rate(same, mask, step))
    assert np.allclose(rate(same, mask, step), rate(image, mask, step), atol=1e-3)  # float32 or float64 on the way


@law(150, pictures(largest=400), steps)
def test_patches_are_rated_one_by_one_and_those_with_nothing_to_judge_are_flat(picture, step):
    image, mask = picture
    image.flags.writeable = False  # the image is not to be modified
    patches = rate_with(network, image, mask, step, 0.3, 1.75).patches
    mask = np.ones(image.shape, bool) if mask is None else mask
    for index, (top, left) in enumerate(windows(image.shape, step)):
        window = slice(top, top + 84), slice(left, left + 84)
        counts, values = mask[window], image[window].astype(float)
        assert patches.rated[index] == (2 * counts.sum() >= 84 * 84)
        if not patches.rated[index] or values[counts].min() == values[counts].max():
            assert (patches.probabilities[index] == 1 / 11).all() and patches.scores[index] == 5
            assert (patches.expected_scores[index], patches.certainties[index]) == (pytest.approx(5), pytest.approx(0))
        elif counts.all():
            # The largest becomes about 1/4, then the differences do, so that none of them or their squares overflows.
            values = np.ldexp(values, -2 - np.frexp(np.abs(values).max())[1])
            values = np.ldexp(values - values.min(), -np.frexp(np.ptp(values))[1])
            expected = network(((values - values.mean()) / values.std()).astype(np.float32)[None])
            assert patches.probabilities[index] == pytest.approx(expected[0], abs=1e-4)


@law(150, pictures(FLOATS), steps, seeds, st.booleans(), no_numbers)
def test_a_pixel_that_is_no_number_is_named_where_it_counts_and_else_ignored(picture, step, place, counting, value):
    image, mask = picture
    counts = np.ones(image.shape, bool) if mask is None else mask
    assume((counts == counting).any())
    row, column = np.argwhere(counts == counting)[place % (counts == counting).sum()]
    rated = [(t, l) for t, l in windows(image.shape, step) if 2 * counts[t : t + 84, l : l + 84].sum() >= 84 * 84]
    expected, image[row, column] = rate(image, mask, step), value
    if counts[row, column] and any(t <= row < t + 84 and l <= column < l + 84 for t, l in rated):
        with pytest.raises(imagefocus.NotFinite, match=f"^the pixel in row {row}, column {column} is {value},"):
            rate(image, mask, step)
    else:
        assert np.array_equal(rate(image, mask, step), expected)


def certainty(distribution):
    return 1 + sum(p * math.log(p) for p in distribution if p > 0) / math.log(11)


@st.composite
def distributions(draw):
    """Distributions of 0 to 12 patches, sure, flat and in between, and which of the patches are rated."""
    raw = draw(arrays.arrays(float, st.tuples(st.integers(0, 12), st.just(11)), elements=st.floats(0, 1) | st.just(0)))
    raw[~raw.any(axis=1)] = 1
    return raw / raw.sum(axis=1, keepdims=True), draw(arrays.arrays(bool, len(raw)))


@law(200, distributions(), st.floats(0, 1), st.floats(0, 9.999))
def test_an_image_is_the_certainty_weighted_mean_of_its_rated_patches(patches, judged_certainty, in_focus_limit):
    (probabilities, rated), (count, _) = patches, patches[0].shape
    patches = PatchRatings(np.zeros(count, int), 84 * np.arange(count), rated, probabilities)
    rating = ImageRating(patches, (84, 84 * count), 84, 1.0, judged_certainty, in_focus_limit)
    assert patches.certainties.tolist() == pytest.approx([certainty(p) for p in probabilities], abs=1e-9)
    weights, levels = patches.certainties[rated], rating.probabilities.tolist()
    assert len(levels) == 11 and sum(levels) == pytest.approx(1)
    if weights.sum() > 1e-6:  # else rounding decides
        assert levels == pytest.approx(np.average(probabilities[rated], axis=0, weights=weights), abs=1e-6)
    elif (np.ptp(probabilities[rated], axis=1) == 0).all():
        assert (rating.score, rating.expected_score, rating.certainty) == (5, pytest.approx(5), pytest.approx(0))
    assert rating.score == (levels.index(max(levels)) if max(levels) > min(levels) else 5)
    assert rating.expected_score == pytest.approx(sum(level * p for level, p in enumerate(levels)))
    assert rating.certainty == pytest.approx(certainty(levels), abs=1e-9)
    assert 0 <= rating.expected_score <= 10 and 0 <= rating.certainty <= 1
    judged = patches.expected_scores[rated & (patches.certainties >= judged_certainty)]
    assert [rating.patch_count, len(rating.judged_scores())] == [sum(rated), len(judged)]
    assert rating.certain_fraction * sum(rated) == pytest.approx(len(judged))
    assert rating.out_of_focus_fraction * len(judged) == pytest.approx(sum(judged > in_focus_limit))
    assert 0 <= rating.certain_fraction <= 1 and 0 <= rating.out_of_focus_fraction <= 1


@law(150, ratings(), pictures(), seeds, st.sampled_from([1, 1000]), st.sampled_from(["hue", "blue to orange"]))
def test_an_overlay_is_the_gray_image_with_colored_borders_along_rated_cells(rating, picture, seed, common, palette):
    patches, values = rating.patches, np.unique(picture[0])
    values = np.append(values, [np.nan, np.inf]) if values.dtype.kind == "f" else values
    values = np.append(values, values[:2].repeat(common))  # the others may be as rare as what is drawn black or white
    image = scatter(values, rating.shape, [1, 9, 90][seed % 3], np.random.default_rng(seed))
    before, image.flags.writeable = image.tobytes(), False
    overlay = rating.overlay(image, palette)
    assert overlay.shape == image.shape + (3,) and overlay.dtype == np.uint8 and image.tobytes() == before
    cells = rating.cell_labels(patches.rated | True)
    around, border, (rows, columns) = np.pad(cells, 3), np.zeros(cells.shape, bool), cells.shape
    for shift in (0, 1, 2, 4, 5, 6):
        border |= (around[shift : shift + rows, 3:-3] != cells) | (around[3:-3, shift : shift + columns] != cells)
    border &= patches.rated[cells - 1]
    own = cells[border] - 1
    assert np.array_equal(overlay[border], border_colors(patches.scores[own], patches.certainties[own], palette))
    gray, values = overlay[~border].astype(int), image[~border].astype(float)
    finite = np.isfinite(values)
    assert (gray == gray[:, :1]).all() and not gray[~finite].any()
    assert (np.diff(gray[finite, 0][np.argsort(values[finite])]) >= 0).all()  # what is brighter is drawn so


@law(100, ratings(), st.none() | st.floats(0, 10))
def test_a_focus_map_lies_between_the_levels_of_the_rated_patches_over_a_pixel(rating, uncertain):
    (level, known), patches = rating.focus_map(uncertain), rating.patches
    assert level.shape == known.shape == rating.shape and level.dtype == np.float32
    lowest, highest = np.full(rating.shape, np.inf), np.full(rating.shape, -np.inf)
    values = np.where((uncertain is None) | (patches.certainties >= 0.3), patches.expected_scores, uncertain or 0) / 10
    for top, left, value in zip(patches.tops[patches.rated], patches.lefts[patches.rated], values[patches.rated]):
        over = np.ix_(*[(first <= side) & (side < first + 84) for first, side in zip((top, left), middles(rating))])
        lowest[over], highest[over] = np.minimum(lowest[over], value), np.maximum(highest[over], value)
    assert np.array_equal(known, np.isfinite(lowest))
    assert (level[~known] == 1).all() and level.min() >= 0 and level.max() <= 1
    assert (level >= lowest - 1e-6)[known].all() and (level <= highest + 1e-6)[known].all()


@law(40, pictures(), steps)
def test_the_bundled_network_rates_each_patch_as_if_it_were_alone(picture, step):
    (image, mask), options = picture, {"step": step, "engine": "numpy"}
    rating = imagefocus.rate_image(image, mask, **options)
    assert rating.patches.probabilities.sum(axis=1) == pytest.approx(1) and rating.patches.probabilities.min() >= 0
    assert all(np.isfinite(value) for value in rating.measurements().values())
    for index, (top, left) in enumerate(windows(image.shape, step)):
        window = slice(top, top + 84), slice(left, left + 84)
        alone = imagefocus.rate_image(image[window], None if mask is None else mask[window], **options).patches
        assert alone.rated[0] == rating.patches.rated[index]
        assert alone.probabilities[0] == pytest.approx(rating.patches.probabilities[index], abs=1e-5)
