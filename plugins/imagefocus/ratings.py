"""Probabilities of the defocus levels -> level, certainty, and the rating of a whole image."""

import numpy as np

LEVEL_COUNT = 11
FLAT = np.full(LEVEL_COUNT, 1 / LEVEL_COUNT)  # the distribution where there is nothing to judge


def most_probable_levels(probabilities):
    """Most probable level of each distribution; the middle level, 5, of a flat one.

    Parameters
    ----------
    probabilities : (..., 11) array

    Returns
    -------
    (...) int array, 0 (sharp) to 10
    """
    probabilities = np.asarray(probabilities)
    flat = probabilities.max(axis=-1) == probabilities.min(axis=-1)
    return np.where(flat, LEVEL_COUNT // 2, probabilities.argmax(axis=-1))


def expected_levels(probabilities):
    """Probability-weighted mean level of each distribution, 0.0 to 10.0.

    Parameters
    ----------
    probabilities : (..., 11) array
    """
    return np.asarray(probabilities) @ np.arange(LEVEL_COUNT)


def certainties(probabilities):
    """One minus the normalised entropy of each distribution, 1 + sum p ln p / ln 11.

    Parameters
    ----------
    probabilities : (..., 11) array

    Returns
    -------
    (...) array
        0 for a flat distribution, 1 for a sure one.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    logarithms = np.log(np.where(probabilities > 0, probabilities, 1))
    return np.clip(1 + (probabilities * logarithms).sum(axis=-1) / np.log(LEVEL_COUNT), 0, 1)


def combine(probabilities):
    """Distribution of an image: the mean of its patches', weighted by their certainty.

    Parameters
    ----------
    probabilities : (n, 11) array
        Of the rated patches; n may be 0.

    Returns
    -------
    (11,) array
        Flat where no patch has any certainty.
    """
    weights = certainties(probabilities)
    total = weights.sum()
    return weights @ probabilities / total if total > 0 else FLAT.copy()


class PatchRatings:
    """Ratings of the patches of one image, row by row.

    Attributes
    ----------
    tops, lefts : (n,) int arrays
        First row and column of each 84 x 84 patch, in pixels.
    rated : (n,) bool array
        False where more than half of the patch is masked out.
    probabilities : (n, 11) float array
        Probability of each defocus level; flat where there is nothing to judge.
    scores, expected_scores, certainties : (n,) arrays
        Most probable level (int), mean level (0.0 to 10.0) and certainty (0.0 to 1.0).
    """

    def __init__(self, tops, lefts, rated, probabilities):
        self.tops, self.lefts, self.rated, self.probabilities = tops, lefts, rated, probabilities
        self.scores = most_probable_levels(probabilities)
        self.expected_scores = expected_levels(probabilities)
        self.certainties = certainties(probabilities)

    def __len__(self):
        return len(self.tops)

    @property
    def grid_rows(self):
        """(n,) int array, 0-based row of each patch in the grid."""
        return np.unique(self.tops, return_inverse=True)[1]

    @property
    def grid_columns(self):
        """(n,) int array, 0-based column of each patch in the grid."""
        return np.unique(self.lefts, return_inverse=True)[1]


class ImageRating:
    """Rating of one image.

    Attributes
    ----------
    patches : PatchRatings
    probabilities : (11,) float array
        Mean of the rated patches' distributions, weighted by their certainty.
    score : int
        Most probable level, 0 (sharp) to 10; 5 where there is nothing to judge.
    expected_score : float
        Mean level, 0.0 to 10.0; 5.0 where there is nothing to judge.
    certainty : float
        0.0 (flat distribution) to 1.0 (sure).
    patch_count : int
        Patches rated; those masked out are not.
    certain_fraction : float
        Share of the rated patches whose certainty is at least `judged_certainty`; 0.0 where none is rated.
    out_of_focus_fraction : float
        Share of those whose expected score is above `in_focus_limit`; 0.0 where there are none.
    """

    def __init__(self, patches, step, judged_certainty, in_focus_limit):
        self.patches, self.step = patches, step
        rated = patches.rated
        self.probabilities = combine(patches.probabilities[rated])
        self.score = int(most_probable_levels(self.probabilities))
        self.expected_score = float(expected_levels(self.probabilities))
        self.certainty = float(certainties(self.probabilities))
        self.patch_count = int(rated.sum())
        judged = rated & (patches.certainties >= judged_certainty)
        blurred = judged & (patches.expected_scores > in_focus_limit)
        self.certain_fraction = float(judged.sum() / max(rated.sum(), 1))
        self.out_of_focus_fraction = float(blurred.sum() / max(judged.sum(), 1))

    def measurements(self):
        """The image measurements by the names that CellProfiler's tables give them."""
        return {
            "Score": self.score,
            "ExpectedScore": self.expected_score,
            "Certainty": self.certainty,
            "PatchCount": self.patch_count,
            "CertainFraction": self.certain_fraction,
            "OutOfFocusFraction": self.out_of_focus_fraction,
        }

    def overlay(self, image):
        """Picture of the image with a border about each patch; see `imagefocus.overlay.draw_overlay`."""
        from .overlay import draw_overlay

        return draw_overlay(image, self)
