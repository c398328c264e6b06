"""Images as CellProfiler hands them over, and what is said of those that cannot be rated."""

import numpy
from cellprofiler_core.image import Image
from cellprofiler_core.object import Objects, Segmentation
from cellprofiler_core.setting.text import ImageName

import imagefocus
from imagefocus.pixels import format_shape

ADVICE = {
    imagefocus.TooSmall: "Check any Crop or Resize before it.",
    imagefocus.NotGrayscale: "Make it grayscale with ColorToGray before it.",
    imagefocus.NotFinite: "Check the module that computed the image, or mask such pixels.",
}


class ByteImage(Image):
    """An image that keeps a byte a channel, where CellProfiler's keep four; whoever reads it gets 0 to 1 as always."""

    def __init__(self, pixels, **names):
        super().__init__(pixels, convert=False, **names)

    def get_image(self):
        pixels = super().get_image()
        return pixels.astype(numpy.float32) / 255 if pixels.dtype == numpy.uint8 else pixels

    image = pixel_data = property(get_image, Image.set_image)


class CellSegmentation(Segmentation):
    """Labels from 1 to `count`, each of which some pixel has, kept as they are.

    CellProfiler's own copies and sorts the pixels to find out which labels there are: 6 bytes a pixel.
    """

    def __init__(self, labels, count):
        planes = labels.shape if labels.ndim == 3 else (1,) + labels.shape
        super().__init__(shape=(1, 1) + planes)
        self.dense, self.indices = labels.reshape((1, 1, 1) + planes), [numpy.arange(1, count + 1)]

    def has_dense(self):
        return True

    def get_dense(self):
        return self.dense, self.indices


def cell_objects(labels, count, image):
    """CellProfiler's objects of such labels in an image."""
    objects = Objects()
    if hasattr(objects, "_Objects__segmented"):  # the public setter would make CellProfiler's own of them
        objects._Objects__segmented = CellSegmentation(labels, count)
    else:  # a version with another name for it
        objects.segmented = labels
    objects.parent_image = image
    return objects


def reads_from_file(module, setting):
    """Whether this provider of an image reads it from a file, as MeasureImageQuality asks."""
    return module.is_load_module() and (
        not isinstance(setting, ImageName) or "file_image" in setting.provided_attributes
    )


def planes_of(array):
    """A 2-D array as a volume of one plane; a volume as it is."""
    return array[None] if array.ndim == 2 else array


def plane_to_draw(image, plane):
    """One plane of a CellProfiler image, NaN where it is masked out, which is drawn black."""
    pixels = planes_of(image.pixel_data)[plane]
    return numpy.where(planes_of(image.mask)[plane], pixels, numpy.nan) if image.has_mask else pixels


def in_plane(labels, plane, shape):
    """A volume of a shape that holds 2-D labels in one plane and 0 elsewhere."""
    volume = numpy.zeros(shape, labels.dtype)
    volume[plane] = labels
    return volume


def get_image(workspace, name):
    """The grayscale image or volume of a name, or an error that says what it is instead."""
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


def check_sizes(shapes):
    """Raise an error if the images differ in size."""
    first = next(iter(shapes))
    for name, shape in shapes.items():
        if shape != shapes[first]:
            raise ValueError(
                f"MeasureImageFocus cannot rate {first} and {name} together: they are {format_shape(shapes[first])} "
                f"and {format_shape(shape)} pixels. Measure images of different size in different MeasureImageFocus "
                "modules."
            )
