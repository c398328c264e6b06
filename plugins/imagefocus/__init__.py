"""Rate the focus of microscope images with a bundled network; needs NumPy alone.

>>> import numpy, imagefocus
>>> imagefocus.rate_image(numpy.zeros((84, 84))).score
5
"""

__version__ = "0.1.0"

from .network.engines import EngineError
from .network.weights import WeightsError, shipped_weights
from .optics import LEVEL_COUNT, Sampling
from .patches import PATCH_SIDE, cell_labels, patch_grid
from .pixels import NotFinite, NotGrayscale, TooSmall
from .rate import rate_image, rate_objects, rate_volume, rate_windows
from .ratings import ImageRating, PatchRatings, VolumeRating

NotGreyscale = NotGrayscale  # its name before the spelling was made one

__all__ = [
    "EngineError",
    "ImageRating",
    "LEVEL_COUNT",
    "NotFinite",
    "NotGrayscale",
    "NotGreyscale",
    "PATCH_SIDE",
    "PatchRatings",
    "Sampling",
    "TooSmall",
    "VolumeRating",
    "WeightsError",
    "cell_labels",
    "patch_grid",
    "rate_image",
    "rate_objects",
    "rate_volume",
    "rate_windows",
    "shipped_weights",
]
