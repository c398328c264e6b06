"""Defocused and photographed training patches, drawn from in-focus images."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from scipy import fft
from skimage.transform import rescale

from imagefocus.pixels import normalize

from . import processing, scenes, soft_scenes
from .aberrations import make_aberrated_transfer_functions
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
from .labels import draw_level_steps, soft_label
from .pictures import draw_plan, take_pictures
from .planes import add_debris, add_haze, draw_cells_above, through_focus

# Each makes the training images more varied, as microscopes are. benchmarks/accuracy/ablations.py trains without each.
INGREDIENTS = ("zoom", "depth", "defects", "scenes")
# Images as people have them: sparse, crowded and soft objects, debris, processing, empty fields, imperfect optics.
FIELD_INGREDIENTS = ("soft", "processing", "blanks", "aberrations")

PATCHES_PER_WINDOW = 4
SCALES = (0.5, 0.7, 1.0)  # of copies, which are at least as sharp as the original
LARGEST_ZOOM = 2.5  # of windows when they are drawn, so that sharp nuclei at higher magnifications are known
SCENE_SHARE = 0.15  # of the windows with flat objects, where SOFT_SHARE leaves them
SOFT_SHARE = 0.15  # of the windows with flat objects
ABERRATED_SHARE = 0.2  # of the windows with flat objects, through narrow apertures
THICK_SHARE = 0.35  # of the windows
ROUNDED_SHARE = 0.04  # of the windows with flat objects, which get dividing cells as well
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
        Of INGREDIENTS and FIELD_INGREDIENTS.
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
        made_up = (("scenes", SCENE_SHARE, _scaled_scenes), ("soft", SOFT_SHARE, _scaled_soft_scenes))
        for ingredient, share, draw in made_up:
            if ingredient in self.ingredients:
                drawn = draw()
                self.scaled += drawn
                weights = np.concatenate([weights * (1 - share), np.full(len(drawn), share / len(drawn))])
        self.weights = weights
        self.transfer = transfer_functions(optics_bank())
        self.aberrated = make_aberrated_transfer_functions() if "aberrations" in self.ingredients else None

    def batch(self, seed: Any, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw `count` patches, a multiple of PATCHES_PER_WINDOW.

        Returns
        -------
        (count, 84, 84, 1) float32 array, normalized; (count, 11) float32 array of label probabilities
        """
        random = np.random.default_rng(seed)
        plan = draw_plan(count, random, self.ingredients)
        drawn = [
            self.defocus_window(*self.draw_window(random), random, plan.processings[first : first + PATCHES_PER_WINDOW])
            for first in range(0, count, PATCHES_PER_WINDOW)
        ]
        windows, levels = (np.concatenate(parts) for parts in zip(*drawn))
        patches = take_pictures(windows, plan, random, self.ingredients)
        turned = [turn(patch, way) for patch, way in zip(patches, random.integers(8, size=count))]
        return normalize(np.stack(turned))[..., None], soft_label(np.where(plan.blank, np.nan, levels))

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
        self,
        slices: np.ndarray,
        heights: np.ndarray,
        random: np.random.Generator,
        processings: Sequence[tuple[Any, ...]] = ((),) * PATCHES_PER_WINDOW,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Defocus one window to several levels, so that the network sees the same objects at each.

        Parameters
        ----------
        slices, heights : arrays
            As `draw_window` returns them.
        processings : sequence of tuples
            The steps that each patch will be processed by; the levels after that are drawn equally often.

        Returns
        -------
        (PATCHES_PER_WINDOW, WINDOW, WINDOW) float32 array
        (PATCHES_PER_WINDOW,) float array
            Levels after processing; NaN where two planes are as bright as each other, so that no level is the true one.
        """
        thick = len(heights) > 1
        transfer, reached = self._draw_transfer(thick, random)
        steps = _steps_before(draw_level_steps(PATCHES_PER_WINDOW, random), processings)
        levels = reached[steps]
        blurred = through_focus(slices, heights, steps, transfer)
        if not thick:
            levels = self._vary_flat(blurred, slices, steps, levels, transfer, random)
        elif slices.any():
            (sharpest,) = through_focus(slices, heights, [0], transfer)
            levels = nearest_levels(blurred, sharpest, disc_transfer_functions())
        levels = np.array([processing.level_after(level, of_patch) for level, of_patch in zip(levels, processings)])
        return fft.idctn(blurred, axes=(1, 2), norm="ortho"), levels

    def _draw_transfer(self, thick, random):
        """Transfer functions of optics, and the level that each of them is."""
        if random.random() < (WIDE_SHARE_OF_THICK if thick else WIDE_SHARE):
            return self.transfer[-1 - random.integers(len(WIDE_APERTURES))], LEVELS
        if self.aberrated and not thick and random.random() < ABERRATED_SHARE:
            transfers, levels = self.aberrated
            kind = random.integers(len(transfers))
            return transfers[kind], levels[kind]
        return self.transfer[random.integers(len(self.transfer) - len(WIDE_APERTURES))], LEVELS

    def _vary_flat(self, blurred, slices, steps, levels, transfer, random):
        """Leave some sharp patches as the camera took them; add haze, dividing cells and debris to some.

        Returns the levels, which bright debris changes.
        """
        as_taken = (levels == 0) & (random.random(PATCHES_PER_WINDOW) < 0.4)
        blurred[as_taken] = slices
        if "depth" in self.ingredients:
            add_haze(blurred, slices[0].T, steps, transfer, random)
            if random.random() < ROUNDED_SHARE:
                cells, heights = draw_cells_above(slices, random)
                blurred += through_focus(cells, heights, steps, transfer)
        return add_debris(blurred, levels, transfer, random) if "soft" in self.ingredients else levels


def _steps_before(steps, processings):
    """The blur to photograph patches at, in steps of 1 / STEPS_PER_LEVEL, so that it is `steps` after processing."""
    pairs = zip(steps / STEPS_PER_LEVEL, processings)
    before = [processing.level_before(level, of_patch) for level, of_patch in pairs]
    return np.rint(np.array(before) * STEPS_PER_LEVEL).astype(int)


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


@functools.lru_cache(maxsize=None)
def _scaled_soft_scenes():
    return [_scaled(light) for light in soft_scenes.make_soft_scenes(np.random.default_rng(2))]


def pad(light: np.ndarray) -> np.ndarray:
    """Mirror the borders of an image that is smaller than a window."""
    rows, columns = (max(0, -(-(WINDOW - length) // 2)) for length in light.shape)
    return np.pad(light, ((rows, rows), (columns, columns)), mode="symmetric")


def turn(patch: np.ndarray, way: int) -> np.ndarray:
    """One of the eight rotations and reflections of a square."""
    turned = np.rot90(patch, way % 4)
    return turned.T if way >= 4 else turned
