"""Made-up objects in focus that are soft, crowded or sparse."""

from __future__ import annotations

import functools

import numpy as np
from scipy import ndimage

from .scenes import (
    FOCUS_SIGMA_PIXELS,
    SIDE,
    draw_log_uniform,
    draw_noise,
    ellipse,
    elliptic_distance,
    sphere,
    stamp,
)

COUNT_OF_EACH = 8
DEBRIS_RADII = 2, 30  # pixels


def make_soft_scenes(random: np.random.Generator, count_of_each: int = COUNT_OF_EACH) -> list[np.ndarray]:
    """Images of made-up objects.

    Returns
    -------
    list of (512, 512) float32 arrays
        Relative light, 0 to about 1: in turn cytoplasm, membranes, spots, crowded nuclei, round cells and discs.
    """
    draws = (_cytoplasm, _membranes, _spots, _crowded_nuclei, _round_cells, _discs)
    return [_in_focus(draw(random)) for _ in range(count_of_each) for draw in draws]


def _cytoplasm(random):
    """Cells as domes that end in a thin edge, with a texture of organelles and a dark or bright nucleus."""
    light, typical = np.zeros((SIDE, SIDE)), draw_log_uniform(random, 15, 60)
    texture = np.exp(random.uniform(0.1, 0.6) * draw_noise(random, random.uniform(0.8, 3)))
    for center in random.uniform(0, SIDE, (_how_many(random, typical, 0.3, 1), 2)):
        axes, angle = typical * random.uniform(0.6, 1.4, 2), random.uniform(0, np.pi)
        stamp(light, center, axes.max(), functools.partial(_cell, random.uniform(0.3, 1), axes, angle, random.normal()))
    return light * texture


def _membranes(random):
    """Thick shells, cut by the plane in focus: bright and sharp to the outside, soft to the inside."""
    light, typical = np.zeros((SIDE, SIDE)), draw_log_uniform(random, 8, 40)
    for center in random.uniform(0, SIDE, (_how_many(random, typical, 0.2, 1), 2)):
        radius, thickness = typical * random.uniform(0.7, 1.3), random.uniform(1.5, 5)
        shell = functools.partial(_shell, radius, min(thickness, radius / 2), random.uniform(0.3, 1) / radius)
        stamp(light, center, radius, shell)
    return light


def _spots(random):
    """Sparse spots of 2 to 3 pixels, all of about the same number of photons."""
    light = np.zeros((SIDE, SIDE))
    count = int(draw_log_uniform(random, 60, 1500))
    np.add.at(light, tuple(random.integers(SIDE, size=(2, count))), random.normal(1, 0.1, count).clip(0.5))
    light = ndimage.gaussian_filter(light, random.uniform(0.5, 1.1))
    return light / light.max() + random.uniform(0, 0.1) * np.clip(draw_noise(random, 30), 0, None)


def _crowded_nuclei(random):
    """Nuclei that lie over one another, their light in sum."""
    light, typical = np.zeros((SIDE, SIDE)), draw_log_uniform(random, 6, 30)
    texture = np.clip(1 + random.uniform(0.05, 0.3) * draw_noise(random, typical * 0.3), 0.1, None)
    for center in random.uniform(0, SIDE, (_how_many(random, typical, 0.6, 2), 2)):
        axes, angle = typical * random.uniform(0.7, 1.3, 2), random.uniform(0, np.pi)
        nucleus = functools.partial(ellipse, axes, angle, random.uniform(0.2, 1), random.uniform(0.7, 3))
        stamp(light, center, axes.max(), nucleus)
    return light * texture


def _round_cells(random):
    """Cells in suspension: small balls, some with a shell of another brightness."""
    light, typical = np.zeros((SIDE, SIDE)), draw_log_uniform(random, 3.5, 14)
    shell = random.uniform(0, 0.5) * (random.random() < 0.5)
    for center in random.uniform(0, SIDE, (_how_many(random, typical, 0.05, 0.6), 2)):
        radius, brightness = typical * random.uniform(0.8, 1.2), random.lognormal(0, 0.4) / typical
        stamp(light, center, radius, functools.partial(sphere, radius * (1 - shell / 2), brightness))
        stamp(light, center, radius, functools.partial(sphere, radius, brightness * shell))
    return light * np.clip(1 + random.uniform(0, 0.2) * draw_noise(random, 1.5), 0.1, None)


def _discs(random):
    """Large flat discs, whose edges are all there is to see."""
    light, typical = np.zeros((SIDE, SIDE)), draw_log_uniform(random, 15, 90)
    for center in random.uniform(0, SIDE, (_how_many(random, typical, 0.2, 0.5), 2)):
        axes = np.full(2, typical * random.uniform(0.7, 1.3))
        stamp(light, center, axes[0], functools.partial(ellipse, axes, 0, random.uniform(0.5, 1), 1.0))
    return light


def draw_debris(random: np.random.Generator, side: int) -> np.ndarray:
    """A few bright specks, threads or clumps.

    Returns
    -------
    (side, side) float32 array
        Relative light, 0 to about 1.
    """
    light, typical = np.zeros((side, side), np.float32), np.exp(random.uniform(*np.log(DEBRIS_RADII)))
    rows, columns = np.mgrid[:side, :side]
    for center in random.uniform(0, side, (random.integers(1, 5), 2)):
        axes = typical * np.exp(random.uniform(-1, 1, 2))
        y, x = rows - center[0], columns - center[1]
        brightness, angle = random.uniform(0.3, 1), random.uniform(0, np.pi)
        light += ellipse(axes, angle, brightness, 1.0, y, x).astype(np.float32)
    return light


def _cell(brightness, axes, angle, nucleus, rows, columns):
    distance = elliptic_distance(axes, angle, rows, columns)
    nucleus_share = np.clip((0.4 - distance) * min(axes), 0, 1)
    return brightness * np.maximum(1 - distance**2, 0) * np.clip(1 + 0.6 * nucleus * nucleus_share, 0.1, None)


def _shell(radius, thickness, brightness, rows, columns):
    return sphere(radius, brightness, rows, columns) - sphere(radius - thickness, brightness, rows, columns)


def _how_many(random, radius, low, high):
    """Objects of a radius that cover a share of the image between `low` and `high`, as if none lay over another."""
    return int(random.uniform(low, high) * SIDE**2 / (np.pi * radius**2)) + 1


def _in_focus(light):
    sharp = ndimage.gaussian_filter(light, FOCUS_SIGMA_PIXELS)
    bright = np.percentile(sharp[sharp > 0.1 * sharp.max()], 98)
    return np.minimum(sharp / bright, 3).astype(np.float32)
