"""Fix the temperature of the distribution that an image's patches are pooled to."""

import numpy as np
from scipy import optimize

from imagefocus.pooling import pool, sharpen

BOUNDS = 0.2, 1.0


def best_pooled_temperature(results):
    """Temperature that makes the levels of images most likely, to two decimals (C. Guo et al., ICML 2017).

    Parameters
    ----------
    results : list of evaluation.Result
        Of pictures of known level, of sets that were not trained on.

    Returns
    -------
    float
    """
    pooled = np.array([_untempered(result.rating) for result in results])
    levels = np.array([result.level for result in results])

    def surprise(temperature):
        likely = sharpen(pooled, temperature)[np.arange(len(levels)), levels]
        return -np.log(np.maximum(likely, 1e-6)).mean()

    return round(float(optimize.minimize_scalar(surprise, bounds=BOUNDS, method="bounded").x), 2)


def _untempered(rating):
    of, rated = rating.patches, rating.patches.rated
    parts = of.probabilities[rated], of.certainties[rated], of.signals[rated]
    return pool(*parts, rating.judged_certainty, temperature=1.0)
