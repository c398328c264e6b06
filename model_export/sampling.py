"""Defocused and photographed training patches, drawn from in-focus images."""

import functools

import numpy as np
from scipy import fft
from skimage.transform import rescale

from imagefocus.patches import PATCH_SIDE
from imagefocus.pixels import normalize

from . import blanks, planes, processing, scenes, soft_scenes
from .aberrations import aberrated_transfer_functions
from .blur import (
    LEVELS,
    STEPS_PER_LEVEL,
    WIDE_APERTURES,
    WINDOW,
    disc_transfer_functions,
    nearest_levels,
    optics_bank,
    transfer_functions,
)
from .camera import photograph
from .labels import draw_levels, soft_label

# What makes the training images as varied as microscopes are; each can be left out to see what it brings.
INGREDIENTS = ("zoom", "depth", "defects", "scenes", "soft", "processing", "blanks", "aberrations")

MARGIN = (WINDOW - PATCH_SIDE) // 2

PATCHES_PER_WINDOW = 4
SCALES = (0.5, 0.7, 1.0)  # smaller copies, which are at least as sharp as the original
LARGEST_ZOOM = 2.5  # larger ones, so that sharp nuclei of higher magnifications are known; enlarged when drawn
SCENE_SHARE = 0.15  # of the windows
SOFT_SHARE = 0.15  # of those, with soft, crowded or sparse objects
ABERRATED_SHARE = 0.15  # of the windows through narrow apertures
BLANK_SHARE = 0.11  # of the patches, that hold nothing
PROCESSED_SHARE, PROCESSED_SHARE_OF_BLANKS = 0.35, 0.5
THICK_SHARE = 0.3  # of the windows
# From the middle of a nucleus to its top, for each pixel of its radius: of flat ones through narrow apertures to round ones
# through wide apertures. Half a height of `scenes.FLATNESS` radii is 0.26 tan(alpha) levels a pixel; sin(alpha) = NA / n.
LEVELS_PER_RADIUS = 0.05, 0.4
LARGEST_HALF_THICKNESS = 8  # levels, of a nucleus at 40x
WIDE_SHARE, WIDE_SHARE_OF_THICK = 0.1, 0.8  # of the windows with flat and with thick objects


class PatchSampler:
    """Draws batches of training patches; the same seed draws the same batch.

    Parameters
    ----------
    lights : list of (rows, columns) float32 arrays
        In-focus images, relative light of 0 to 1.
    sets : list of str
        The set of each image. A set counts by the square root of its pixels: no single plate may fill the batches.
    ingredients : collection of str
        Of INGREDIENTS.
    """

    def __init__(self, lights, sets, ingredients=INGREDIENTS):
        self.ingredients = frozenset(ingredients)
        pixels = np.array([light.size for light in lights], float)
        in_set = {name: sum(pixels[index] for index, of in enumerate(sets) if of == name) for name in set(sets)}
        weights = pixels / np.sqrt([in_set[name] for name in sets])
        weights /= weights.sum()
        self.scaled = [_scaled(light) for light in lights]
        self.thick = _thick_scenes() if "depth" in self.ingredients else []
        for ingredient, share, make in (
            ("scenes", SCENE_SHARE, _scaled_scenes),
            ("soft", SOFT_SHARE, _scaled_soft_scenes),
        ):
            if ingredient in self.ingredients:
                made = make()
                self.scaled += made
                weights = np.concatenate([weights * (1 - share), np.full(len(made), share / len(made))])
        self.weights = weights
        self.transfer = transfer_functions(optics_bank())
        self.aberrated = aberrated_transfer_functions() if "aberrations" in self.ingredients else ()

    def batch(self, seed, count):
        """Draw `count` patches, a multiple of PATCHES_PER_WINDOW.

        Returns
        -------
        (count, 84, 84, 1) float32 array, normalized; (count, 11) float32 array of label probabilities
        """
        random = np.random.default_rng(seed)
        blank = random.random(count) < BLANK_SHARE * ("blanks" in self.ingredients)
        share = np.where(blank, PROCESSED_SHARE_OF_BLANKS, PROCESSED_SHARE) * ("processing" in self.ingredients)
        steps = [processing.draw(random) if processed else () for processed in random.random(count) < share]
        drawn = [
            self.defocused(*self.window(random), random, steps[first : first + PATCHES_PER_WINDOW])
            for first in range(0, count, PATCHES_PER_WINDOW)
        ]
        lights, levels = (np.concatenate(parts) for parts in zip(*drawn))
        for index in np.flatnonzero(blank):
            lights[index] = blanks.draw(random, WINDOW)
        patches = photograph_and_process(lights, steps, random, "defects" in self.ingredients)
        turned = [turn(patch, way) for patch, way in zip(patches, random.integers(8, size=count))]
        return normalize(np.stack(turned))[..., None], soft_label(np.where(blank, np.nan, levels))

    def window(self, random):
        """Cosine transforms of a window from a random image and scale, often enlarged.

        Returns
        -------
        (slices, WINDOW, WINDOW) float32 array
        (slices,) array
            Their heights above the middle plane, in levels.
        """
        largest = LARGEST_ZOOM if "zoom" in self.ingredients else 1.0
        zoom = max(1.0, largest ** random.uniform(-1, 1))
        side = int(np.ceil(WINDOW / zoom))
        if self.thick and random.random() < THICK_SHARE:
            radius, nuclei, chromatin = self.thick[random.integers(len(self.thick))]
            half_thickness = min(LARGEST_HALF_THICKNESS, random.uniform(*LEVELS_PER_RADIUS) * radius * WINDOW / side)
            heights = np.linspace(-half_thickness, half_thickness, len(nuclei))
            texture = np.exp(np.float32(random.uniform(0.2, 0.9)) * _one_window(chromatin, side, random))
            window = _livelier(nuclei, side, random) * texture
        else:
            scaled = self.scaled[random.choice(len(self.scaled), p=self.weights)]
            window, heights = _livelier(scaled[random.integers(len(scaled))][None], side, random), np.zeros(1)
            window = window ** np.float32(np.exp(random.uniform(-0.5, 0.5)))  # stains differ
        spectrum = np.zeros((len(window), WINDOW, WINDOW), np.float32)
        spectrum[:, :side, :side] = fft.dctn(window, axes=(1, 2), norm="ortho") * (WINDOW / side)
        return spectrum, heights

    def defocused(self, slices, heights, random, steps=((),) * PATCHES_PER_WINDOW):
        """Defocus one window to several levels, so that the network sees the same objects at each.

        Parameters
        ----------
        slices, heights : arrays
            As `window` returns them.
        steps : sequence of tuples
            What each patch is to be processed by; see `processing`. The levels after that are what is drawn alike.

        Returns
        -------
        (PATCHES_PER_WINDOW, WINDOW, WINDOW) float32 array, (PATCHES_PER_WINDOW,) float array of levels after processing
        """
        thick, reached = len(heights) > 1, LEVELS
        if random.random() < (WIDE_SHARE_OF_THICK if thick else WIDE_SHARE):
            transfer = self.transfer[-1 - random.integers(len(WIDE_APERTURES))]
        elif not thick and self.aberrated and random.random() < ABERRATED_SHARE:
            kind = random.integers(len(self.aberrated[0]))
            transfer, reached = (of[kind] for of in self.aberrated)
        else:
            transfer = self.transfer[random.integers(len(self.transfer) - len(WIDE_APERTURES))]
        index = draw_levels(PATCHES_PER_WINDOW, random)
        if any(steps):
            before = [processing.level_before(level, of) for level, of in zip(index / STEPS_PER_LEVEL, steps)]
            index = np.rint(np.array(before) * STEPS_PER_LEVEL).astype(int)
        levels = reached[index]
        blurred = planes.through_focus(slices, heights, index, transfer)
        if not thick:
            untouched = (levels == 0) & (random.random(PATCHES_PER_WINDOW) < 0.4)
            blurred[untouched] = slices
            if "depth" in self.ingredients:
                planes.add_haze(blurred, slices[0].T, index, transfer, random)
                if random.random() < planes.ROUNDED_SHARE:
                    blurred += planes.through_focus(*planes.rounded_cells(slices, random), index, transfer)
            if "soft" in self.ingredients:
                levels = planes.add_debris(blurred, levels, transfer, random)
        elif slices.any():
            (sharpest,) = planes.through_focus(slices, heights, [0], transfer)
            levels = nearest_levels(blurred, sharpest, disc_transfer_functions())
        levels = np.array([processing.level_after(level, of) for level, of in zip(levels, steps)])
        return fft.idctn(blurred, axes=(1, 2), norm="ortho"), levels


def photograph_and_process(windows, steps, random, defects=True):
    """Photograph the middle of each window; of those to be processed the whole, so that borders come from the picture.

    Parameters
    ----------
    windows : (n, WINDOW, WINDOW) float32 array
    steps : list of n tuples
        Empty where there is no processing.

    Returns
    -------
    (n, 84, 84) array
    """
    middle = np.s_[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    processed = np.array([bool(of) for of in steps])
    patches = np.empty(windows[middle].shape, np.float32)
    patches[~processed] = photograph(windows[middle][~processed], random, defects)
    if processed.any():
        counts = photograph(windows[processed], random, defects)
        done = [processing.process(picture, of) for picture, of in zip(counts, filter(None, steps))]
        patches[processed] = np.stack(done)[middle]
    return patches


def _livelier(light, side, random):
    """One window of a (slices, rows, columns) image, or half the time the one of two with more contrast."""
    windows = [_one_window(light, side, random) for _ in range(random.integers(1, 3))]
    return np.maximum(max(windows, key=lambda window: np.var(window[len(window) // 2])), 0)


def _one_window(light, side, random):
    top, left = (random.integers(length - side + 1) for length in light.shape[1:])
    return light[:, top : top + side, left : left + side]


def _scaled(light):
    """An image at each of SCALES, with the low-pass filter that this needs."""
    smaller = [rescale(light, scale, order=3, anti_aliasing=True).astype(np.float32) for scale in SCALES if scale < 1]
    return [pad(copy) for copy in (*smaller, light)]


@functools.lru_cache(maxsize=None)
def _thick_scenes():
    return scenes.make_thick_scenes(np.random.default_rng(1))


@functools.lru_cache(maxsize=None)
def _scaled_scenes():
    return [_scaled(light) for light in scenes.make_scenes(np.random.default_rng(0))]


@functools.lru_cache(maxsize=None)
def _scaled_soft_scenes():
    return [_scaled(light) for light in soft_scenes.make_soft_scenes(np.random.default_rng(2))]


def pad(light):
    """Mirror the borders of an image that is smaller than a window."""
    rows, columns = (max(0, -(-(WINDOW - length) // 2)) for length in light.shape)
    return np.pad(light, ((rows, rows), (columns, columns)), mode="symmetric")


def turn(patch, way):
    """One of the eight rotations and reflections of a square."""
    turned = np.rot90(patch, way % 4)
    return turned.T if way >= 4 else turned
