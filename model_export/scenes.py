"""Made-up objects in focus: beads, nuclei, fibers and puncta of many sizes, for stains that no training image shows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage

SIDE = 512
COUNT_OF_EACH = 16
THICK_SIDE, SLICES = 384, 17
THICK_COUNT, CHROMATIN_COUNT = 30, 10
THICK_RADII = 12, 40  # typical ones, pixels
ROUNDED_RADII = 5, 18  # of dividing cells, pixels
FLATNESS = 0.4  # height of a nucleus over its width
CHROMATIN = ((0.5, 0.05), (0.7, 0.12), (1.0, 0.3))  # weight and grain, in typical radii
FOCUS_SIGMA_PIXELS = 0.6  # of a well-sampled microscope in focus


def make_scenes(random: np.random.Generator, count_of_each: int = COUNT_OF_EACH) -> list[np.ndarray]:
    """Images of made-up objects.

    Returns
    -------
    list of (512, 512) float32 arrays
        Relative light, 0 to about 1: in turn beads, nuclei, fibers, puncta and all of them together.
    """
    lights = []
    for _ in range(count_of_each):
        layers = [draw(random) for draw in (_beads, _nuclei, _fibers, _puncta)]
        layers.append(sum(random.uniform(0, 1) * layer for layer in layers))
        lights += layers
    return [_in_focus(light) for light in lights]


def make_thick_scenes(
    random: np.random.Generator, count: int = THICK_COUNT, chromatin_count: int = CHROMATIN_COUNT
) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """Nuclei that reach far above and below the plane in focus, as nuclei do at 40x and above.

    Nuclei and chromatin are returned apart. Laid over one another at random places, a few of each make objects that
    never repeat.

    Returns
    -------
    list of (float, (SLICES, 384, 384) float32 array, (SLICES, 384, 384) float32 array)
        The typical radius of the nuclei in pixels; their even stain in evenly spaced slices, from below the lowest to
        above the highest, whose sum is 0 to about 1; and chromatin of a grain that suits them, standard deviation 1.
    """
    radii = np.geomspace(*THICK_RADII, count)
    chromatin = [_chromatin(random, radius) for radius in np.geomspace(*THICK_RADII, chromatin_count)]
    return [
        (radius, _thick_nuclei(random, radius), chromatin[index * chromatin_count // count])
        for index, radius in enumerate(radii)
    ]


def _chromatin(random, radius):
    deep = SLICES / 2 / FLATNESS
    shape = (SLICES, THICK_SIDE, THICK_SIDE)
    layers = [draw_noise(random, (grain * deep, *(radius * grain,) * 2), shape) for _, grain in CHROMATIN]
    chromatin = sum(random.uniform(0.3, 1) * layer for layer in layers)
    return (chromatin / chromatin.std()).astype(np.float32)


def _thick_nuclei(random, radius):
    light = np.zeros((SLICES, THICK_SIDE, THICK_SIDE), np.float32)
    heights, rows, columns = np.mgrid[:SLICES, :THICK_SIDE, :THICK_SIDE].astype(np.float32)
    heights = heights / ((SLICES - 1) / 2) - 1  # -1 to 1
    density = random.uniform(0.05, 0.2)
    for _ in range(int(density * THICK_SIDE**2 / radius**2) + 1):
        axes, angle = radius * random.uniform(0.7, 1.3, 2), random.uniform(0, np.pi)
        row, column = random.uniform(0, THICK_SIDE, 2)
        top, left = (int(max(0, center - axes.max())) for center in (row, column))
        box = np.s_[:, top : int(row + axes.max()) + 1, left : int(column + axes.max()) + 1]
        y, x, half = rows[box] - row, columns[box] - column, random.uniform(0.5, 0.95)
        along = (y * np.cos(angle) + x * np.sin(angle)) / axes[0]
        across = (x * np.cos(angle) - y * np.sin(angle)) / axes[1]
        distance = np.sqrt(along**2 + across**2 + (heights[box] / half) ** 2)
        light[box] += random.uniform(0.3, 1) * np.clip((1 - distance) * radius / (1 + radius / 10), 0, 1)
    return (light / np.percentile(light.sum(axis=0), 99.9)).astype(np.float32)


def draw_rounded_cells(random: np.random.Generator, side: int) -> np.ndarray:
    """Draw the chromatin of one to three dividing cells, small and dense.

    Returns
    -------
    (side, side) float32 array
        Relative light, 0 to about 1.
    """
    light = np.zeros((side, side), np.float32)
    typical = draw_log_uniform(random, *ROUNDED_RADII)
    rows, columns = np.mgrid[:side, :side]
    for _ in range(random.integers(1, 4)):
        (row, column), angle = random.uniform(0, side, 2), random.uniform(0, np.pi)
        y, x = rows - row, columns - column
        along, across = y * np.cos(angle) + x * np.sin(angle), x * np.cos(angle) - y * np.sin(angle)
        length, width = typical * random.uniform(0.8, 1.5), typical * random.uniform(0.5, 1)
        light += random.uniform(0.5, 1) * np.clip(1 - (along / length) ** 2 - (across / width) ** 2, 0, 1)
    return light


def _in_focus(light):
    sharp = ndimage.gaussian_filter(light, FOCUS_SIGMA_PIXELS)
    return (sharp / np.percentile(sharp, 99.9)).astype(np.float32)


def stamp(light: np.ndarray, center: np.ndarray, reach: float, draw: Callable[..., np.ndarray]) -> None:
    """Add what `draw(rows, columns)`, in pixels from the center, gives within `reach` pixels of it."""
    top, left = (int(max(0, position - reach)) for position in center)
    bottom, right = (int(min(SIDE, position + reach + 1)) for position in center)
    rows, columns = np.mgrid[top:bottom, left:right]
    light[top:bottom, left:right] += draw(rows - center[0], columns - center[1])


def _beads(random):
    """Evenly stained spheres; their light is proportional to their thickness."""
    light = np.zeros((SIDE, SIDE))
    typical = draw_log_uniform(random, 3, 40)
    for _ in range(int(min(600, 0.1 * SIDE**2 / typical**2))):
        radius = typical * random.uniform(0.8, 1.2)
        bead = functools.partial(sphere, radius, random.uniform(0.4, 1) / radius)
        stamp(light, random.uniform(0, SIDE, 2), radius, bead)
    return light


def sphere(radius: float, brightness: float, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """An evenly stained ball, for `stamp`."""
    return brightness * np.sqrt(np.maximum(radius**2 - rows**2 - columns**2, 0))


def _nuclei(random):
    """Ellipses with the texture of chromatin, of several grains, and an edge."""
    light = np.zeros((SIDE, SIDE))
    typical = draw_log_uniform(random, 6, 50)
    chromatin = sum(weight * draw_noise(random, typical * scale) for weight, scale in CHROMATIN)
    chromatin = np.clip(1 + random.uniform(0.1, 0.5) * chromatin, 0.1, None)
    for _ in range(int(min(400, 0.12 * SIDE**2 / typical**2)) + 1):
        axes = typical * random.uniform(0.7, 1.3, 2)
        angle = random.uniform(0, np.pi)
        brightness, softness = random.uniform(0.3, 1), random.uniform(0.5, 1.5)
        nucleus = functools.partial(ellipse, axes, angle, brightness, softness)
        stamp(light, random.uniform(0, SIDE, 2), axes.max(), nucleus)
    return light * chromatin


def ellipse(
    axes: np.ndarray, angle: float, brightness: float, softness: float, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """A flat ellipse whose edge is `softness` pixels wide, for `stamp`."""
    inside = (1 - elliptic_distance(axes, angle, rows, columns)) * axes.min() / softness
    return brightness * np.clip(inside, 0, 1)


def elliptic_distance(axes: np.ndarray, angle: float, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Distance from the center, 1 on the ellipse."""
    along = (rows * np.cos(angle) + columns * np.sin(angle)) / axes[0]
    return np.hypot(along, (columns * np.cos(angle) - rows * np.sin(angle)) / axes[1])


def _fibers(random):
    """Winding filaments, as of tubulin or actin."""
    light = np.zeros((SIDE, SIDE))
    stiffness = draw_log_uniform(random, 0.005, 0.06)
    for _ in range(int(random.integers(20, 250))):
        steps = int(random.integers(100, 800))
        angles = random.uniform(0, 2 * np.pi) + np.cumsum(random.normal(0, stiffness, steps))
        start = random.uniform(0, SIDE, 2)
        rows, columns = start[0] + np.cumsum(np.sin(angles)) * 0.7, start[1] + np.cumsum(np.cos(angles)) * 0.7
        inside = (rows >= 0) & (rows < SIDE) & (columns >= 0) & (columns < SIDE)
        np.add.at(light, (rows[inside].astype(int), columns[inside].astype(int)), random.uniform(0.2, 1))
    return _thicken(light, random)


def _puncta(random):
    """Spots below the resolution, of very different brightness, on a faint cytoplasm."""
    count = int(draw_log_uniform(random, 200, 8000))
    light = np.zeros((SIDE, SIDE))
    rows, columns = random.integers(SIDE, size=(2, count))
    np.add.at(light, (rows, columns), random.lognormal(0, 0.8, count))
    cytoplasm = np.clip(draw_noise(random, 30), 0, None)
    return _thicken(light * (0.3 + cytoplasm), random) + random.uniform(0, 0.1) * cytoplasm


def _thicken(light, random):
    thick = ndimage.gaussian_filter(light, random.uniform(0, 1.5))
    return thick / max(np.percentile(thick, 99.9), 1e-9)


def draw_log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    """A number between two, its logarithm evenly distributed."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def draw_noise(random: np.random.Generator, sigma_pixels: Any, shape: tuple[int, ...] = (SIDE, SIDE)) -> np.ndarray:
    """Smooth noise of the given grain, standard deviation 1."""
    noise = ndimage.gaussian_filter(random.standard_normal(shape), sigma_pixels, mode="wrap")
    return noise / noise.std()
