"""Defocused and photographed training patches, drawn from in-focus images."""

import functools
import io

import numpy as np
from scipy import fft, ndimage
from skimage.transform import rescale

from imagefocus.intensities import normalise
from imagefocus.patches import PATCH_SIDE

from . import camera, defocus, scenes

# What makes the training images as varied as microscopes are; each can be left out to see what it brings.
INGREDIENTS = ("zoom", "depth", "defects", "scenes")

WINDOW = PATCH_SIDE + 36  # a patch with enough about it for the light that blur brings in; beyond, it is mirrored
STEPS_PER_LEVEL = 4  # blur between levels is trained too, with a label shared by the two
LARGEST_LEVEL = 14  # blur beyond level 10 is trained too, as level 10
BETWEEN_SHARE, BEYOND_SHARE = 0.25, 0.05  # of the patches
DEPTH_SHARE = 0.15  # of the patches, of thick objects and of haze
PATCHES_PER_WINDOW = 4
SCALES = (0.5, 0.7, 1.0)  # smaller copies, which are at least as sharp as the original
LARGEST_ZOOM = 3.0  # larger ones, so that sharp nuclei of higher magnifications are known; enlarged when drawn
SCENE_SHARE = 0.2  # of the windows


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
    """What the point spread functions multiply the cosine transform of a mirrored WINDOW x WINDOW image by.

    Convolving with a symmetric kernel under mirrored borders is a product in the type-II cosine transform
    (S. A. Martucci, IEEE Trans. Signal Process. 42:1038, 1994).

    Parameters
    ----------
    bank : tuple of defocus.Optics

    Returns
    -------
    (optics, levels, WINDOW, WINDOW) float32 array
        Levels in steps of 1 / STEPS_PER_LEVEL.
    """
    levels = np.arange(LARGEST_LEVEL * STEPS_PER_LEVEL + 1) / STEPS_PER_LEVEL
    offsets = np.arange(-defocus.MARGIN_PIXELS, defocus.MARGIN_PIXELS + 1)
    cosines = np.cos(np.pi / WINDOW * np.outer(np.arange(WINDOW), offsets))
    transfer = np.empty((len(bank), len(levels), WINDOW, WINDOW), np.float32)
    for optics, of_optics in zip(bank, transfer):
        of_optics[:] = (
            cosines @ defocus.point_spread_function(defocus.equal_blur_defocus(levels, optics), optics) @ cosines.T
        )
    return transfer


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
        (count, 84, 84, 1) float32 array, normalised; (count, 11) float32 array of label probabilities
        """
        random = np.random.default_rng(seed)
        drawn = [self.defocused(self.window(random), random) for _ in range(count // PATCHES_PER_WINDOW)]
        lights, levels = (np.concatenate(parts) for parts in zip(*drawn))
        counts = photograph(lights, random, defects="defects" in self.ingredients)
        turned = [turn(patch, way) for patch, way in zip(counts, random.integers(8, size=count))]
        return normalise(np.stack(turned))[..., None], soft_label(levels)

    def window(self, random):
        """Cosine transform of a window from a random image and scale, half the time the livelier of two, often enlarged."""
        largest = LARGEST_ZOOM if "zoom" in self.ingredients else 1.0
        zoom = max(1.0, largest ** random.uniform(-1, 1))
        scaled = self.scaled[random.choice(len(self.scaled), p=self.weights)]
        light = scaled[random.integers(len(scaled))]
        side = int(np.ceil(WINDOW / zoom))
        windows = []
        for _ in range(random.integers(1, 3)):
            top, left = (random.integers(length - side + 1) for length in light.shape)
            windows.append(light[top : top + side, left : left + side])
        contrast = np.float32(np.exp(random.uniform(-0.5, 0.5)))  # stains differ
        window = np.maximum(max(windows, key=np.var), 0) ** contrast
        spectrum = np.zeros((WINDOW, WINDOW), np.float32)
        spectrum[:side, :side] = fft.dctn(window, norm="ortho") * (WINDOW / side)
        return spectrum

    def defocused(self, spectrum, random):
        """Defocus one window to several levels, so that the network sees the same objects at each.

        Returns
        -------
        (PATCHES_PER_WINDOW, 84, 84) float32 array, (PATCHES_PER_WINDOW,) float array of levels
        """
        transfer = self.transfer[random.integers(len(self.transfer))]
        last = len(transfer) - 1
        index = draw_levels(PATCHES_PER_WINDOW, random)
        blurred = spectrum * transfer[index]
        untouched = (index == 0) & (random.random(PATCHES_PER_WINDOW) < 0.4)
        blurred[untouched] = spectrum
        if "depth" in self.ingredients:
            thick = ~untouched & (random.random(PATCHES_PER_WINDOW) < DEPTH_SHARE)
            for patch in np.flatnonzero(thick):
                spread = random.integers(1, STEPS_PER_LEVEL)
                neighbours = transfer[[abs(index[patch] - spread), min(index[patch] + spread, last)]]
                blurred[patch] = spectrum * (0.5 * transfer[index[patch]] + 0.25 * neighbours.sum(axis=0))
            hazy = random.random(PATCHES_PER_WINDOW) < DEPTH_SHARE  # light of objects in other planes
            for patch in np.flatnonzero(hazy):
                far = transfer[random.integers(min(index[patch] + 2 * STEPS_PER_LEVEL, last), last + 1)]
                blurred[patch] += random.uniform(0.1, 0.7) * spectrum.T * far
        margin = (WINDOW - PATCH_SIDE) // 2
        inside = slice(margin, -margin)
        return fft.idctn(blurred, axes=(1, 2), norm="ortho")[:, inside, inside], index / STEPS_PER_LEVEL


def draw_levels(count, random):
    """Blur of patches in steps of 1 / STEPS_PER_LEVEL: the 11 levels alike, some between them, some beyond the last."""
    last, largest = ((level * STEPS_PER_LEVEL) for level in (defocus.LEVEL_COUNT - 1, LARGEST_LEVEL))
    whole = random.integers(defocus.LEVEL_COUNT, size=count) * STEPS_PER_LEVEL
    between, beyond = random.integers(last + 1, size=count), random.integers(last + 1, largest + 1, size=count)
    kind = random.random(count)
    return np.where(kind < BETWEEN_SHARE, between, np.where(kind < BETWEEN_SHARE + BEYOND_SHARE, beyond, whole))


def _scaled(light):
    """An image at each of SCALES, with the low-pass filter that this needs."""
    smaller = [rescale(light, scale, order=3, anti_aliasing=True).astype(np.float32) for scale in SCALES if scale < 1]
    return [pad(copy) for copy in (*smaller, light)]


@functools.lru_cache(maxsize=None)
def _scaled_scenes():
    return [_scaled(light) for light in scenes.make_scenes(np.random.default_rng(0))]


def pad(light):
    """Mirror the borders of an image that is smaller than a window."""
    rows, columns = (max(0, -(-(WINDOW - length) // 2)) for length in light.shape)
    return np.pad(light, ((rows, rows), (columns, columns)), mode="symmetric")


def photograph(lights, random, defects=True):
    """Photograph patches, each with an exposure, background, illumination gradient and converter of its own.

    Parameters
    ----------
    lights : (n, 84, 84) float32 array

    Returns
    -------
    (n, 84, 84) uint16 array
    """
    count = len(lights)

    def uniform(low, high):
        return random.uniform(low, high, (count, 1, 1)).astype(np.float32)

    def log_uniform(low, high):
        return np.exp(uniform(np.log(low), np.log(high)))

    peak_photons = log_uniform(30, 20000)
    background = peak_photons * log_uniform(0.003, 1.0)
    ramp = np.linspace(-0.5, 0.5, PATCH_SIDE, dtype=np.float32)
    illumination = 1 + uniform(-0.3, 0.3) * ramp[:, None] + uniform(-0.3, 0.3) * ramp
    lights = lights * (uniform(0, 1) >= 0.05)  # nothing in the patch: any level may be the true one
    counts = camera.expose(
        lights * illumination,
        peak_photons,
        random.choice((8, 12, 16), (count, 1, 1)),
        random,
        background_photons=background * illumination,
        read_noise_electrons=uniform(0.5, 6),
        full_scale=log_uniform(0.5 if defects else 0.7, 8),
    )
    return np.stack([_spoil(patch, random) for patch in counts]) if defects else counts


def _spoil(patch, random):
    """What happens to some pictures on their way: hot pixels, JPEG compression, resampling."""
    kind = random.random()
    if kind < 0.04:
        patch = patch.copy()
        where = random.integers(PATCH_SIDE, size=(2, random.integers(1, 8)))
        patch[tuple(where)] = patch.max() * random.uniform(0.5, 1)
    elif kind < 0.10:
        patch = _jpeg(patch, int(random.integers(60, 96)))
    elif kind < 0.15:  # registered, rotated or rescaled a little: the noise is no longer that of single pixels
        patch = ndimage.gaussian_filter(patch.astype(np.float32), random.uniform(0.3, 0.55)).astype(np.uint16)
    return patch


def _jpeg(patch, quality):
    from PIL import Image

    grey = np.rint(patch * (255 / max(patch.max(), 1))).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "jpeg", quality=quality)
    return np.asarray(Image.open(file)).astype(np.uint16)


def turn(patch, way):
    """One of the eight rotations and reflections of a square."""
    turned = np.rot90(patch, way % 4)
    return turned.T if way >= 4 else turned
