"""Ratings as measurements, objects and pictures of a CellProfiler workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy
from cellprofiler_core.image import Image
from cellprofiler_core.workspace import Workspace

import imagefocus
from imagefocus.measurements import (
    BEST_PLANE,
    DEFOCUS,
    GRID_FEATURES,
    PROBABILITY_FEATURES,
    measurement_name,
)
from imagefocus.optics import defocus_micrometers

from .adapters import ByteImage, make_objects, place_in_volume
from .columns import full_name


def measure_image(
    volume: imagefocus.VolumeRating, probabilities: bool, sampling: imagefocus.Sampling | None, volumetric: bool
) -> dict[str, Any]:
    """Measurements of an image by feature; `sampling` and `volumetric` add theirs."""
    best = volume.best
    values = best.measurements()
    if probabilities:
        values.update((feature.name, float(p)) for feature, p in zip(PROBABILITY_FEATURES, best.probabilities))
    if sampling:
        values[DEFOCUS.name] = float(defocus_micrometers(best.expected_score, sampling, best.scale))
    if volumetric:
        values[BEST_PLANE.name] = volume.best_plane
    return values


def measure_patches(ratings: imagefocus.PatchRatings, probabilities: bool) -> dict[str, numpy.ndarray]:
    """Measurements of n patches or objects by feature, (n,) each."""
    values = ratings.measurements()
    if probabilities:
        values.update((feature.name, p) for feature, p in zip(PROBABILITY_FEATURES, ratings.probabilities.T))
    return values


def add_image(workspace: Workspace, image: str, values: Mapping[str, Any]) -> None:
    """Record measurements of an image."""
    for feature, value in values.items():
        workspace.measurements.add_image_measurement(measurement_name(feature, image), value)


def add_objects(workspace: Workspace, objects: str, image: str, values: Mapping[str, numpy.ndarray]) -> None:
    """Record measurements of objects in an image."""
    for feature, column in values.items():
        workspace.measurements.add_measurement(objects, measurement_name(feature, image), column)


def add_patches(
    workspace: Workspace,
    objects: str,
    images: Mapping[str, Image],
    volumes: Mapping[str, imagefocus.VolumeRating],
    probabilities: bool,
) -> None:
    """Make objects of the patches that any image rates, in the best plane of the first image, and measure them."""
    first = next(iter(volumes))
    image, plane = images[first], volumes[first].best_plane
    ratings = {name: volume.planes[plane] for name, volume in volumes.items()}
    rated = numpy.any([rating.patches.rated for rating in ratings.values()], axis=0)
    labels = ratings[first].cell_labels(rated)
    if image.pixel_data.ndim == 3:
        labels = place_in_volume(labels, plane, image.pixel_data.shape)
    workspace.object_set.add_objects(make_objects(labels, int(rated.sum()), image), objects)
    for name, rating in ratings.items():
        values = measure_patches(rating.patches, probabilities)
        add_objects(workspace, objects, name, {feature: column[rated] for feature, column in values.items()})
    places = _locate_patches(ratings[first], rated, plane, workspace.pipeline.volumetric())
    for column_name, column in places.items():
        workspace.measurements.add_measurement(objects, column_name, column[rated])
    workspace.measurements.add_image_measurement(full_name("Count", objects), int(rated.sum()))


def _locate_patches(
    rating: imagefocus.ImageRating, rated: numpy.ndarray, plane: int, volumetric: bool
) -> dict[str, numpy.ndarray]:
    """Place in the grid, location and number of all patches by the full name of the measurement."""
    patches = rating.patches
    rows, columns = rating.patch_centers().T
    grid = (patches.grid_rows, patches.grid_columns)
    places = {measurement_name(feature): values for feature, values in zip(GRID_FEATURES, grid)}
    places.update({full_name("Location", "Center_Y"): rows, full_name("Location", "Center_X"): columns})
    if volumetric:
        places[full_name("Location", "Center_Z")] = numpy.full(len(patches), float(plane))
    places[full_name("Number", "Object_Number")] = numpy.cumsum(rated)
    return places


def add_map(
    workspace: Workspace, name: str, image: Image, volume: imagefocus.VolumeRating, uncertain: float | None
) -> None:
    """Add the focus map of an image to the image set."""
    maps, masks = zip(*[plane.focus_map(uncertain) for plane in volume.planes])
    picture = Image(
        maps[0] if image.pixel_data.ndim == 2 else numpy.stack(maps),
        # An image without a mask is known everywhere: its map needs no memory for a mask.
        mask=numpy.reshape(masks, image.pixel_data.shape) if image.has_mask else None,
        parent_image=image,
        dimensions=image.dimensions,
        convert=False,
    )
    workspace.image_set.add(name, picture)


def add_overlay(workspace: Workspace, name: str, image: Image, overlay: numpy.ndarray) -> None:
    """Add the overlay of an image to the image set; that of a volume is a picture of its best plane."""
    volume_names = {"path_name": image.path_name, "file_name": image.file_name}
    origin = volume_names if image.volumetric else {"parent_image": image}
    workspace.image_set.add(name, ByteImage(overlay, **origin))
