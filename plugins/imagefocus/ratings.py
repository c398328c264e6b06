"""Probabilities of the defocus levels -> level, certainty, and the rating of a whole image."""

import numpy as np

from .optics import LEVEL_COUNT
from .overlay import PALETTES, draw_focus_map, draw_overlay
from .patches import PATCH_SIDE, cell_labels
from .pooling import pool, signal_judged

PROBABILITY_NAMES = ["Probability%02d" % level for level in range(LEVEL_COUNT)]
BLANK_FRACTION = 0.05  # an image of which fewer patches can be judged is blank
ABSTAIN_RAMP = 0.1  # so that no patch that changes a little is all at once not judged
BLURRED_RAMP = 2.5, 3.5  # expected levels, from perhaps in focus to blurred
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
    levels = np.asarray(probabilities) @ np.arange(LEVEL_COUNT)
    return np.clip(levels, 0, LEVEL_COUNT - 1)  # rounding may lead beyond


def certainties(probabilities):
    """One minus the normalized entropy of each distribution, 1 + sum p ln p / ln 11.

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


def abstain(probabilities, near_probability, left_certainty, near_probability_of_blurred=None):
    """Flatten the distributions that are not sure of their level to one or so, so that they are not judged.

    The images of other microscopes and cells are not those of the training, and least to be relied on is a network that wavers.

    Parameters
    ----------
    probabilities : (n, 11) array
    near_probability : float
        What the most probable three neighboring levels must have together.
    left_certainty : float
        What a distribution that is given up has left, at most: not more than the certainty from which a patch is judged.
    near_probability_of_blurred : float, optional
        What they must have where the patch is blurred, if that is not the same: who looks for what is in focus loses nothing
        when the blur of such a patch is not judged.

    Returns
    -------
    (n, 11) array
        Mixed with the flat distribution: not at all where three levels have what they must have, and, where ABSTAIN_RAMP or
        more is lacking, by the share 1 - left_certainty / certainty. That takes the certainty to `left_certainty` or
        below, since it is convex.
    """
    if near_probability_of_blurred is not None:
        start, end = BLURRED_RAMP
        blurred = np.clip((expected_levels(probabilities) - start) / (end - start), 0, 1)
        near_probability = near_probability + blurred * (near_probability_of_blurred - near_probability)
    three = (probabilities[:, :-2] + probabilities[:, 1:-1] + probabilities[:, 2:]).max(axis=1)
    lacking = np.clip((near_probability - three) / ABSTAIN_RAMP, 0, 1)
    share = lacking * (1 - left_certainty / np.maximum(certainties(probabilities), left_certainty))
    return probabilities + share[:, None] * (FLAT - probabilities)


class PatchRatings:
    """Ratings of the patches of one image; of a whole image, row by row.

    Attributes
    ----------
    tops, lefts : (n,) int arrays
        First row and column of each 84 x 84 patch, in pixels of the image as it was rated, made smaller or not.
    rated : (n,) bool array
        False where more than half of the patch is masked out.
    probabilities : (n, 11) float array
        Probability of each defocus level; flat where there is nothing to judge.
    signals : (n,) float array
        How much there is to see; see `imagefocus.pooling.patch_signals`. By default all the same.
    scores, expected_scores, certainties : (n,) arrays
        Most probable level (int), mean level (0.0 to 10.0) and certainty (0.0 to 1.0).
    """

    def __init__(self, tops, lefts, rated, probabilities, signals=None):
        self.tops, self.lefts, self.rated, self.probabilities = tops, lefts, rated, probabilities
        self.signals = np.ones(len(tops)) if signals is None else signals
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
    shape : (int, int)
        Rows and columns of the image.
    step : int
        Pixels between patches, 84 or 42.
    scale : float
        The factor by which the image was made smaller before it was cut into patches.
    judged_certainty, in_focus_limit : float
        What the two fractions below are about.
    probabilities : (11,) float array
        Pooled from the rated patches' distributions by their signal; see `imagefocus.pooling.pool`.
    score : int
        Most probable level, 0 (sharp) to 10; 5 where there is nothing to judge.
    expected_score : float
        Mean level, 0.0 to 10.0; 5.0 where there is nothing to judge.
    certainty : float
        0.0 (flat distribution) to 1.0 (sure).
    patch_count : int
        Patches rated; those masked out are not.
    certain_fraction : float
        Share of the signal of the rated patches that lies in those whose certainty is at least `judged_certainty`;
        0.0 where none is rated, or none holds any signal. Empty patches, however many, do not count.
    out_of_focus_fraction : float
        Share of those whose expected score is above `in_focus_limit`; 0.0 where there are none.
    """

    def __init__(self, patches, shape, step, scale, judged_certainty, in_focus_limit):
        self.patches, self.shape, self.step, self.scale = patches, shape, step, scale
        self.judged_certainty, self.in_focus_limit = judged_certainty, in_focus_limit
        rated = patches.rated
        certainties_of, signals = patches.certainties[rated], patches.signals[rated]
        self.probabilities = pool(patches.probabilities[rated], certainties_of, signals, judged_certainty)
        self.score = int(most_probable_levels(self.probabilities))
        self.expected_score = float(expected_levels(self.probabilities))
        self.certainty = float(certainties(self.probabilities))
        self.patch_count = int(rated.sum())
        judged = rated & (patches.certainties >= judged_certainty)
        blurred = judged & (patches.expected_scores > in_focus_limit)
        self.certain_fraction = signal_judged(signals, certainties_of >= judged_certainty)
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

    def cell_labels(self, rated=None):
        """Label each pixel with the rated patch whose center is nearest; see `imagefocus.cell_labels`."""
        return cell_labels(self.shape, self.step, self.patches.rated if rated is None else rated, self.scale)

    def patch_centers(self):
        """(n, 2) array: row and column of the middle of each patch, in pixels of the image."""
        corners = np.stack([self.patches.tops, self.patches.lefts], axis=1)
        return (corners + PATCH_SIDE / 2) / self.scale - 0.5

    def judged_scores(self):
        """(m,) int array: levels of the rated patches that can be judged."""
        patches = self.patches
        return patches.scores[patches.rated & (patches.certainties >= self.judged_certainty)]

    def overlay(self, image, palette=PALETTES[0]):
        """Picture of the image with a border about each patch; see `imagefocus.overlay.draw_overlay`."""
        return draw_overlay(image, self, palette)

    def focus_map(self, uncertain=None):
        """Picture of the level over the image, and where it is known; see `imagefocus.overlay.draw_focus_map`."""
        return draw_focus_map(self, uncertain)


class VolumeRating:
    """Rating of a volume.

    Attributes
    ----------
    planes : list of ImageRating
    best_plane : int
        Index of the sharpest plane of those that can be judged: those in which at least BLANK_FRACTION of the patches is
        certain. Where no plane can be, the most certain.
    best : ImageRating
        Of that plane.
    """

    def __init__(self, planes):
        self.planes = planes
        judged = [index for index, plane in enumerate(planes) if plane.certain_fraction >= BLANK_FRACTION]
        if judged:
            self.best_plane = min(judged, key=lambda index: planes[index].expected_score)
        else:
            self.best_plane = max(range(len(planes)), key=lambda index: planes[index].certainty)
        self.best = planes[self.best_plane]
