"""A digital camera: shot noise, read noise, saturation and quantisation."""

import numpy as np


def expose(light, peak_photons, bits, random, background_photons=0.0, read_noise_electrons=2.0, full_scale=1.2):
    """Photograph a scene.

    Parameters
    ----------
    light : (..., rows, columns) array
        Relative light, 0 to about 1.
    peak_photons : float
        Photons in a pixel where `light` is 1.
    bits : int
        Bit depth of the analogue-to-digital converter: 8, 12 or 16.
    random : numpy.random.Generator
    background_photons : float or array that broadcasts to `light`
        Photons a pixel that belong to no object.
    read_noise_electrons : float
        Standard deviation of the read noise.
    full_scale : float
        Largest pixel value that the converter knows, as a multiple of the brightest light expected
        (peak and background): below 1 the image saturates, far above 1 it uses few grey levels.

    Returns
    -------
    array of uint16, shape of `light`
        Counts, 0 to 2**bits - 1.
    """
    expected = np.maximum(light, 0) * peak_photons + background_photons
    if expected.min() > 50:  # a Poisson variable is then normal to within the read noise, and drawn five times as fast
        electrons = expected + np.sqrt(expected) * random.standard_normal(expected.shape, np.float32)
    else:
        electrons = random.poisson(expected).astype(np.float32)
    electrons += read_noise_electrons * random.standard_normal(expected.shape, np.float32)
    brightest = full_scale * (peak_photons + np.max(background_photons))
    offset = 4 * read_noise_electrons  # as real cameras, so that dark pixels are not cut at 0
    largest = 2**bits - 1
    counts = (electrons + offset) * (largest / (brightest + offset))
    return np.clip(np.rint(counts), 0, largest).astype(np.uint16)
