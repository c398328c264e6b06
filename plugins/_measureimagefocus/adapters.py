"""Images and objects between CellProfiler's form and NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy
from cellprofiler_core.image import Image
from cellprofiler_core.module import Module
from cellprofiler_core.object import Objects, Segmentation
from cellprofiler_core.setting import Setting
from cellprofiler_core.setting.text import ImageName
from cellprofiler_core.workspace import Workspace

import imagefocus
from imagefocus.pixels import format_shape

ADVICE = {
    imagefocus.TooSmall: "Check any Crop or Resize before it.",
    imagefocus.NotGrayscale: "Make it grayscale with ColorToGray before it.",
    imagefocus.NotFinite: "Check the module that computed the image, or mask such pixels.",
}


class ByteImage(Image):
    """An image that keeps a byte for each channel, where CellProfiler's keep four; its readers get 0 to 1 as always."""

    def __init__(self, pixels: numpy.ndarray, **names: Any) -> None:
        super().__init__(pixels, convert=False, **names)

    def get_image(self) -> numpy.ndarray:
        pixels = super().get_image()
        return pixels.astype(numpy.float32) / 255 if pixels.dtype == numpy.uint8 else pixels

    image = pixel_data = property(get_image, Image.set_image)


class CellSegmentation(Segmentation):
    """Labels from 1 to `count`, each of which some pixel has, kept as they are.

    CellProfiler's own copies and sorts the pixels to find out which labels there are: 6 bytes a pixel.
    """

    def __init__(self, labels: numpy.ndarray, count: int) -> None:
        planes = as_planes(labels)
        super().__init__(shape=(1, 1) + planes.shape)
        self.dense, self.indices = planes[None, None, None], [numpy.arange(1, count + 1)]

    def has_dense(self) -> bool:
        return True

    def get_dense(self) -> tuple[numpy.ndarray, list[numpy.ndarray]]:
        return self.dense, self.indices


def make_objects(labels: numpy.ndarray, count: int, image: Image) -> Objects:
    """CellProfiler's objects of labels from 1 to `count` in an image."""
    objects = Objects()
    if hasattr(objects, "_Objects__segmented"):  # the public setter would copy the labels into CellProfiler's own class
        objects._Objects__segmented = CellSegmentation(labels, count)
    else:  # a version with another name for it
        objects.segmented = labels
    objects.parent_image = image
    return objects


def reads_from_file(module: Module, setting: Setting) -> bool:
    """Whether this provider of an image reads it from a file, by the rule of CellProfiler's MeasureImageQuality."""
    return module.is_load_module() and (
        not isinstance(setting, ImageName) or "file_image" in setting.provided_attributes
    )


def as_planes(array: numpy.ndarray) -> numpy.ndarray:
    """A 2-D array as a volume of one plane; a volume as it is."""
    return array[None] if array.ndim == 2 else array


def mask_plane(image: Image, plane: int) -> numpy.ndarray:
    """One plane of a CellProfiler image, NaN where it is masked out, which overlays show black."""
    pixels = as_planes(image.pixel_data)[plane]
    return numpy.where(as_planes(image.mask)[plane], pixels, numpy.nan) if image.has_mask else pixels


def place_in_volume(labels: numpy.ndarray, plane: int, shape: tuple[int, ...]) -> numpy.ndarray:
    """A volume of a shape that holds 2-D labels in one plane and 0 elsewhere."""
    volume = numpy.zeros(shape, labels.dtype)
    volume[plane] = labels
    return volume


def get_image(workspace: Workspace, name: str) -> Image:
    """The grayscale image or volume of a name.

    Raises
    ------
    ValueError
        If it is a color image.
    """
    image = workspace.image_set.get_image(name)
    if image.volumetric and image.pixel_data.ndim == 3:
        return image
    try:
        return workspace.image_set.get_image(name, must_be_grayscale=True)  # allows color with three equal channels
    except ValueError as error:
        raise ValueError(
            f"MeasureImageFocus cannot rate {name}: it is a color image with {image.pixel_data.shape[-1]} channels. "
            'Make it grayscale with ColorToGray before it, or load it as "Grayscale image" in NamesAndTypes.'
        ) from error


def get_labels(workspace: Workspace, objects: str) -> list[numpy.ndarray]:
    """Labels of objects, each (planes, rows, columns): one array, or several where the objects overlap.

    Raises
    ------
    ValueError
        If there are no such objects.
    """
    if objects not in workspace.object_set.object_names:
        raise ValueError(
            f"MeasureImageFocus cannot rate the objects {objects}: no module before it makes them. Select others."
        )
    return [as_planes(labels) for labels, _ in workspace.object_set.get_objects(objects).get_labels()]


def check_sizes(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise an error if images differ in size; `shapes` are by name."""
    first = next(iter(shapes))
    for name, shape in shapes.items():
        if shape != shapes[first]:
            raise ValueError(
                f"MeasureImageFocus cannot rate {first} and {name} together: they are {format_shape(shapes[first])} "
                f"and {format_shape(shape)} pixels. Measure images of different size in different MeasureImageFocus "
                "modules."
            )


def check_labels(objects: str, labels: numpy.ndarray, name: str, image: Image) -> None:
    """Raise an error if the labels of objects are of another size than an image."""
    shape = as_planes(image.pixel_data).shape
    if labels.shape != shape:
        raise ValueError(
            f"MeasureImageFocus cannot rate the objects {objects} in {name}: they are {format_shape(labels.shape)} "
            f"pixels and the image is {format_shape(shape)}. Measure them on the image that they were found in, or "
            "resize one of them."
        )
