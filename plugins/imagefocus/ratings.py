"""What rating returns: the ratings of patches, of an image and of a volume."""

from __future__ import annotations

import numpy as np

from .levels import certainties, expected_levels, most_probable_levels, pool_patches
from .measurements import BLANK_FRACTION, IMAGE_FEATURES, IN_FOCUS, NOTHING_TO_JUDGE, OUT_OF_FOCUS, PATCH_FEATURES
from .optics import LEVEL_COUNT
from .overlay import PALETTES, draw_focus_map, draw_overlay
from .patches import PATCH_SIDE, cell_labels


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
    scores, expected_scores, certainties : (n,) arrays
        Most probable level (int), mean level (0.0 to 10.0) and certainty (0.0 to 1.0).
    """

    def __init__(self, tops: np.ndarray, lefts: np.ndarray, rated: np.ndarray, probabilities: np.ndarray) -> None:
        self.tops, self.lefts, self.rated, self.probabilities = tops, lefts, rated, probabilities
        self.scores = most_probable_levels(probabilities)
        self.expected_scores = expected_levels(probabilities)
        self.certainties = certainties(probabilities)

    def __len__(self) -> int:
        return len(self.tops)

    def __repr__(self) -> str:
        return f"PatchRatings({len(self)} patches, {int(self.rated.sum())} of them rated)"

    def measurements(self) -> dict[str, np.ndarray]:
        """The measurements of patches, (n,) each, by the names that CellProfiler's tables give them."""
        values = (self.scores, self.expected_scores, self.certainties)
        return {feature.name: column for feature, column in zip(PATCH_FEATURES, values)}

    @property
    def grid_rows(self) -> np.ndarray:
        """(n,) int array, 0-based row of each patch in the grid."""
        return np.unique(self.tops, return_inverse=True)[1]

    @property
    def grid_columns(self) -> np.ndarray:
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
        Thresholds of the two fractions and of the verdict below.
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
    verdict : str
        "in focus", "out of focus" or "nothing to judge".
    """

    def __init__(
        self,
        patches: PatchRatings,
        shape: tuple[int, ...],
        step: int,
        scale: float,
        judged_certainty: float,
        in_focus_limit: float,
    ) -> None:
        self.patches, self.shape, self.step, self.scale = patches, shape, step, scale
        self.judged_certainty, self.in_focus_limit = judged_certainty, in_focus_limit
        rated = patches.rated
        self.probabilities = pool_patches(patches.probabilities[rated])
        self.score = int(most_probable_levels(self.probabilities))
        self.expected_score = float(expected_levels(self.probabilities))
        self.certainty = float(certainties(self.probabilities))
        self.patch_count = int(rated.sum())
        self._judged = rated & (patches.certainties >= judged_certainty)
        blurred = self._judged & (patches.expected_scores > in_focus_limit)
        self.certain_fraction = float(self._judged.sum() / max(rated.sum(), 1))
        self.out_of_focus_fraction = float(blurred.sum() / max(self._judged.sum(), 1))

    def __repr__(self) -> str:
        patches = "1 patch" if len(self.patches) == 1 else f"{len(self.patches)} patches"
        if self.verdict == NOTHING_TO_JUDGE:
            return f"ImageRating({self.verdict}, {patches})"
        return (
            f"ImageRating({self.verdict}, level {self.expected_score:.1f} of {LEVEL_COUNT - 1}, "
            f"certainty {self.certainty:.2f}, {patches})"
        )

    @property
    def verdict(self) -> str:
        """The rating in words: "in focus", "out of focus" or "nothing to judge"."""
        if self.certain_fraction < BLANK_FRACTION:
            return NOTHING_TO_JUDGE
        return OUT_OF_FOCUS if self.expected_score > self.in_focus_limit else IN_FOCUS

    def measurements(self) -> dict[str, float]:
        """The image measurements by the names that CellProfiler's tables give them."""
        values = (
            self.score,
            self.expected_score,
            self.certainty,
            self.patch_count,
            self.certain_fraction,
            self.out_of_focus_fraction,
        )
        return {feature.name: value for feature, value in zip(IMAGE_FEATURES, values)}

    def cell_labels(self, rated: np.ndarray | None = None) -> np.ndarray:
        """Label each pixel with the rated patch whose center is nearest; see `imagefocus.cell_labels`."""
        return cell_labels(self.shape, self.step, self.patches.rated if rated is None else rated, self.scale)

    def patch_centers(self) -> np.ndarray:
        """(n, 2) array: row and column of the middle of each patch, in pixels of the image."""
        corners = np.stack([self.patches.tops, self.patches.lefts], axis=1)
        return (corners + PATCH_SIDE / 2) / self.scale - 0.5

    def judged_scores(self) -> np.ndarray:
        """(m,) int array: levels of the rated patches that can be judged."""
        return self.patches.scores[self._judged]

    def overlay(self, image: np.ndarray, palette: str = PALETTES[0]) -> np.ndarray:
        """Picture of the image with a border about each patch; see `imagefocus.overlay.draw_overlay`."""
        return draw_overlay(image, self, palette)

    def focus_map(self, uncertain: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Picture of the level over the image, and where it is known; see `imagefocus.overlay.draw_focus_map`."""
        return draw_focus_map(self, uncertain)


class VolumeRating:
    """Rating of a volume.

    Attributes
    ----------
    planes : list of ImageRating
    best_plane : int
        Index of the sharpest plane of those that can be judged: those in which at least BLANK_FRACTION of the patches
        is certain. Where no plane can be, the most certain.
    best : ImageRating
        Of that plane.
    """

    def __init__(self, planes: list[ImageRating]) -> None:
        self.planes = planes
        judged = [index for index, plane in enumerate(planes) if plane.verdict != NOTHING_TO_JUDGE]
        if judged:
            self.best_plane = min(judged, key=lambda index: planes[index].expected_score)
        else:
            self.best_plane = max(range(len(planes)), key=lambda index: planes[index].certainty)
        self.best = planes[self.best_plane]

    def __repr__(self) -> str:
        return f"VolumeRating(best plane {self.best_plane} of {len(self.planes)}: {self.best!r})"
