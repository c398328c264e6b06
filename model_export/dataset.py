"""In-focus images in, defocused and photographed training patches out."""

import csv
import functools
import os
from collections import namedtuple

import numpy as np
from scipy import fft, ndimage
from skimage.transform import rescale

from imagefocus.intensities import normalise
from imagefocus.patches import PATCH_SIDE

from . import camera, defocus

SCALES = (0.5, 0.7, 1.0)  # smaller copies, which are at least as sharp as the original
LARGEST_ZOOM = 2.0  # larger ones, so that sharp nuclei of higher magnifications are known; cut and zoomed when drawn
WINDOW = PATCH_SIDE + 2 * defocus.MARGIN_PIXELS
STEPS_PER_LEVEL = 4  # blur between levels is trained too, with a label shared by the two
PATCHES_PER_WINDOW = 4

Image = namedtuple("Image", "set_name path light licence source")


def read_images(folder, split="train", sets=None):
    """Read the in-focus images that `folder`/images.csv lists.

    Returns
    -------
    list of Image
        `light` is (rows, columns) float32: 0 at the 0.1st and 1 at the 99.9th percentile of the pixels.
    """
    import tifffile

    with open(os.path.join(folder, "images.csv"), newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["split"] == split]
    if sets is not None:
        rows = [row for row in rows if row["set"] in sets]
    if not rows:
        raise ValueError("%s lists no image of split %s and sets %s." % (os.path.join(folder, "images.csv"), split, sets))
    images = []
    for row in rows:
        pixels = tifffile.imread(os.path.join(folder, row["file"]))
        images.append(Image(row["set"], row["file"], to_light(pixels), row["licence"], row["source"].split(":")[0]))
    return images


def to_light(pixels):
    """Scale pixel values to relative light, 0 at the 0.1st percentile and 1 at the 99.9th."""
    low, high = np.percentile(pixels, (0.1, 99.9))
    return ((pixels - low) / max(high - low, 1e-9)).astype(np.float32)


def optics_bank():
    """Widefield optics that reach a level at the same blur disc and differ in how softly diffraction draws it.

    Returns
    -------
    tuple of defocus.Optics
        The reference with wavelengths of 260 to 845 nm, as wavelength / NA / pixel varies over objectives and cameras.
    """
    wavelengths = np.array([0.52, 0.75, 1.0, 1.3, 1.69]) * defocus.REFERENCE.wavelength_meters
    return tuple(defocus.REFERENCE._replace(wavelength_meters=wavelength) for wavelength in wavelengths)


@functools.lru_cache(maxsize=None)
def transfer_functions(bank):
    """Fourier transforms of the point spread functions.

    Parameters
    ----------
    bank : tuple of defocus.Optics

    Returns
    -------
    (optics, levels, WINDOW, WINDOW // 2 + 1) float32 array
        Levels in steps of 1 / STEPS_PER_LEVEL. Real, as the point spread functions are symmetric.
    """
    levels = np.arange((defocus.LEVEL_COUNT - 1) * STEPS_PER_LEVEL + 1) / STEPS_PER_LEVEL
    kernels = [
        [defocus.point_spread_function(defocus.equal_blur_defocus(level, optics), optics) for level in levels]
        for optics in bank
    ]
    padded = np.zeros((len(bank), len(levels), WINDOW, WINDOW), np.float32)
    side = 2 * defocus.MARGIN_PIXELS + 1
    padded[:, :, :side, :side] = kernels
    centred = np.roll(padded, (-defocus.MARGIN_PIXELS,) * 2, axis=(2, 3))
    return fft.rfft2(centred).real.astype(np.float32)


def soft_label(level):
    """Probabilities of the 11 levels for a blur that may lie between two of them.

    Returns
    -------
    (n, 11) float32 array for (n,) levels of 0 to 10
    """
    distance = np.abs(np.asarray(level)[:, None] - np.arange(defocus.LEVEL_COUNT))
    return np.maximum(0, 1 - distance).astype(np.float32)


class PatchSampler:
    """Draws batches of training patches; the same seed draws the same batch."""

    def __init__(self, images):
        self.scaled = [[pad(shrink(image.light, scale)) for scale in SCALES] for image in images]
        self.transfer = transfer_functions(optics_bank())
        # Every set counts by the square root of its pixels: no single plate may fill the batches.
        names = np.array([image.set_name for image in images])
        pixels = np.array([image.light.size for image in images], float)
        in_set = np.array([pixels[names == name].sum() for name in names])
        self.weights = pixels / np.sqrt(in_set)
        self.weights /= self.weights.sum()

    def batch(self, seed, count):
        """Draw `count` patches.

        Returns
        -------
        (count, 84, 84, 1) float32 array, normalised; (count, 11) float32 array of label probabilities
        """
        random = np.random.default_rng(seed)
        patches, levels = [], []
        while len(patches) < count:
            zoom = max(1.0, LARGEST_ZOOM ** random.uniform(-1, 1))
            for light, level in self.defocused(self.window(zoom, random), random):
                patches.append(photograph(light, random))
                levels.append(level)
        turned = [turn(patch, random.integers(8)) for patch in patches[:count]]
        return normalise(np.stack(turned))[..., None], soft_label(levels[:count])

    def window(self, zoom, random):
        """Cut a window from a random image and scale, half the time the livelier of two, and enlarge it."""
        scaled = self.scaled[random.choice(len(self.scaled), p=self.weights)]
        light = scaled[random.integers(len(scaled))]
        side = int(np.ceil(WINDOW / zoom))
        windows = []
        for _ in range(random.integers(1, 3)):
            top, left = (random.integers(length - side + 1) for length in light.shape)
            windows.append(light[top : top + side, left : left + side])
        window = np.maximum(max(windows, key=np.var), 0) ** np.exp(random.uniform(-0.5, 0.5))  # stains differ in contrast
        return window if zoom == 1 else ndimage.zoom(window, WINDOW / side, order=3, mode="mirror")

    def defocused(self, window, random):
        """Defocus one window to several levels, so that the network sees the same objects at each."""
        optics = self.transfer[random.integers(len(self.transfer))]
        index = random.integers(len(optics), size=PATCHES_PER_WINDOW)
        whole = random.random(PATCHES_PER_WINDOW) < 0.5
        index[whole] -= index[whole] % STEPS_PER_LEVEL
        blurred = fft.irfft2(fft.rfft2(window) * optics[index], s=window.shape)
        untouched = (index == 0) & (random.random(PATCHES_PER_WINDOW) < 0.4)
        blurred[untouched] = window
        inside = slice(defocus.MARGIN_PIXELS, -defocus.MARGIN_PIXELS)
        return zip(blurred[:, inside, inside], index / STEPS_PER_LEVEL)


def shrink(light, scale):
    """Downsample an image, with the low-pass filter that this needs."""
    return light if scale == 1 else rescale(light, scale, order=3, anti_aliasing=True).astype(np.float32)


def pad(light):
    """Mirror the borders so that a window fits about every patch."""
    rows, columns = (max(defocus.MARGIN_PIXELS, -(-(WINDOW - length) // 2)) for length in light.shape)
    return np.pad(light, ((rows, rows), (columns, columns)), mode="symmetric")


def photograph(light, random):
    """Photograph a patch with a random exposure, haze, illumination gradient and converter."""
    peak_photons = np.exp(random.uniform(np.log(30), np.log(20000)))
    background = peak_photons * np.exp(random.uniform(np.log(0.003), np.log(1.0)))
    slope = random.uniform(-0.3, 0.3, size=2)
    ramp = np.linspace(-0.5, 0.5, light.shape[0])
    illumination = 1 + slope[0] * ramp[:, None] + slope[1] * ramp[None, :]
    if random.random() < 0.05:
        light = np.zeros_like(light)  # nothing in the patch: any level may be the true one
    return camera.expose(
        light * illumination,
        peak_photons,
        random.choice((8, 12, 16)),
        random,
        background_photons=background * illumination,
        read_noise_electrons=random.uniform(0.5, 6),
        full_scale=np.exp(random.uniform(np.log(0.7), np.log(8))),
    )


def turn(patch, way):
    """One of the eight rotations and reflections of a square."""
    turned = np.rot90(patch, way % 4)
    return turned.T if way >= 4 else turned
