"""From the patches of an image to the image: which patches count, how much, and how sure the image is."""

import numpy as np

from .measurements import BLANK_FRACTION
from .optics import LEVEL_COUNT

BLOCK = 4  # pixels; means over blocks of 4 x 4 keep objects and blur, and a quarter of the noise of single pixels
TEMPERATURE = 0.5  # of the pooled distribution: the mean of many patches is less sure than all of them together are
JUDGED_RAMP = 0.1  # of certainty, about the limit, so that no patch that changes a little all at once counts
DEVIATION_RAMP = 0.3  # levels, so that no patch that changes a little is all at once not judged
FLAT = np.full(LEVEL_COUNT, 1 / LEVEL_COUNT)


def patch_signals(patches, masks=None):
    """How much there is to see in each patch: the standard deviation of its 4 x 4 block means.

    Parameters
    ----------
    patches : (n, 84, 84) array of any real dtype
    masks : (n, 84, 84) bool array, optional
        True where a pixel counts; the others are ignored, whatever they hold.

    Returns
    -------
    (n,) float64 array
        In the unit of the pixels, 0 or above; 0 where no pixel counts. Camera noise of deviation s leaves s / 4.
    """
    pixels = np.asarray(patches) if masks is None else np.where(masks, patches, 0)
    with np.errstate(over="ignore", invalid="ignore"):
        means, shares = _block_means(pixels, masks)
        deviations = means - means[:, :1]  # a constant patch leaves nothing at all
    if not np.isfinite(deviations).all() and np.isfinite(pixels).all():
        parts = patch_signals(pixels / 64, masks)  # sums of numbers that large overflow
        return 64 * np.minimum(parts, np.finfo(float).max / 64)
    deviations = np.where(shares > 0, deviations - (deviations * shares).sum(axis=1, keepdims=True), 0)
    largest = np.abs(deviations).max(axis=1)
    relative = deviations / np.where(largest > 0, largest, 1)[:, None]  # so that no square can overflow
    return largest * np.sqrt((relative**2 * shares).sum(axis=1))


def _block_means(pixels, masks):
    """Means of the blocks, (n, blocks), that of all where no pixel counts; and the share of counting pixels in each."""
    if masks is None:
        means = block_sums(pixels) / BLOCK**2
        return means, np.full((1, means.shape[1]), 1 / means.shape[1])
    counts, sums = block_sums(masks), block_sums(pixels)
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    fallback = (sums / total).sum(axis=1, keepdims=True)
    return np.where(counts > 0, sums / np.maximum(counts, 1), fallback), counts / total


def block_sums(pixels):
    """Sums over blocks, (n, blocks) float64, without a copy of the pixels as float64."""
    count, rows, columns = pixels.shape
    lines = pixels.reshape(count, rows // BLOCK, BLOCK, columns)
    of_rows = lines[:, :, 0].astype(np.float64)
    for row in range(1, BLOCK):
        of_rows += lines[:, :, row]
    return np.einsum("nrcb->nrc", of_rows.reshape(count, rows // BLOCK, -1, BLOCK)).reshape(count, -1)


def judged_shares(certainties, judged_certainty):
    """How far each patch can be judged, 0.0 to 1.0, a ramp about the limit.

    Parameters
    ----------
    certainties : (n,) array of 0.0 to 1.0
    judged_certainty : float

    Returns
    -------
    (n,) array
    """
    return np.clip((certainties - judged_certainty) / JUDGED_RAMP + 0.5, 0, 1)


def signal_judged(signals, judged):
    """Share of an image's signal that lies in patches that can be judged.

    Here a patch counts by its variance: background and grain, however many patches they fill, hardly change the share.

    Parameters
    ----------
    signals : (n,) array of 0 or above
        Of `patch_signals`, in any unit.
    judged : (n,) array of 0.0 to 1.0
        How far each patch can be judged.

    Returns
    -------
    float
        0.0 to 1.0; 0.0 where there is no patch or no signal.
    """
    variances = relative_signals(signals) ** 2
    return min(float(variances @ judged / max(variances.sum(), 1)), 1.0)  # the largest is 1, or all are 0


def relative_signals(signals):
    """Signals divided by the largest, so that the unit of the pixels does not count."""
    signals = np.asarray(signals, float)
    largest = signals.max(initial=0)
    return signals / largest if largest > 0 else np.zeros(len(signals))


def pool(probabilities, certainties, signals, judged_certainty=0.3, temperature=TEMPERATURE):
    """Distribution of an image out of its patches'.

    Each patch that can be judged counts by its certainty squared times its signal. The mean is sharpened by a
    temperature (C. Guo et al., ICML 2017), and flattened where less than BLANK_FRACTION of the signal can be judged.

    Parameters
    ----------
    probabilities : (n, 11) array
        Of the rated patches; n may be 0.
    certainties : (n,) array of 0.0 to 1.0
        Of these distributions.
    signals : (n,) array of 0 or above
        Of `patch_signals`, in any unit.
    judged_certainty : float
    temperature : float
        Below 1 the distribution gets sharper.

    Returns
    -------
    (11,) array
        Flat where there is nothing to judge.
    """
    judged = judged_shares(certainties, judged_certainty)
    weights = judged * np.square(certainties) * relative_signals(signals)
    total = weights.sum()
    if not total > 0:
        return FLAT.copy()
    enough = min(signal_judged(signals, judged) / BLANK_FRACTION, 1)
    return FLAT + enough * (sharpen(weights @ probabilities / total, temperature) - FLAT)


def sharpen(distribution, temperature):
    """Distributions whose logarithms are divided by a temperature, as (..., 11) arrays."""
    powers = (distribution / distribution.max(axis=-1, keepdims=True)) ** (1 / temperature)
    return powers / powers.sum(axis=-1, keepdims=True)


def level_deviations(probabilities):
    """Standard deviation of the level of each distribution, 0.0 to 5.0; 3.16 of the flat one.

    Parameters
    ----------
    probabilities : (..., 11) array
    """
    levels = np.arange(LEVEL_COUNT)
    means = probabilities @ levels
    return np.sqrt(((levels - means[..., None]) ** 2 * probabilities).sum(axis=-1))


def abstain_by_deviation(probabilities, certainties, largest_deviation, left_certainty):
    """Flatten the distributions that spread over too many levels, so that they are not judged.

    Parameters
    ----------
    probabilities : (n, 11) array
    certainties : (n,) array
        Of these distributions.
    largest_deviation : float
        Standard deviation of the level, from which on a distribution is given up.
    left_certainty : float
        What a distribution that is given up has left, at most: less than the certainty from which a patch is judged.

    Returns
    -------
    (n, 11) array
        Mixed with the flat distribution: not at all up to `largest_deviation`, and, from DEVIATION_RAMP beyond, by the
        share 1 - left_certainty / certainty. That takes the certainty to `left_certainty` or below, since it is convex.
    """
    beyond = np.clip((level_deviations(probabilities) - largest_deviation) / DEVIATION_RAMP, 0, 1)
    share = beyond * (1 - left_certainty / np.maximum(certainties, left_certainty))
    return probabilities + share[:, None] * (FLAT - probabilities)
