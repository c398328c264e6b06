"""Measure a network where the truth is known: defocused images, real z-stacks, a measured point spread function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy import signal, stats

from imagefocus.optics import LEVEL_COUNT
from imagefocus.patches import PATCH_SIDE, cut_patches, patch_grid
from imagefocus.rate import rate_with
from imagefocus.ratings import ImageRating

from . import camera, defocus
from .images import Image
from .metrics import round_figures
from .stacks import Stack

PEAK_PHOTONS = (100, 1000, 10000)
BITS = (8, 12, 16)
EXPOSURES = [(photons, bits) for photons in PEAK_PHOTONS for bits in BITS]
READ_NOISE_ELECTRONS = 2.0
PSF_PEAK_PHOTONS = 10000
NOISE_ELECTRONS = (1, 10, 100, 1000)


class Picture(NamedTuple):
    """A photograph of an image at a level; `has_signal` (n,) bool is of its patches."""

    set_name: str
    path: str
    level: int
    pixels: np.ndarray
    has_signal: np.ndarray
    bits: int


class Result(NamedTuple):
    """The rating of a picture of known level."""

    set_name: str
    path: str
    level: int
    rating: ImageRating
    has_signal: np.ndarray


class StackResult(NamedTuple):
    """The ratings of the planes of a stack."""

    stack: str
    levels: Any
    z_micrometers: Any
    ratings: list[ImageRating]


class Rater:
    """A network with the limits that its ratings are judged by.

    Parameters
    ----------
    network : callable
        (n, 84, 84) float32 normalized patches -> (n, 11) probabilities.
    limits : dict
        As in the model card: judged_certainty and in_focus_expected_score.
    """

    def __init__(self, network: Callable[[np.ndarray], np.ndarray], limits: dict[str, float]) -> None:
        self.network = network
        self.judged_certainty = limits["judged_certainty"]
        self.in_focus_limit = limits["in_focus_expected_score"]

    def __call__(self, image: np.ndarray, step: int = PATCH_SIDE) -> ImageRating:
        return rate_with(self.network, image, None, step, self.judged_certainty, self.in_focus_limit)


def defocus_images(images: list[Image], seed: int = 0) -> Iterator[Picture]:
    """Photograph each image at each of the 11 levels, with the nine exposures in turn.

    Parameters
    ----------
    images : list of images.Image
    seed : int
        Of the camera noise.

    Yields
    ------
    Picture
        `has_signal` (n,) bool: the patches in which the standard deviation of the light, before the camera, is at least
        that of the noise of a pixel, shot noise at the mean light and read noise together.
    """
    point_spreads = defocus.point_spread_function(np.arange(LEVEL_COUNT) * defocus.LEVEL_METERS)
    taken = 0
    for index, image in enumerate(images):
        random = np.random.default_rng([seed, index])
        for level, point_spread in enumerate(point_spreads):
            light = np.maximum(defocus.defocus(image.light, point_spread), 0)
            photons, bits = EXPOSURES[taken % len(EXPOSURES)]
            light *= photons / max(light.max(), 1e-9)
            pixels = camera.expose(light / photons, photons, bits, random, read_noise_electrons=READ_NOISE_ELECTRONS)
            patches = cut_patches(light, *patch_grid(light.shape))
            noise = np.sqrt(patches.mean(axis=(1, 2)) + READ_NOISE_ELECTRONS**2)
            yield Picture(image.set_name, image.path, level, pixels, patches.std(axis=(1, 2)) >= noise, bits)
            taken += 1


def _ignore(line):
    """The log of those who want none."""


def rate_pictures(pictures: Iterable[Picture], rater: Rater, log: Callable[[str], object] = _ignore) -> list[Result]:
    """Rate pictures of known level; `log` gets a line whenever another image is done.

    Returns
    -------
    list of Result
    """
    results = []
    for picture in pictures:
        rating = rater(picture.pixels)
        results.append(Result(picture.set_name, picture.path, picture.level, rating, picture.has_signal))
        if picture.level == LEVEL_COUNT - 1:
            log(f"{len(results) // LEVEL_COUNT} images rated at {LEVEL_COUNT} levels: {picture.path}")
    return results


def measure_without_defocus(images: list[Image], rater: Rater) -> dict[str, float | None]:
    """Rate in-focus images as they are."""
    scores = np.array([rater(image.light).expected_score for image in images])
    return round_figures(
        {"share in focus": np.mean(scores <= rater.in_focus_limit), "largest ExpectedScore": scores.max()}
    )


def measure_noise(rater: Rater, shape: tuple[int, int] = (520, 696), seed: int = 0) -> dict[str, float | None]:
    """Find the largest certainty of fields of background and noise alone, at every bit depth."""
    random = np.random.default_rng(seed)
    fields = (
        camera.expose(np.zeros(shape), electrons, bits, random, background_photons=electrons)
        for electrons in NOISE_ELECTRONS
        for bits in BITS
    )
    return round_figures({"largest Certainty": max(rater(field).certainty for field in fields)})


def measure_unsupported(rater: Rater) -> dict[str, float | None]:
    """Rate pictures that are not of fluorescence: brightfield at levels 0, 4 and 8, and phase contrast as it is.

    The pictures are those of a stained tissue and of a cell in saline that come with scikit-image.
    """
    from skimage import data

    figures = {}
    brightfield = data.immunohistochemistry()[..., 1].astype(float)
    for level in (0, 4, 8):
        rating = rater(defocus.defocus(brightfield, defocus.point_spread_function(level * defocus.LEVEL_METERS)))
        figures[f"brightfield at level {level}: ExpectedScore"] = rating.expected_score
        figures[f"brightfield at level {level}: Certainty"] = rating.certainty
    phase = rater(data.cell())
    return round_figures({**figures, "phase: ExpectedScore": phase.expected_score, "phase: Certainty": phase.certainty})


def measure_scaling(images: list[Image], rater: Rater) -> dict[str, float | None]:
    """Find the largest change of an image's ExpectedScore when its pixel values are scaled, shifted or quantized."""
    changes: dict[str, float] = {}
    for image in images:
        counts = np.rint(1000 + 9000 * np.clip(image.light, 0, 2))
        reference = rater(counts).expected_score
        versions = {"gain 0.1": np.rint(counts * 0.1), "gain 2": counts * 2, "offset 5000": counts + 5000}
        versions["8 bit"] = np.rint(255 * (counts - counts.min()) / (counts.max() - counts.min()))
        for name, version in versions.items():
            change = abs(rater(version).expected_score - reference)
            changes[name] = max(changes.get(name, 0), change)
    return round_figures({f"largest change with {name}": change for name, change in changes.items()})


def rank_measured_blur(
    images: list[Image],
    rater: Rater,
    kernels: np.ndarray,
    discs: np.ndarray,
    log: Callable[[str], object] = _ignore,
) -> dict[str, float | None]:
    """Correlate ExpectedScore with the blur disc for images convolved with a measured point spread function.

    Parameters
    ----------
    images : list of images.Image
    rater : Rater
    kernels : (planes, rows, columns) array
        Sides odd.
    discs : (planes,) array
        Blur disc of each, pixels.
    log : callable
        Takes a line about each image.

    Returns
    -------
    dict of float
        Spearman's rank correlations, -1 to 1.
    """
    correlations = []
    for image in images:
        random = np.random.default_rng(0)
        scores = [rater(_photograph_through(image.light, kernel, random)).expected_score for kernel in kernels]
        correlations.append(stats.spearmanr(scores, discs)[0])
        log(f"measured point spread function: {image.path}, Spearman {correlations[-1]:.3f}")
    return round_figures(
        {"Spearman, median of images": np.median(correlations), "Spearman, lowest": np.min(correlations)}
    )


def _photograph_through(light, kernel, random):
    margins = [(length // 2, length // 2) for length in kernel.shape]
    blurred = signal.fftconvolve(np.pad(light, margins, mode="symmetric"), kernel, mode="valid")
    return camera.expose(
        blurred / blurred.max(), PSF_PEAK_PHOTONS, 16, random, read_noise_electrons=READ_NOISE_ELECTRONS
    )


def rate_stacks(stacks: Iterable[Stack], rater: Rater, step: int = PATCH_SIDE // 2) -> list[StackResult]:
    """Rate every plane of real z-stacks.

    Parameters
    ----------
    stacks : list of stacks.Stack

    Returns
    -------
    list of StackResult
    """
    return [
        StackResult(stack.name, stack.levels, stack.z_micrometers, [rater(plane, step) for plane in stack.planes])
        for stack in stacks
    ]
