"""The measurements that MeasureImageFocus records: the columns that it declares and what pickers offer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
class RecordingChoices:
    """What decides which measurements a module records in a pipeline."""

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


def list_columns(choices: RecordingChoices) -> list[Column]:
    """Everything that `run` records, in the order of CellProfiler's tables."""
    columns = _rating_columns(IMAGE, _list_image_features(choices), choices.images)
    probabilities = PROBABILITY_FEATURES if choices.probabilities else ()
    for objects in [*([choices.patches] if choices.patches else []), *choices.objects]:
        columns += _rating_columns(objects, (*PATCH_FEATURES, *probabilities), choices.images)
    if choices.patches:
        columns += _patch_columns(choices.patches, choices.volumetric)
    if choices.experiment:
        columns.append(Column(EXPERIMENT, CATEGORY, WEIGHTS, None, COLTYPE_VARCHAR_FORMAT % 255))
    return columns


def _list_image_features(choices: RecordingChoices) -> list[Feature]:
    features = list(IMAGE_FEATURES)
    if choices.probabilities:
        features += PROBABILITY_FEATURES
    if choices.defocus:
        features.append(DEFOCUS)
    if choices.volumetric:
        features.append(BEST_PLANE)
    return features


def _rating_columns(owner: str, features: Sequence[Feature], images: Sequence[str]) -> list[Column]:
    return [
        Column(owner, CATEGORY, feature.name, image, COLUMN_TYPES[feature.type])
        for image in images
        for feature in features
    ]


def _patch_columns(patches: str, volumetric: bool) -> list[Column]:
    """Count, place in the grid, location and number of patches."""
    columns = [Column(IMAGE, "Count", patches, None, COLTYPE_INTEGER)]
    columns += [Column(patches, CATEGORY, feature.name, None, COLUMN_TYPES[feature.type]) for feature in GRID_FEATURES]
    axes = "XYZ" if volumetric else "XY"
    columns += [Column(patches, "Location", f"Center_{axis}", None, COLTYPE_FLOAT) for axis in axes]
    return [*columns, Column(patches, "Number", "Object_Number", None, COLTYPE_INTEGER)]


def list_categories(columns: Iterable[Column], owner: str) -> list[str]:
    """Categories of an owner's measurements, each once."""
    return list(dict.fromkeys(column.category for column in columns if column.owner == owner))


def list_features(columns: Iterable[Column], owner: str, category: str) -> list[str]:
    """Features of a category, without image, each once."""
    chosen = (owner, category)
    return list(dict.fromkeys(column.feature for column in columns if (column.owner, column.category) == chosen))


def list_images(columns: Iterable[Column], owner: str, category: str, feature: str) -> list[str]:
    """Images in which a feature is measured."""
    chosen = (owner, category, feature)
    return [
        column.image for column in columns if column.image and (column.owner, column.category, column.feature) == chosen
    ]
