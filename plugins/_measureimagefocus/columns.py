"""What MeasureImageFocus records: columns, pickers and `run` all ask here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cellprofiler_core.constants.measurement import (
    COLTYPE_FLOAT,
    COLTYPE_INTEGER,
    COLTYPE_VARCHAR_FORMAT,
    EXPERIMENT,
    IMAGE,
)

from imagefocus.measurements import (
    BEST_PLANE,
    CATEGORY,
    DEFOCUS,
    GRID_FEATURES,
    IMAGE_FEATURES,
    PATCH_FEATURES,
    PROBABILITY_FEATURES,
    WEIGHTS,
    Feature,
)

COLUMN_TYPES = {int: COLTYPE_INTEGER, float: COLTYPE_FLOAT}


@dataclass(frozen=True)
class Column:
    """A measurement of an owner: an image, objects or the experiment; `image` is the one that it is measured in."""

    owner: str
    category: str
    feature: str
    image: str | None
    column_type: str

    @property
    def name(self) -> str:
        """Full name of the measurement."""
        return full_name(self.category, self.feature, self.image)


@dataclass(frozen=True)
class Wanted:
    """What a module in a pipeline is to record."""

    images: Sequence[str]
    objects: Sequence[str]  # segmented ones
    patches: str | None  # name of the objects that patches become
    probabilities: bool
    defocus: bool
    volumetric: bool
    experiment: bool  # one module of a pipeline records it


def full_name(category: str, feature: str, image: str | None = None) -> str:
    """Name of a measurement in CellProfiler's tables."""
    return "_".join([category, feature] + ([image] if image else []))


def list_columns(wanted: Wanted) -> list[Column]:
    """Everything that `run` records, in the order of CellProfiler's tables."""
    more = PROBABILITY_FEATURES if wanted.probabilities else ()
    of_images = (*IMAGE_FEATURES, *more, *([DEFOCUS] if wanted.defocus else []))
    of_images += (BEST_PLANE,) if wanted.volumetric else ()
    of_objects = (*PATCH_FEATURES, *more)
    columns = _ratings(IMAGE, of_images, wanted.images)
    for objects in [*([wanted.patches] if wanted.patches else []), *wanted.objects]:
        columns += _ratings(objects, of_objects, wanted.images)
    if wanted.patches:
        columns += _of_patches(wanted.patches, wanted.volumetric)
    if wanted.experiment:
        columns.append(Column(EXPERIMENT, CATEGORY, WEIGHTS, None, COLTYPE_VARCHAR_FORMAT % 255))
    return columns


def _ratings(owner: str, features: Sequence[Feature], images: Sequence[str]) -> list[Column]:
    return [
        Column(owner, CATEGORY, feature.name, image, COLUMN_TYPES[feature.type])
        for image in images
        for feature in features
    ]


def _of_patches(patches: str, volumetric: bool) -> list[Column]:
    """Count, place in the grid, location and number of patches."""
    columns = [Column(IMAGE, "Count", patches, None, COLTYPE_INTEGER)]
    columns += [Column(patches, CATEGORY, feature.name, None, COLTYPE_INTEGER) for feature in GRID_FEATURES]
    axes = "XYZ" if volumetric else "XY"
    columns += [Column(patches, "Location", f"Center_{axis}", None, COLTYPE_FLOAT) for axis in axes]
    return [*columns, Column(patches, "Number", "Object_Number", None, COLTYPE_INTEGER)]
