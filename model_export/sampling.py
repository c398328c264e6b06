"""Defocused and photographed training patches, drawn from in-focus images."""

import functools

import numpy as np
from scipy import fft
from skimage.transform import rescale

from imagefocus.patches import PATCH_SIDE
from imagefocus.pixels import normalize

from . import defocus, scenes
from .blur import (
    LARGEST_LEVEL,
    STEPS_PER_LEVEL,
    WIDE_APERTURES,
    WINDOW,
    disc_transfer_functions,
    nearest_levels,
    optics_bank,
    transfer_functions,
)
from .camera import photograph

# What makes the training images as varied as microscopes are; each can be left out to see what it brings.
INGREDIENTS = ("zoom", "depth", "defects", "scenes")

BETWEEN_SHARE = 0.25  # of the patches, blurred between two levels, with a label shared by the two
BEYOND_SHARE = 0.4  # of those at level 10, blurred still more
PATCHES_PER_WINDOW = 4
SCALES = (0.5, 0.7, 1.0)  # smaller copies, which are at least as sharp as the original
LARGEST_ZOOM = 2.5  # larger ones, so that sharp nuclei of higher magnifications are known; enlarged when drawn
SCENE_SHARE = 0.15  # of the windows
THICK_SHARE = 0.35  # of the windows
HAZE_SHARE = 0.1  # of the patches with flat objects
HAZE_DISTANCE = 2  # levels at least, from the objects in the patch to those whose light is haze
ROUNDED_SHARE = 0.04  # of the windows with flat objects, that have dividing cells as well
ROUNDED_HEIGHTS = 2, 5  # levels, above the plane of the flat objects
ROUNDED_BRIGHTNESS = 5, 80  # times the contrast of the flat objects, which are seen beside them or drown
# From the middle of a nucleus to its top, for each pixel of its radius: of flat ones through narrow apertures to round
# ones through wide apertures. Half a height of `scenes.FLATNESS` radii is 0.26 tan(alpha) levels a pixel; sin(alpha) =
# NA / n.
LEVELS_PER_RADIUS = 0.05, 0.4
LARGEST_HALF_THICKNESS = 8  # levels, of a nucleus at 40x
WIDE_SHARE, WIDE_SHARE_OF_THICK = 0.1, 0.8  # of the windows with flat and with thick objects


def soft_label(level):
    """Probabilities of the 11 levels for a blur that may lie between two of them, or beyond the last.

    Returns
    -------
    (n, 11) float32 array for (n,) levels from 0
    """
    level = np.minimum(level, defocus.LEVEL_COUNT - 1)
    distance = np.abs(level[:, None] - np.arange(defocus.LEVEL_COUNT))
    return np.maximum(0, 1 - distance).astype(np.float32)


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
        if "scenes" in self.ingredients:
            made = _scaled_scenes()
            self.scaled += made
            weights = np.concatenate([weights * (1 - SCENE_SHARE), np.full(len(made), SCENE_SHARE / len(made))])
        self.weights = weights
        self.transfer = transfer_functions(optics_bank())

    def batch(self, seed, count):
        """Draw `count` patches, a multiple of PATCHES_PER_WINDOW.

        Returns
        -------
        (count, 84, 84, 1) float32 array, normalized; (count, 11) float32 array of label probabilities
        """
        random = np.random.default_rng(seed)
        drawn = [self.defocused(*self.window(random), random) for _ in range(count // PATCHES_PER_WINDOW)]
        lights, levels = (np.concatenate(parts) for parts in zip(*drawn))
        counts = photograph(lights, random, defects="defects" in self.ingredients)
        turned = [turn(patch, way) for patch, way in zip(counts, random.integers(8, size=count))]
        return normalize(np.stack(turned))[..., None], soft_label(levels)

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

    def defocused(self, slices, heights, random):
        """Defocus one window to several levels, so that the network sees the same objects at each.

        Parameters
        ----------
        slices, heights : arrays
            As `window` returns them.

        Returns
        -------
        (PATCHES_PER_WINDOW, 84, 84) float32 array, (PATCHES_PER_WINDOW,) float array of levels
        """
        thick = len(heights) > 1
        if random.random() < (WIDE_SHARE_OF_THICK if thick else WIDE_SHARE):
            transfer = self.transfer[-1 - random.integers(len(WIDE_APERTURES))]
        else:
            transfer = self.transfer[random.integers(len(self.transfer) - len(WIDE_APERTURES))]
        index = draw_levels(PATCHES_PER_WINDOW, random)
        levels = index / STEPS_PER_LEVEL
        blurred = _through_focus(slices, heights, index, transfer)
        if not thick:
            untouched = (index == 0) & (random.random(PATCHES_PER_WINDOW) < 0.4)
            blurred[untouched] = slices
            if "depth" in self.ingredients:
                _add_haze(blurred, slices[0].T, index, transfer, random)
                if random.random() < ROUNDED_SHARE:
                    blurred += _through_focus(*_rounded_cells(slices, random), index, transfer)
        elif slices.any():
            (sharpest,) = _through_focus(slices, heights, [0], transfer)
            levels = nearest_levels(blurred, sharpest, disc_transfer_functions())
        margin = (WINDOW - PATCH_SIDE) // 2
        inside = slice(margin, -margin)
        return fft.idctn(blurred, axes=(1, 2), norm="ortho")[:, inside, inside], levels


def _through_focus(slices, heights, index, transfer):
    """Cosine transforms of slices seen from planes, each slice blurred by its distance."""
    away = abs(np.rint(np.add.outer(index, heights * STEPS_PER_LEVEL)).astype(int))
    return (slices * transfer[np.minimum(away, len(transfer) - 1)]).sum(axis=1)


def _add_haze(blurred, spectrum, index, transfer, random):
    """Add the light of other objects, further out of focus, to some patches."""
    for patch in np.flatnonzero(random.random(len(blurred)) < HAZE_SHARE):
        nearest = min(index[patch] + HAZE_DISTANCE * STEPS_PER_LEVEL, len(transfer) - 1)
        far = transfer[random.integers(nearest, len(transfer))]
        blurred[patch] += random.uniform(0.1, 0.7) * spectrum * far


def _rounded_cells(flat, random):
    """Slices and heights, as `window` returns them, of dividing cells, which round up and are brighter than the flat ones."""
    contrast = np.sqrt((flat**2).sum() - flat[0, 0, 0] ** 2) / WINDOW
    brightness = contrast * np.exp(random.uniform(*np.log(ROUNDED_BRIGHTNESS)))
    cells = fft.dctn(scenes.rounded_cells(random, WINDOW), norm="ortho")
    return brightness * cells[None], random.uniform(*ROUNDED_HEIGHTS, 1)


def _livelier(light, side, random):
    """One window of a (slices, rows, columns) image, or half the time the one of two with more contrast."""
    windows = [_one_window(light, side, random) for _ in range(random.integers(1, 3))]
    return np.maximum(max(windows, key=lambda window: np.var(window[len(window) // 2])), 0)


def _one_window(light, side, random):
    top, left = (random.integers(length - side + 1) for length in light.shape[1:])
    return light[:, top : top + side, left : left + side]


def draw_levels(count, random):
    """Blur of patches in steps of 1 / STEPS_PER_LEVEL: the 11 levels alike, some between them, some beyond the last."""
    last, largest = ((level * STEPS_PER_LEVEL) for level in (defocus.LEVEL_COUNT - 1, LARGEST_LEVEL))
    level = random.integers(defocus.LEVEL_COUNT, size=count) * STEPS_PER_LEVEL
    between = np.clip(level + random.integers(1 - STEPS_PER_LEVEL, STEPS_PER_LEVEL, size=count), 0, last)
    beyond = random.integers(last + 1, largest + 1, size=count)
    level = np.where(random.random(count) < BETWEEN_SHARE, between, level)
    return np.where((level == last) & (random.random(count) < BEYOND_SHARE), beyond, level)


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


def pad(light):
    """Mirror the borders of an image that is smaller than a window."""
    rows, columns = (max(0, -(-(WINDOW - length) // 2)) for length in light.shape)
    return np.pad(light, ((rows, rows), (columns, columns)), mode="symmetric")


def turn(patch, way):
    """One of the eight rotations and reflections of a square."""
    turned = np.rot90(patch, way % 4)
    return turned.T if way >= 4 else turned
