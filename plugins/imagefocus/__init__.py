"""Rate the focus of microscope images with a bundled network; needs NumPy alone.

>>> import numpy, imagefocus
>>> imagefocus.rate_image(numpy.zeros((84, 84))).score
5
"""

__version__ = "0.1.0"

from .bundle import WeightsError, shipped_weights
from .engines import EngineError
from .images import NotFinite, NotGreyscale, TooSmall, rate_image
from .patches import PATCH_SIDE, cell_labels, patch_grid
from .ratings import LEVEL_COUNT, ImageRating, PatchRatings

__all__ = [
    "EngineError",
    "ImageRating",
    "LEVEL_COUNT",
    "NotFinite",
    "NotGreyscale",
    "PATCH_SIDE",
    "PatchRatings",
    "TooSmall",
    "WeightsError",
    "cell_labels",
    "patch_grid",
    "rate_image",
    "shipped_weights",
]
