"""Rate simulated z-stacks of thick nuclei, to choose among variants without a look at the real stack.

    python benchmarks/accuracy/thick_stacks.py ARRAYS...

ARRAYS are the `weights.npz` of weights or the `layers.npz` of training runs.

Each stack is one nucleus, 3 to 8 um high, seen through an objective with NA / n of 0.68 to 0.78 and pixels of 0.325 um,
in 45 planes 0.5 um apart. The true level of a plane is found as for the real stacks: from the even disc that best maps
the plane in the middle onto it.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy import fft, ndimage

from imagefocus.measurements import JUDGED_CERTAINTY
from imagefocus.network import numpy_engine
from imagefocus.network import weights as weight_files
from imagefocus.rate import rate_with
from model_export import camera, defocus, stacks

SIDE = 132
SLICE_METERS, PIXEL_METERS, WAVELENGTH_METERS = 0.25e-6, 0.325e-6, 0.346e-6  # of 460 nm, in water
PLANES = np.arange(-22, 23) * 0.5e-6
STACKS = 12
DISCS = np.arange(1, 61)


def draw_nucleus(random, half_meters, radius):
    """Draw an ellipsoid of chromatin with grains as deep as wide.

    Returns
    -------
    (slices, SIDE, SIDE) array; (slices,) array of heights in meters
    """
    heights = np.arange(-half_meters, half_meters + 1e-9, SLICE_METERS)
    shape = (len(heights), SIDE, SIDE)
    chromatin = np.zeros(shape)
    for weight, grain in ((1.2, 0.9), (0.8, 2), (0.7, 6)):
        deep = grain * PIXEL_METERS / SLICE_METERS
        noise = ndimage.gaussian_filter(random.standard_normal(shape), (deep, grain, grain), mode="wrap")
        chromatin += weight * noise / noise.std()
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    axes, angle = radius * random.uniform(0.85, 1.15, 2), random.uniform(0, np.pi)
    along, across = (y * np.cos(angle) + x * np.sin(angle)) / axes[0], (x * np.cos(angle) - y * np.sin(angle)) / axes[1]
    distance = np.sqrt(along**2 + across**2 + (heights / half_meters)[:, None, None] ** 2)
    return (
        np.clip((1 - distance) * radius, 0, 1) * np.clip(1 + random.uniform(0.3, 0.6) * chromatin, 0.1, None),
        heights,
    )


def see_through_focus(slices, heights, aperture):
    """(planes, SIDE, SIDE) array: the slices, each as far out of focus as it lies from the plane."""
    optics = defocus.Optics(aperture, 1.0, WAVELENGTH_METERS, PIXEL_METERS)
    steps = np.arange(np.ceil((PLANES[-1] + heights[-1]) / SLICE_METERS) + 2)
    kernels = defocus.point_spread_function(steps * SLICE_METERS, optics, 65, 3, defocus.debye_intensity)
    cosines = np.cos(np.pi / SIDE * np.outer(np.arange(SIDE), np.arange(-65, 66)))
    transfer, spectra = cosines @ kernels @ cosines.T, fft.dctn(slices, axes=(1, 2), norm="ortho")
    away = np.rint(abs(np.add.outer(PLANES, heights)) / SLICE_METERS).astype(int)
    return fft.idctn([(spectra * transfer[distances]).sum(axis=0) for distances in away], axes=(1, 2), norm="ortho")


def find_true_levels(planes):
    """Level of each plane, from the disc whose blur of the middle plane is nearest to it in mean square."""
    middle = planes[len(planes) // 2]
    discs = np.array([ndimage.convolve(middle, make_disc(diameter), mode="nearest") for diameter in DISCS])
    discs, flat = discs.reshape(len(DISCS), -1), planes.reshape(len(planes), -1)
    discs, flat = (pixels - pixels.mean(axis=1, keepdims=True) for pixels in (discs, flat))
    alike = flat @ (discs / np.linalg.norm(discs, axis=1, keepdims=True)).T
    return np.clip((DISCS[alike.argmax(axis=1)] - 1) / defocus.blur_disc_pixels(defocus.LEVEL_METERS), 0, 10)


def make_disc(diameter, oversampling=5):
    """Even disc as a convolution kernel; of diameter 1, a single pixel."""
    if diameter == 1:
        return np.ones((1, 1))
    side = (2 * int(np.ceil(diameter / 2)) + 3) * oversampling
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    inside = np.hypot(rows, columns) <= diameter / 2 * oversampling
    kernel = inside.reshape(side // oversampling, oversampling, -1, oversampling).sum(axis=(1, 3))
    return kernel / kernel.sum()


def simulate(number):
    """Draw, blur and photograph stack `number`."""
    random = np.random.default_rng([8, number])
    half_meters, radius = (1.5, 2, 2.5, 3, 3.5, 4)[number % 6] * 1e-6, random.uniform(20, 32)
    slices, heights = draw_nucleus(random, half_meters, radius)
    planes = see_through_focus(slices, heights, random.uniform(0.68, 0.78))
    pictures = camera.expose(planes / planes.max(), 3000, 16, random, background_photons=150)
    return stacks.Stack(
        f"nucleus {2e6 * half_meters:.0f} um high", find_true_levels(planes), PLANES * 1e6, list(pictures)
    )


def measure(network, simulated):
    """Measure a network on simulated stacks.

    Returns
    -------
    float
        Share of the planes below level 10 whose Score is within one level.
    float
        Mean error of ExpectedScore between levels 1 and 10.
    float
        Mean ExpectedScore of the planes in focus.
    """
    within, errors, in_focus = [], [], []
    for stack in simulated:
        ratings = [rate_with(network, plane, None, 42, JUDGED_CERTAINTY, 2.0) for plane in stack.planes]
        scores, expected = (np.array([getattr(r, name) for r in ratings]) for name in ("score", "expected_score"))
        below, blurred = stack.levels < 10, (stack.levels < 10) & (stack.levels > 1)
        within += (abs(scores - np.rint(stack.levels)) <= 1)[below].tolist()
        errors += (expected - stack.levels)[blurred].tolist()
        in_focus.append(expected[len(expected) // 2])
    return np.mean(within), np.mean(errors), np.mean(in_focus)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arrays", nargs="+", metavar="ARRAYS")
    paths = parser.parse_args().arrays
    simulated = [simulate(number) for number in range(STACKS)]
    print(f"{'':36} {'within one':>12} {'mean error':>12} {'in focus':>12}")
    for path in paths:
        layers = weight_files.read_arrays(path)
        within, error, in_focus = measure(numpy_engine.build_numpy_network(layers), simulated)
        print(f"{path[-36:]:36} {within:12.3f} {error:+12.2f} {in_focus:12.2f}", flush=True)


if __name__ == "__main__":
    main()
