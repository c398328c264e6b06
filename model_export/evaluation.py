"""Measure a network where the truth is known: images defocused here, real z-stacks, a measured point spread function."""

from collections import namedtuple

import numpy as np
from scipy import signal, stats

from imagefocus.optics import LEVEL_COUNT
from imagefocus.patches import PATCH_SIDE, cut_patches, patch_grid
from imagefocus.rate import rate_with

from . import camera, defocus
from .metrics import rounded

PEAK_PHOTONS = (100, 1000, 10000)
BITS = (8, 12, 16)
READ_NOISE_ELECTRONS = 2.0
PSF_PEAK_PHOTONS = 10000
NOISE_ELECTRONS = (1, 10, 100, 1000)

Picture = namedtuple("Picture", "set_name path level pixels has_signal bits")
Result = namedtuple("Result", "set_name path level rating has_signal")
StackResult = namedtuple("StackResult", "stack levels z_micrometers ratings")


class Rater:
    """A network with the limits that its ratings are judged by.

    Parameters
    ----------
    network : callable
        (n, 84, 84) float32 normalized patches -> (n, 11) probabilities.
    limits : dict
        As in the model card: judged_certainty and in_focus_expected_score.
    """

    def __init__(self, network, limits):
        self.network = network
        self.judged_certainty = limits["judged_certainty"]
        self.in_focus_limit = limits["in_focus_expected_score"]

    def __call__(self, image, step=PATCH_SIDE):
        return rate_with(self.network, image, None, step, self.judged_certainty, self.in_focus_limit)


def defocused_pictures(images, seed=0):
    """Photograph each image at each of the 11 levels, the nine exposures taken in turn.

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
    exposures = [(photons, bits) for photons in PEAK_PHOTONS for bits in BITS]
    point_spreads = defocus.point_spread_function(np.arange(LEVEL_COUNT) * defocus.LEVEL_METERS)
    taken = 0
    for index, image in enumerate(images):
        random = np.random.default_rng([seed, index])
        for level, point_spread in enumerate(point_spreads):
            light = np.maximum(defocus.defocus(image.light, point_spread), 0)
            photons, bits = exposures[taken % len(exposures)]
            light *= photons / max(light.max(), 1e-9)
            pixels = camera.expose(light / photons, photons, bits, random, read_noise_electrons=READ_NOISE_ELECTRONS)
            patches = cut_patches(light, *patch_grid(light.shape))
            noise = np.sqrt(patches.mean(axis=(1, 2)) + READ_NOISE_ELECTRONS**2)
            yield Picture(image.set_name, image.path, level, pixels, patches.std(axis=(1, 2)) >= noise, bits)
            taken += 1


def rate_pictures(pictures, rater, report=lambda line: None):
    """Rate pictures of known level, telling `report` a line whenever another image is done.

    Returns
    -------
    list of Result
    """
    results = []
    for picture in pictures:
        results.append(Result(*picture[:3], rater(picture.pixels), picture.has_signal))
        if picture.level == LEVEL_COUNT - 1:
            report(f"{int(len(results) // LEVEL_COUNT)} images rated at {int(LEVEL_COUNT)} levels: {picture.path}")
    return results


def untouched(images, rater):
    """How images are rated as they are, without defocus."""
    scores = np.array([rater(image.light).expected_score for image in images])
    return rounded({"share in focus": np.mean(scores <= rater.in_focus_limit), "largest ExpectedScore": scores.max()})


def noise_only(rater, shape=(520, 696), seed=0):
    """Largest certainty of fields that hold background and noise alone, at every bit depth."""
    random = np.random.default_rng(seed)
    fields = (
        camera.expose(np.zeros(shape), electrons, bits, random, background_photons=electrons)
        for electrons in NOISE_ELECTRONS
        for bits in BITS
    )
    return rounded({"largest Certainty": max(rater(field).certainty for field in fields)})


def unsupported(rater):
    """How pictures are rated that are no fluorescence: brightfield, at levels 0, 4 and 8, and phase, as it is.

    The pictures are those of a stained tissue and of a cell in saline that come with scikit-image.
    """
    from skimage import data

    figures = {}
    brightfield = data.immunohistochemistry()[..., 1].astype(float)
    for level in (0, 4, 8):
        rating = rater(defocus.defocus(brightfield, defocus.point_spread_function(level * defocus.LEVEL_METERS)))
        figures[f"brightfield at level {int(level)}: ExpectedScore"] = rating.expected_score
        figures[f"brightfield at level {int(level)}: Certainty"] = rating.certainty
    phase = rater(data.cell())
    return rounded({**figures, "phase: ExpectedScore": phase.expected_score, "phase: Certainty": phase.certainty})


def scaling(images, rater):
    """Largest change of an image's ExpectedScore when its pixel values are scaled, shifted or quantized."""
    changes = {}
    for image in images:
        counts = np.rint(1000 + 9000 * np.clip(image.light, 0, 2))
        reference = rater(counts).expected_score
        versions = {"gain 0.1": np.rint(counts * 0.1), "gain 2": counts * 2, "offset 5000": counts + 5000}
        versions["8 bit"] = np.rint(255 * (counts - counts.min()) / (counts.max() - counts.min()))
        for name, version in versions.items():
            change = abs(rater(version).expected_score - reference)
            changes[name] = max(changes.get(name, 0), change)
    return rounded({f"largest change with {name}": change for name, change in changes.items()})


def measured_point_spread(images, rater, kernels, discs, report=lambda line: None):
    """Rank correlation of ExpectedScore with the blur disc, the images convolved with a measured point spread function.

    Parameters
    ----------
    kernels : (planes, rows, columns) array
        Sides odd.
    discs : (planes,) array
        Blur disc of each, pixels.
    """
    correlations = []
    for image in images:
        random = np.random.default_rng(0)
        scores = []
        for kernel in kernels:
            light = _convolve(image.light, kernel)
            pixels = camera.expose(
                light / light.max(), PSF_PEAK_PHOTONS, 16, random, read_noise_electrons=READ_NOISE_ELECTRONS
            )
            scores.append(rater(pixels).expected_score)
        correlations.append(stats.spearmanr(scores, discs)[0])
        report(f"measured point spread function: {image.path}, Spearman {correlations[-1]:.3f}")
    return rounded({"Spearman, median of images": np.median(correlations), "Spearman, lowest": np.min(correlations)})


def _convolve(light, kernel):
    margins = [(length // 2, length // 2) for length in kernel.shape]
    return signal.fftconvolve(np.pad(light, margins, mode="symmetric"), kernel, mode="valid")


def rate_stacks(stacks, rater, step=PATCH_SIDE // 2):
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
