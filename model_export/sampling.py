"""Defocused and photographed training patches, drawn from in-focus images."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Any

import numpy as np
from scipy import fft
from skimage.transform import rescale

from imagefocus.patches import PATCH_SIDE
from imagefocus.pixels import normalize

from . import scenes
from .blur import (
    STEPS_PER_LEVEL,
    WIDE_APERTURES,
    WINDOW,
    disc_transfer_functions,
    nearest_levels,
    optics_bank,
    transfer_functions,
)
from .camera import photograph
from .labels import draw_level_steps, soft_label

# Each makes the training images more varied, as microscopes are. benchmarks/accuracy/ablations.py trains without each.
INGREDIENTS = ("zoom", "depth", "defects", "scenes")

PATCHES_PER_WINDOW = 4
SCALES = (0.5, 0.7, 1.0)  # of copies, which are at least as sharp as the original
LARGEST_ZOOM = 2.5  # of windows when they are drawn, so that sharp nuclei at higher magnifications are known
SCENE_SHARE = 0.15  # of the windows
THICK_SHARE = 0.35  # of the windows
HAZE_SHARE = 0.1  # of the patches with flat objects
HAZE_DISTANCE = 2  # levels, at least, from the objects in the patch to those that make the haze
ROUNDED_SHARE = 0.04  # of the windows with flat objects, which get dividing cells as well
ROUNDED_HEIGHTS = 2, 5  # levels, above the plane of the flat objects
ROUNDED_BRIGHTNESS = 5, 80  # times the contrast of the flat objects, which may vanish beside them
# From the middle of a nucleus to its top, for each pixel of its radius: from flat ones through narrow apertures to
# round ones through wide apertures. For `scenes.FLATNESS`, half the height is 0.26 tan(alpha) levels a pixel, with
# sin(alpha) = NA / n.
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
        The set of each image. A set counts by the square root of its pixels, so that no single plate fills the batches.
    ingredients : collection of str
        Of INGREDIENTS.
    """

    def __init__(self, lights: list[np.ndarray], sets: list[str], ingredients: Collection[str] = INGREDIENTS) -> None:
        self.ingredients = frozenset(ingredients)
        pixels = np.array([light.size for light in lights], float)
        pixels_of_set = {
            name: sum(count for count, image_set in zip(pixels, sets) if image_set == name) for name in set(sets)
        }
        weights = pixels / np.sqrt([pixels_of_set[name] for name in sets])
        weights /= weights.sum()
        self.scaled = [_scaled(light) for light in lights]
        self.thick = _thick_scenes() if "depth" in self.ingredients else []
        if "scenes" in self.ingredients:
            drawn = _scaled_scenes()
            self.scaled += drawn
            weights = np.concatenate([weights * (1 - SCENE_SHARE), np.full(len(drawn), SCENE_SHARE / len(drawn))])
        self.weights = weights
        self.transfer = transfer_functions(optics_bank())

    def batch(self, seed: Any, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw `count` patches, a multiple of PATCHES_PER_WINDOW.

        Returns
        -------
        (count, 84, 84, 1) float32 array, normalized; (count, 11) float32 array of label probabilities
        """
        random = np.random.default_rng(seed)
        drawn = [self.defocus_window(*self.draw_window(random), random) for _ in range(count // PATCHES_PER_WINDOW)]
        lights, levels = (np.concatenate(parts) for parts in zip(*drawn))
        counts = photograph(lights, random, defects="defects" in self.ingredients)
        turned = [turn(patch, way) for patch, way in zip(counts, random.integers(8, size=count))]
        return normalize(np.stack(turned))[..., None], soft_label(levels)

    def draw_window(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw a window from a random image at a random scale, often enlarged.

        Returns
        -------
        (slices, WINDOW, WINDOW) float32 array
            Cosine transforms of its slices; flat objects have one.
        (slices,) array
            Their heights above the middle plane, in levels.
        """
        largest = LARGEST_ZOOM if "zoom" in self.ingredients else 1.0
        zoom = max(1.0, largest ** random.uniform(-1, 1))
        side = int(np.ceil(WINDOW / zoom))
        if self.thick and random.random() < THICK_SHARE:
            window, heights = self._thick_window(side, random)
        else:
            window, heights = self._flat_window(side, random), np.zeros(1)
        spectrum = np.zeros((len(window), WINDOW, WINDOW), np.float32)
        spectrum[:, :side, :side] = fft.dctn(window, axes=(1, 2), norm="ortho") * (WINDOW / side)
        return spectrum, heights

    def _thick_window(self, side, random):
        radius, nuclei, chromatin = self.thick[random.integers(len(self.thick))]
        half_thickness = min(LARGEST_HALF_THICKNESS, random.uniform(*LEVELS_PER_RADIUS) * radius * WINDOW / side)
        heights = np.linspace(-half_thickness, half_thickness, len(nuclei))
        texture = np.exp(np.float32(random.uniform(0.2, 0.9)) * _one_window(chromatin, side, random))
        return _livelier(nuclei, side, random) * texture, heights

    def _flat_window(self, side, random):
        scaled = self.scaled[random.choice(len(self.scaled), p=self.weights)]
        window = _livelier(scaled[random.integers(len(scaled))][None], side, random)
        return window ** np.float32(np.exp(random.uniform(-0.5, 0.5)))  # stains differ

    def defocus_window(
        self, slices: np.ndarray, heights: np.ndarray, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Defocus one window to several levels, so that the network sees the same objects at each.

        Parameters
        ----------
        slices, heights : arrays
            As `draw_window` returns them.

        Returns
        -------
        (PATCHES_PER_WINDOW, 84, 84) float32 array, (PATCHES_PER_WINDOW,) float array of levels
        """
        thick = len(heights) > 1
        transfer = self._draw_transfer(thick, random)
        steps = draw_level_steps(PATCHES_PER_WINDOW, random)
        levels = steps / STEPS_PER_LEVEL
        blurred = _through_focus(slices, heights, steps, transfer)
        if not thick:
            self._vary_flat(blurred, slices, steps, transfer, random)
        elif slices.any():
            (sharpest,) = _through_focus(slices, heights, [0], transfer)
            levels = nearest_levels(blurred, sharpest, disc_transfer_functions())
        margin = (WINDOW - PATCH_SIDE) // 2
        inside = slice(margin, -margin)
        return fft.idctn(blurred, axes=(1, 2), norm="ortho")[:, inside, inside], levels

    def _draw_transfer(self, thick, random):
        if random.random() < (WIDE_SHARE_OF_THICK if thick else WIDE_SHARE):
            return self.transfer[-1 - random.integers(len(WIDE_APERTURES))]
        return self.transfer[random.integers(len(self.transfer) - len(WIDE_APERTURES))]

    def _vary_flat(self, blurred, slices, steps, transfer, random):
        """Leave some sharp patches as the camera took them; add haze and dividing cells to some."""
        as_taken = (steps == 0) & (random.random(PATCHES_PER_WINDOW) < 0.4)
        blurred[as_taken] = slices
        if "depth" in self.ingredients:
            _add_haze(blurred, slices[0].T, steps, transfer, random)
            if random.random() < ROUNDED_SHARE:
                cells, heights = _draw_rounded_cells(slices, random)
                blurred += _through_focus(cells, heights, steps, transfer)


def _through_focus(slices, heights, steps, transfer):
    """Cosine transforms of slices seen from planes, each slice blurred by its distance."""
    away = abs(np.rint(np.add.outer(steps, heights * STEPS_PER_LEVEL)).astype(int))
    return (slices * transfer[np.minimum(away, len(transfer) - 1)]).sum(axis=1)


def _add_haze(blurred, spectrum, steps, transfer, random):
    """Add the light of other objects, further out of focus, to some patches."""
    for patch in np.flatnonzero(random.random(len(blurred)) < HAZE_SHARE):
        nearest = min(steps[patch] + HAZE_DISTANCE * STEPS_PER_LEVEL, len(transfer) - 1)
        far = transfer[random.integers(nearest, len(transfer))]
        blurred[patch] += random.uniform(0.1, 0.7) * spectrum * far


def _draw_rounded_cells(flat, random):
    """Dividing cells, which round up and are brighter than the flat ones: slices and heights as of `draw_window`."""
    contrast = np.sqrt((flat**2).sum() - flat[0, 0, 0] ** 2) / WINDOW
    brightness = contrast * np.exp(random.uniform(*np.log(ROUNDED_BRIGHTNESS)))
    cells = fft.dctn(scenes.draw_rounded_cells(random, WINDOW), norm="ortho")
    return brightness * cells[None], random.uniform(*ROUNDED_HEIGHTS, 1)


def _livelier(light, side, random):
    """One window of a (slices, rows, columns) image; half the time, the one with more contrast of two."""
    windows = [_one_window(light, side, random) for _ in range(random.integers(1, 3))]
    return np.maximum(max(windows, key=lambda window: np.var(window[len(window) // 2])), 0)


def _one_window(light, side, random):
    top, left = (random.integers(length - side + 1) for length in light.shape[1:])
    return light[:, top : top + side, left : left + side]


def _scaled(light):
    """An image at each of SCALES, low-pass filtered against aliasing."""
    smaller = [rescale(light, scale, order=3, anti_aliasing=True).astype(np.float32) for scale in SCALES if scale < 1]
    return [pad(copy) for copy in (*smaller, light)]


@functools.lru_cache(maxsize=None)
def _thick_scenes():
    return scenes.make_thick_scenes(np.random.default_rng(1))


@functools.lru_cache(maxsize=None)
def _scaled_scenes():
    return [_scaled(light) for light in scenes.make_scenes(np.random.default_rng(0))]


def pad(light: np.ndarray) -> np.ndarray:
    """Mirror the borders of an image that is smaller than a window."""
    rows, columns = (max(0, -(-(WINDOW - length) // 2)) for length in light.shape)
    return np.pad(light, ((rows, rows), (columns, columns)), mode="symmetric")


def turn(patch: np.ndarray, way: int) -> np.ndarray:
    """One of the eight rotations and reflections of a square."""
    turned = np.rot90(patch, way % 4)
    return turned.T if way >= 4 else turned
