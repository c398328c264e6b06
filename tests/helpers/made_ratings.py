"""Ratings of images out of distributions at hand."""

import numpy as np

from imagefocus.ratings import ImageRating, PatchRatings


def image_rating(probabilities, rated=None):
    count = len(probabilities)
    rated = np.ones(count, bool) if rated is None else np.array(rated)
    patches = PatchRatings(np.zeros(count, int), np.arange(count) * 84, rated, np.array(probabilities))
    return ImageRating(patches, (84, 84 * len(patches)), 84, 1.0, judged_certainty=0.3, in_focus_limit=2.0)
