"""A digital camera: shot noise, read noise, saturation and quantisation."""

import numpy as np

NORMAL_FROM_PHOTONS = 10  # from here on a Poisson variable with read noise is near enough to a normal one


def expose(light, peak_photons, bits, random, background_photons=0.0, read_noise_electrons=2.0, full_scale=1.2):
    """Photograph scenes.

    Parameters
    ----------
    light : (..., rows, columns) array
        Relative light, 0 to about 1. The parameters below are numbers, or arrays that broadcast to it.
    peak_photons : float or array
        Photons in a pixel where `light` is 1.
    bits : int or array
        Bit depth of the analogue-to-digital converter: 8, 12 or 16.
    random : numpy.random.Generator
    background_photons : float or array
        Photons a pixel that belong to no object.
    read_noise_electrons : float or array
        Standard deviation of the read noise.
    full_scale : float or array
        Largest pixel value that the converter knows, as a multiple of the brightest light expected
        (peak and background): below 1 the image saturates, far above 1 it uses few grey levels.

    Returns
    -------
    array of uint16, shape of `light`
        Counts, 0 to 2**bits - 1.
    """
    expected = (np.maximum(light, 0) * peak_photons + background_photons).astype(np.float32)
    variance = (expected + np.square(read_noise_electrons)).astype(np.float32)
    electrons = expected + np.sqrt(variance) * random.standard_normal(expected.shape, np.float32)
    few = expected < NORMAL_FROM_PHOTONS
    read_noise = np.broadcast_to(read_noise_electrons, expected.shape)[few]
    electrons[few] = random.poisson(expected[few]) + read_noise * random.standard_normal(few.sum(), np.float32)
    background = np.broadcast_to(background_photons, expected.shape).max(axis=(-2, -1), keepdims=True)
    brightest = full_scale * (peak_photons + background)
    offset = 4 * np.asarray(read_noise_electrons)  # as real cameras, so that dark pixels are not cut at 0
    largest = np.asarray(2 ** np.asarray(bits) - 1)
    counts = (electrons + offset) * (largest / (brightest + offset))
    return np.clip(np.rint(counts), 0, largest).astype(np.uint16)
