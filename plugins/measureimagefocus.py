"""
MeasureImageFocus
=================

**MeasureImageFocus** rates how far an image is out of focus, with a pretrained network that is bundled with the module:
there is no threshold to tune for your data and nothing to download.

The image is cut into patches of 84 x 84 pixels. The network gives each patch a probability for each of 11 defocus
levels, from 0 (sharp) to 10, and the patches' probabilities are combined into a rating of the image. A patch without
anything to judge (background, noise) is rated as uncertain and hardly counts.

|

============ ============ ===============
Supports 2D? Supports 3D? Respects masks?
============ ============ ===============
YES          NO           YES
============ ============ ===============

What do I need as input?
^^^^^^^^^^^^^^^^^^^^^^^^

A greyscale fluorescence image, at least 84 x 84 pixels, of any bit depth and intensity scale: each patch is normalised
by its own mean and standard deviation. The network was trained on stained nuclei and some cytoplasm; brightfield and
phase contrast are not supported. Rate the image as it was taken, before any module that smooths or sharpens it. If the
image is masked, patches of which more than half is masked out are left out.

What do I get as output?
^^^^^^^^^^^^^^^^^^^^^^^^

Measurements of the image; if you like, the patches as objects with a rating each, for **FilterObjects**, **MaskImage**
or **RelateObjects**; and an overlay picture in which the border of each patch shows its level as hue (blue is sharp, red
is level 10) and its certainty as lightness (black is uncertain).

To find out-of-focus images with **FlagImage**, flag an image when its *ExpectedScore* is above 1.75, the in-focus limit
of weights v2, or when its *CertainFraction* is below 0.05; the latter means that there is nothing to judge, for example
because the field is empty.

An image that is finely sampled, with nuclei of more than about 60 pixels across, is blurred in pixels even in focus:
halve it with **Resize** before this module.

Measurements made by this module
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

Of the image:

- *Score*: the most probable defocus level, 0 (sharp) to 10.
- *ExpectedScore*: the probability-weighted mean level, 0.0 to 10.0.
- *Certainty*: 0.0 (all levels equally probable) to 1.0 (sure).
- *PatchCount*: the number of patches rated.
- *CertainFraction*: the share of the rated patches that can be judged, those with a certainty of at least 0.3.
- *OutOfFocusFraction*: the share of those whose ExpectedScore is above the in-focus limit.

An image with nothing to judge has Score 5, ExpectedScore 5.0 and Certainty 0; no measurement is ever missing.

Of each patch: *Score*, *ExpectedScore* and *Certainty*; *GridRow* and *GridColumn*, its place in the grid, from 0; and
its *Location* and *Number*.

Technical notes
^^^^^^^^^^^^^^^

Level *k* is the blur of *k* x 2 micrometres of defocus at a numerical aperture of 0.5 and 0.65 micrometres per pixel:
a disc of *k* x 3.08 pixels. At another objective or camera the same level is the same blur in pixels and another
distance in micrometres.

The object of a patch is the part of the image nearest to its centre, so that objects never overlap; its rating is of
the whole 84 x 84 window. Where a side of the image is no multiple of 84 the last patches overlap their neighbours.

References
^^^^^^^^^^

- Yang SJ, Berndl M, Ando DM, et al. (2018) "Assessing microscope image focus quality with deep learning." *BMC
  Bioinformatics* 19:77. `doi:10.1186/s12859-018-2087-4 <https://doi.org/10.1186/s12859-018-2087-4>`_
"""

import importlib.metadata
import logging

import numpy

try:
    import imagefocus
except ModuleNotFoundError as error:  # CellProfiler's log is where it shows: the module is missing otherwise
    message = "MeasureImageFocus needs the folder imagefocus beside measureimagefocus.py: copy both from plugins/."
    raise ImportError(message) from error
from cellprofiler_core.constants.measurement import COLTYPE_FLOAT
from cellprofiler_core.constants.measurement import COLTYPE_INTEGER
from cellprofiler_core.constants.measurement import FF_COUNT
from cellprofiler_core.constants.measurement import IMAGE
from cellprofiler_core.constants.measurement import M_LOCATION_CENTER_X
from cellprofiler_core.constants.measurement import M_LOCATION_CENTER_Y
from cellprofiler_core.constants.measurement import M_NUMBER_OBJECT_NUMBER
from cellprofiler_core.image import Image
from cellprofiler_core.module import Module
from cellprofiler_core.object import Objects
from cellprofiler_core.setting import Binary
from cellprofiler_core.setting import ValidationError
from cellprofiler_core.setting.choice import Choice
from cellprofiler_core.setting.subscriber import ImageSubscriber
from cellprofiler_core.setting.text import ImageName
from cellprofiler_core.setting.text import LabelName
from imagefocus.bundle import DEFAULT_WEIGHTS
from imagefocus.engines import choose_engine
from imagefocus.overlay import border_colours

LOGGER = logging.getLogger(__name__)

CATEGORY = "ImageFocus"
RATING_FEATURES = {"Score": COLTYPE_INTEGER, "ExpectedScore": COLTYPE_FLOAT, "Certainty": COLTYPE_FLOAT}
IMAGE_FEATURES = {
    **RATING_FEATURES,
    "PatchCount": COLTYPE_INTEGER,
    "CertainFraction": COLTYPE_FLOAT,
    "OutOfFocusFraction": COLTYPE_FLOAT,
}
GRID_FEATURES = {"GridRow": COLTYPE_INTEGER, "GridColumn": COLTYPE_INTEGER}

ENGINES = {"Automatic": "auto", "NumPy": "numpy", "TensorFlow": "tensorflow"}

ADVICE = {
    imagefocus.TooSmall: "Check any Crop or Resize before it.",
    imagefocus.NotGreyscale: "Make it greyscale with ColorToGray before it.",
    imagefocus.NotFinite: "Check the module that computed the image, or mask such pixels.",
}


def measurement_name(feature, image_name=None):
    """Full name of a measurement, of an image if one is given."""
    return "_".join([CATEGORY, feature] + ([image_name] if image_name else []))


class MeasureImageFocus(Module):
    category = "Measurement"
    module_name = "MeasureImageFocus"
    variable_revision_number = 2

    def create_settings(self):
        self.image_name = ImageSubscriber(
            "Select the image to measure", doc="Select the greyscale image whose focus is to be rated."
        )
        self.wants_patches = Binary(
            "Output the patches as objects?",
            False,
            doc="""\
Select *Yes* to make an object of each rated patch, with its own Score, ExpectedScore and Certainty. Later modules can
then filter, mask or relate by the focus of parts of the image.""",
        )
        self.patches_name = LabelName(
            "Name the patches", "FocusPatches", doc="*(Used only if the patches are output)* Name of the objects."
        )
        self.wants_overlay = Binary(
            "Output an overlay image?",
            False,
            doc="""\
Select *Yes* to make a color picture of the image in which the border of each patch shows its rating: the hue is the
level, from blue (0, sharp) through green (5) to red (10), and the lightness is the certainty; black is uncertain.
Keep it with **SaveImages**.""",
        )
        self.overlay_name = ImageName(
            "Name the overlay image", "FocusOverlay", doc="*(Used only if an overlay is output)* Name of the picture."
        )
        self.engine = Choice(
            "Engine",
            list(ENGINES),
            doc="""\
What runs the network; both give the same ratings.

- *Automatic*: NumPy, unless the image is very large and TensorFlow is installed.
- *NumPy*: needs nothing that CellProfiler does not ship.
- *TensorFlow*: must be installed in CellProfiler's Python.""",
        )
        self.weights = Choice(
            "Weights",
            imagefocus.shipped_weights() or [DEFAULT_WEIGHTS],
            value=DEFAULT_WEIGHTS,
            doc="""\
Version of the trained network. A pipeline keeps the version that it was made with, so that its measurements stay
comparable when newer weights are released.""",
        )

    def settings(self):
        return [
            self.image_name,
            self.wants_patches,
            self.patches_name,
            self.wants_overlay,
            self.overlay_name,
            self.engine,
            self.weights,
        ]

    def visible_settings(self):
        hidden = [] if self.wants_patches else [self.patches_name]
        hidden += [] if self.wants_overlay else [self.overlay_name]
        return [setting for setting in self.settings() if setting not in hidden]

    def upgrade_settings(self, setting_values, variable_revision_number, module_name):
        if variable_revision_number == 1:  # the module of Yang et al. (2018): the image alone
            outputs = ["No", "FocusPatches", "No", "FocusOverlay"]
            setting_values = [setting_values[0]] + outputs + ["Automatic", DEFAULT_WEIGHTS]
            variable_revision_number = 2
        return setting_values, variable_revision_number

    def validate_module(self, pipeline):
        try:
            choose_engine(ENGINES[self.engine.value], (imagefocus.PATCH_SIDE, imagefocus.PATCH_SIDE))
        except imagefocus.EngineError as error:
            raise ValidationError("MeasureImageFocus: %s" % error, self.engine)

    def run(self, workspace):
        image = get_image(workspace, self.image_name.value)
        rating = rate(image, self.image_name.value, ENGINES[self.engine.value], self.weights.value)
        values = rating.measurements()
        for feature, value in values.items():
            workspace.measurements.add_image_measurement(measurement_name(feature, self.image_name.value), value)
        if self.wants_patches:
            self.add_patches(workspace, image, rating)
        if self.wants_overlay or self.show_window:
            overlay = rating.overlay(image.pixel_data)
        if self.wants_overlay:
            workspace.image_set.add(self.overlay_name.value, Image(overlay, parent_image=image))
        if self.show_window:
            workspace.display_data.overlay = overlay
            workspace.display_data.values = values

    def add_patches(self, workspace, image, rating):
        """Add the rated patches to the object set, and their measurements."""
        patches, name = rating.patches, self.patches_name.value
        rated = patches.rated
        objects = Objects()
        objects.segmented = imagefocus.cell_labels(image.pixel_data.shape, rating.step, rated)
        objects.parent_image = image
        workspace.object_set.add_objects(objects, name)

        middle = (imagefocus.PATCH_SIDE - 1) / 2
        columns = {
            measurement_name("Score", self.image_name.value): patches.scores,
            measurement_name("ExpectedScore", self.image_name.value): patches.expected_scores,
            measurement_name("Certainty", self.image_name.value): patches.certainties,
            measurement_name("GridRow"): patches.grid_rows,
            measurement_name("GridColumn"): patches.grid_columns,
            M_LOCATION_CENTER_X: patches.lefts + middle,
            M_LOCATION_CENTER_Y: patches.tops + middle,
        }
        for column, values in columns.items():
            workspace.measurements.add_measurement(name, column, values[rated])
        numbers = numpy.arange(1, rating.patch_count + 1)
        workspace.measurements.add_measurement(name, M_NUMBER_OBJECT_NUMBER, numbers)
        workspace.measurements.add_image_measurement(FF_COUNT % name, rating.patch_count)

    def display(self, workspace, figure):
        data = workspace.display_data
        figure.set_subplots((2, 2))
        overlay = data.overlay / 255.0  # what CellProfiler's figure takes for colours
        figure.subplot_imshow_color(0, 0, overlay, title="Focus of %s" % self.image_name.value)
        draw_legend(figure.subplot(1, 0))
        rows = [[name, "%d" % value if isinstance(value, int) else "%.3f" % value] for name, value in data.values.items()]
        figure.subplot_table(0, 1, rows, col_labels=["Measurement", "Value"])

    def get_categories(self, pipeline, object_name):
        if object_name == IMAGE:
            return [CATEGORY] + (["Count"] if self.wants_patches else [])
        return [CATEGORY, "Location", "Number"] if self.makes(object_name) else []

    def get_measurements(self, pipeline, object_name, category):
        if object_name == IMAGE:
            counts = [self.patches_name.value] if self.wants_patches else []
            return {CATEGORY: list(IMAGE_FEATURES), "Count": counts}.get(category, [])
        if not self.makes(object_name):
            return []
        return {
            CATEGORY: list(RATING_FEATURES) + list(GRID_FEATURES),
            "Location": ["Center_X", "Center_Y"],
            "Number": ["Object_Number"],
        }.get(category, [])

    def get_measurement_images(self, pipeline, object_name, category, measurement):
        of_an_image = measurement in IMAGE_FEATURES and category == CATEGORY
        known = measurement in self.get_measurements(pipeline, object_name, category)
        return [self.image_name.value] if of_an_image and known else []

    def get_measurement_columns(self, pipeline):
        image, patches = self.image_name.value, self.patches_name.value
        columns = [(IMAGE, measurement_name(feature, image), kind) for feature, kind in IMAGE_FEATURES.items()]
        if self.wants_patches:
            columns += [(patches, measurement_name(feature, image), kind) for feature, kind in RATING_FEATURES.items()]
            columns += [(patches, measurement_name(feature), kind) for feature, kind in GRID_FEATURES.items()]
            columns += [
                (patches, M_LOCATION_CENTER_X, COLTYPE_FLOAT),
                (patches, M_LOCATION_CENTER_Y, COLTYPE_FLOAT),
                (patches, M_NUMBER_OBJECT_NUMBER, COLTYPE_INTEGER),
                (IMAGE, FF_COUNT % patches, COLTYPE_INTEGER),
            ]
        return columns

    def makes(self, object_name):
        """Whether these are the patches that this module outputs."""
        return bool(self.wants_patches) and object_name == self.patches_name.value


def get_image(workspace, name):
    """The greyscale image of a name, or an error that says what it is instead."""
    image = workspace.image_set.get_image(name)
    if image.volumetric:
        raise ValueError(
            "MeasureImageFocus cannot rate %s: it is a volume of %s voxels. Load its planes one by one: say No to "
            '"Process as 3D?" in NamesAndTypes.' % (name, " x ".join(str(length) for length in image.pixel_data.shape))
        )
    try:
        return workspace.image_set.get_image(name, must_be_grayscale=True)  # allows colour with three equal channels
    except ValueError as error:
        raise ValueError(
            "MeasureImageFocus cannot rate %s: it is a color image with %d channels. Make it greyscale with ColorToGray "
            'before it, or load it as "Grayscale image" in NamesAndTypes.' % (name, image.pixel_data.shape[-1])
        ) from error


def rate(image, name, engine, weights):
    """Rate a CellProfiler image; what is wrong is said in the module's name and the image's."""
    pixels = image.pixel_data
    mask = image.mask if image.has_mask else None
    try:
        engine = choose_engine(engine, pixels.shape)
        LOGGER.info("MeasureImageFocus rates %s with engine %s, weights %s", name, engine, weights)
        return imagefocus.rate_image(pixels, mask=mask, engine=engine, weights=weights)
    except imagefocus.EngineError as error:
        raise imagefocus.EngineError("MeasureImageFocus: %s" % error) from error
    except tuple(ADVICE) as error:
        raise ValueError("MeasureImageFocus cannot rate %s: %s %s" % (name, error, ADVICE[type(error)])) from error


def draw_legend(axes):
    """Colours of the overlay's borders: levels across, certainty upwards."""
    levels, certainty = numpy.meshgrid(numpy.arange(imagefocus.LEVEL_COUNT), numpy.linspace(0, 1, 11))
    colours = border_colours(levels, certainty)
    axes.imshow(colours, origin="lower", extent=(-0.5, 10.5, 0, 1), aspect="auto", interpolation="nearest")
    axes.set_title("Border of a patch")
    axes.set_xlabel("Defocus level (0 is sharp)")
    axes.set_ylabel("Certainty")
    axes.set_xticks(range(0, imagefocus.LEVEL_COUNT, 2))


def warn_of_other_version():
    """The plugins directory comes first on the path: say so when it hides an installed copy of another version."""
    try:
        installed = importlib.metadata.version("imagefocus")
    except importlib.metadata.PackageNotFoundError:
        return
    if installed != imagefocus.__version__:
        LOGGER.warning(
            "MeasureImageFocus uses imagefocus %s at %s, not the installed version %s.",
            imagefocus.__version__,
            imagefocus.__path__[0],
            installed,
        )


warn_of_other_version()
