"""
MeasureImageFocus
=================

**MeasureImageFocus** rates how far an image is out of focus, with a pretrained network that is bundled with the module:
there is no threshold to tune for your data and nothing to download.

The image is cut into patches of 84 x 84 pixels. The network gives each patch a probability for each of 11 defocus
levels, from 0 (sharp) to 10, and the patches' probabilities are combined into a rating of the image. A patch without
anything to judge (background, noise), or whose level the network cannot tell to one or so, is rated as uncertain and
hardly counts.

|

============ ============ ===============
Supports 2D? Supports 3D? Respects masks?
============ ============ ===============
YES          YES          YES
============ ============ ===============

What do I need as input?
^^^^^^^^^^^^^^^^^^^^^^^^

Grayscale fluorescence images of one size, at least 84 x 84 pixels, of any bit depth and intensity scale: each patch is
normalized by its own mean and standard deviation. The network was trained on stained nuclei and some cytoplasm;
brightfield and phase contrast are not supported. Rate the image as it was taken, before any module that smooths or
sharpens it. If the image is masked, patches of which more than half is masked out are left out.

Each plane of a volume is rated; the measurements are those of the sharpest plane that can be judged.

An image that is finely sampled, with nuclei of more than about 60 pixels across, is blurred in pixels even in focus:
give the microscope's sampling, and it is made smaller before it is rated.

What do I get as output?
^^^^^^^^^^^^^^^^^^^^^^^^

- Measurements of each image, see below.
- The patches as objects with a rating each, for **FilterObjects**, **MaskImage** or **RelateObjects**.
- Ratings of objects that you have segmented. **A rating is of the 84 x 84 pixels about the object, not of the object
  alone**: a neighbor counts as well.
- An overlay picture in which the border of each patch shows its level as hue (blue is sharp, red is level 10) and its
  certainty as lightness (black is uncertain).
- A focus map: the level over the image as a grayscale picture, for **Threshold** and **MaskImage**.

To find out-of-focus images with **FlagImage**, flag an image when its *ExpectedScore* is above 1.73, the in-focus limit
of weights v5, or when its *CertainFraction* is below 0.05; the latter means that there is nothing to judge, for example
because the field is empty.

How much the neighbors of an object count was measured with real nuclei of about 40 pixels across, in focus and at level
6 in turn like the squares of a chessboard. The share of them on the right side of the in-focus limit:

============================ ==== ==== ==== ==== ==== ====
Distance of neighbors, px    42   54   66   84   120  160
============================ ==== ==== ==== ==== ==== ====
Right side of the limit, %   53   82   99   100  99   100
============================ ==== ==== ==== ==== ==== ====

Measurements made by this module
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

Of each image:

- *Score*: the most probable defocus level, 0 (sharp) to 10.
- *ExpectedScore*: the probability-weighted mean level, 0.0 to 10.0.
- *Certainty*: 0.0 (all levels equally probable) to 1.0 (sure).
- *PatchCount*: the number of patches rated.
- *CertainFraction*: the share of the rated patches that can be judged, those with a certainty of at least 0.3.
- *OutOfFocusFraction*: the share of those whose ExpectedScore is above the in-focus limit.
- *Probability00* to *Probability10*, if asked for: the probability of each level.
- *DefocusMicrons*, if the sampling is given: the distance from focus that blurs as much as ExpectedScore.
- *BestPlane*, of volumes: the index, from 0, of the plane that is measured.

No measurement is ever missing. A constant or fully masked image has Score 5, ExpectedScore 5.0 and Certainty 0. A blank
field, which holds noise, has any Score and a Certainty near 0: *CertainFraction* tells it, and what *DefocusMicrons*
says of it means nothing.

Of each patch and object, for each image: *Score*, *ExpectedScore* and *Certainty*, and the probabilities if asked for.
Of each patch: *GridRow* and *GridColumn*, its place in the grid, from 0; its *Location* and *Number*.

Of the experiment: *Weights*, the version of the network and the first 8 digits of its checksum.

Technical notes
^^^^^^^^^^^^^^^

Level *k* is the blur of *k* x 2 micrometers of defocus at a numerical aperture of 0.5 and 0.65 micrometers per pixel: a
disc of 3.08 *k* pixels. At another objective or camera the same level is the same blur in pixels and another distance:
an object *z* out of focus is blurred to a disc of diameter 2 *z* NA / *n* (Born & Wolf), so that

*DefocusMicrons* = *ExpectedScore* x 3.08 x pixel size x *n* / (2 NA).

In focus, diffraction spreads a point over a multiple of wavelength / NA, which is 1.54 pixels where the levels are
defined. Where it is more, and you choose so, the image is made smaller by 1.54 / (wavelength / NA / pixel size) before
it is rated, and *DefocusMicrons* is divided by that factor.

The object of a patch is the part of the image nearest to its center, so that objects never overlap; its rating is of
the whole 84 x 84 window. Where a side of the image is no multiple of 84 the last patches overlap their neighbors. A
patch is an object if any of the images rates it; for an image that does not, it has nothing to judge. In a volume the
patches lie in the best plane of the first image, and objects are rated in the plane of their center.

References
^^^^^^^^^^

- Yang SJ, Berndl M, Ando DM, et al. (2018) "Assessing microscope image focus quality with deep learning." *BMC
  Bioinformatics* 19:77. `doi:10.1186/s12859-018-2087-4 <https://doi.org/10.1186/s12859-018-2087-4>`_
- Born M, Wolf E (1999) *Principles of Optics*, 7th edition, section 8.8. Cambridge University Press.
  `doi:10.1017/CBO9781139644181 <https://doi.org/10.1017/CBO9781139644181>`_
"""

import importlib.metadata
import logging

import numpy

try:
    import imagefocus
    from _measureimagefocus.adapters import (
        ADVICE,
        Picture,
        cell_objects,
        check_sizes,
        get_image,
        in_plane,
        loads,
        plane_to_draw,
        planes_of,
    )
    from _measureimagefocus.columns import CATEGORY, measured, measurement_name, picture_name
    from _measureimagefocus.settings import (
        CUSTOM,
        ENGINES,
        OWN_WEIGHTS,
        PALETTE_NAMES,
        SELECTED_IMAGES,
        SPACINGS,
        UNCERTAIN,
        create_settings,
        upgrade,
    )
    from _measureimagefocus.validation import check_names, check_values
except ModuleNotFoundError as error:  # CellProfiler's log is where it shows: the module is missing otherwise
    raise ImportError(
        "MeasureImageFocus needs the folders imagefocus and _measureimagefocus beside measureimagefocus.py: copy all that "
        "is in plugins/."
    ) from error
from cellprofiler_core.image import Image
from cellprofiler_core.module import Module
from cellprofiler_core.setting import ValidationError

from imagefocus.figures import draw_legend, draw_levels
from imagefocus.measurements import PROBABILITY_FEATURES
from imagefocus.network.engines import choose_engine, load_weights
from imagefocus.optics import check_sampling, defocus_micrometers, known_scale
from imagefocus.pixels import format_shape

LOGGER = logging.getLogger(__name__)


class MeasureImageFocus(Module):
    category = "Measurement"
    module_name = "MeasureImageFocus"
    variable_revision_number = 3

    def create_settings(self):
        create_settings(self)

    def settings(self):
        return [
            self.images_choice,
            self.image_names,
            self.spacing,
            self.wants_probabilities,
            self.wants_patches,
            self.patches_name,
            self.wants_objects,
            self.object_names,
            self.wants_overlay,
            self.overlay_prefix,
            self.palette,
            self.wants_map,
            self.map_prefix,
            self.uncertain,
            self.wants_sampling,
            self.pixel_size,
            self.numerical_aperture,
            self.refractive_index,
            self.wavelength,
            self.wants_scale,
            self.limits_choice,
            self.in_focus_limit,
            self.judged_certainty,
            self.engine,
            self.weights,
            self.weights_folder,
        ]

    def visible_settings(self):
        hidden = set()
        for shown, settings in (
            (self.selects, [self.image_names, self.wants_overlay, self.wants_map]),
            (self.wants_patches.value, [self.patches_name]),
            (self.wants_objects.value, [self.object_names]),
            (self.makes_overlays, [self.overlay_prefix, self.palette]),
            (self.makes_maps, [self.map_prefix, self.uncertain]),
            (self.wants_sampling.value, self.sampling_settings() + [self.wants_scale]),
            (self.limits_choice.value == CUSTOM, [self.in_focus_limit, self.judged_certainty]),
            (self.weights.value == OWN_WEIGHTS, [self.weights_folder]),
        ):
            hidden |= set() if shown else set(map(id, settings))
        return [setting for setting in self.settings() if id(setting) not in hidden]

    def sampling_settings(self):
        return [self.pixel_size, self.numerical_aperture, self.refractive_index, self.wavelength]

    @property
    def selects(self):
        return self.images_choice.value == SELECTED_IMAGES

    @property
    def makes_overlays(self):
        return self.selects and self.wants_overlay.value

    @property
    def makes_maps(self):
        return self.selects and self.wants_map.value

    def volumetric(self):
        return True  # otherwise CellProfiler runs no pipeline that processes its images as 3D

    def upgrade_settings(self, setting_values, variable_revision_number, module_name):
        if variable_revision_number < self.variable_revision_number:
            defaults = [setting.value_text for setting in type(self)().settings()]
            return upgrade(setting_values, variable_revision_number, defaults)
        return setting_values, variable_revision_number

    def images_to_measure(self, pipeline):
        """Names of the images: those selected, or those that input modules load."""
        if self.selects:
            return list(self.image_names.value)
        providers = pipeline.get_provider_dictionary("imagegroup", self)
        # Sorted, since LoadData names its images in an order that differs from process to process.
        return sorted(name for name, of in providers.items() if any(loads(module, setting) for module, setting in of))

    def pictures(self):
        """Name of each picture made -> the prefix setting that named it."""
        wanted = [(self.makes_overlays, self.overlay_prefix), (self.makes_maps, self.map_prefix)]
        prefixes = [prefix for wants, prefix in wanted if wants]
        return {picture_name(prefix, name): prefix for prefix in prefixes for name in self.image_names.value}

    def other_providers(self, group):
        return list(self.pictures()) if group == "imagegroup" else []

    def sampling(self):
        """The microscope's imagefocus.Sampling, or None if it is not given."""
        if not self.wants_sampling:
            return None
        pixel_size, aperture, index, wavelength = (setting.value for setting in self.sampling_settings())
        return imagefocus.Sampling(pixel_size, aperture, index, wavelength)

    def scale(self):
        """The factor by which images are made smaller before they are rated."""
        return known_scale(self.sampling()) if self.wants_sampling and self.wants_scale else 1.0

    def image_options(self):
        """What `rate_volume` is told beyond engine and weights."""
        options = {"step": SPACINGS[self.spacing.value]}
        if self.limits_choice.value == CUSTOM:
            options.update(judged_certainty=self.judged_certainty.value, in_focus_limit=self.in_focus_limit.value)
        return options

    def chosen_weights(self):
        """Name or folder of the weights."""
        own = self.weights.value == OWN_WEIGHTS
        return self.weights_folder.get_absolute_path() if own else self.weights.value

    def validate_module(self, pipeline):
        """Raise ValidationError at the setting that is wrong; called by `run` too, since headless nothing else does."""
        check_values(self, pipeline)
        names = self.images_to_measure(pipeline)
        if not names:
            raise ValidationError("MeasureImageFocus: select at least one image to measure.", self.image_names)
        for name in names:
            if names.count(name) > 1 or any(
                name in other.images_to_measure(pipeline) for other in self.others(pipeline)
            ):
                message = "MeasureImageFocus: %s is measured twice; select it once, in one MeasureImageFocus."
                raise ValidationError(message % name, self.image_names)
        if self.wants_objects and not self.object_names.value:
            raise ValidationError(
                "MeasureImageFocus: select at least one set of objects to measure.", self.object_names
            )
        check_names(self, pipeline)
        try:
            if self.wants_sampling:
                check_sampling(self.sampling())
        except ValueError as error:
            raise ValidationError(f"MeasureImageFocus: {error}", self.numerical_aperture)
        try:
            choose_engine(ENGINES[self.engine.value], (imagefocus.PATCH_SIDE, imagefocus.PATCH_SIDE))
        except imagefocus.EngineError as error:
            raise ValidationError(f"MeasureImageFocus: {error}", self.engine)
        try:
            load_weights(self.chosen_weights())
        except imagefocus.WeightsError as error:
            setting = self.weights_folder if self.weights.value == OWN_WEIGHTS else self.weights
            raise ValidationError(f"MeasureImageFocus: {error}", setting)

    def others(self, pipeline):
        """The other modules of this kind in the pipeline that run."""
        modules = [module for module in pipeline.modules() if module.module_name == self.module_name and module.enabled]
        return [module for module in modules if module.module_num != self.module_num]

    def prepare_run(self, workspace):
        self.validate_module(workspace.pipeline)  # better now than after hours of other modules
        modules = [self] + self.others(workspace.pipeline)
        weights = sorted({load_weights(module.chosen_weights()).fingerprint for module in modules})
        workspace.measurements.add_experiment_measurement(measurement_name(CATEGORY, "Weights"), ", ".join(weights))
        return True

    def run(self, workspace):
        self.validate_module(workspace.pipeline)
        images = {name: get_image(workspace, name) for name in self.images_to_measure(workspace.pipeline)}
        check_sizes({name: image.pixel_data.shape for name, image in images.items()})
        volumes = {
            name: self.rate(imagefocus.rate_volume, image, name, **self.image_options())
            for name, image in images.items()
        }
        values = {name: self.image_values(volume, workspace.pipeline) for name, volume in volumes.items()}
        for name in values:
            for feature, value in values[name].items():
                workspace.measurements.add_image_measurement(measurement_name(CATEGORY, feature, name), value)
        if self.wants_patches:
            self.add_patches(workspace, images, volumes)
        for object_name in self.object_names.value if self.wants_objects else ():
            self.rate_objects(workspace, images, object_name)
        if self.makes_maps:
            self.add_maps(workspace, images, volumes)
        if self.makes_overlays or self.show_window:
            palette = PALETTE_NAMES[self.palette.value]
            overlays = {
                name: volume.best.overlay(plane_to_draw(images[name], volume.best_plane), palette)
                for name, volume in volumes.items()
            }
        if self.makes_overlays:
            self.add_overlays(workspace, images, overlays)
        if self.show_window:
            workspace.display_data.overlays = overlays
            workspace.display_data.levels = {name: volume.best.judged_scores() for name, volume in volumes.items()}
            workspace.display_data.values = values

    def rate(self, function, image, name, **options):
        """Call a rating function on a CellProfiler image; what is wrong is said in the module's name and the image's."""
        pixels, mask = planes_of(image.pixel_data), planes_of(image.mask) if image.has_mask else None
        try:
            engine = choose_engine(ENGINES[self.engine.value], pixels.shape[1:])
            LOGGER.info("MeasureImageFocus rates %s with engine %s, weights %s", name, engine, self.chosen_weights())
            options.update(mask=mask, engine=engine, weights=self.chosen_weights(), scale=self.scale())
            return function(pixels, **options)
        except imagefocus.EngineError as error:
            raise imagefocus.EngineError(f"MeasureImageFocus: {error}") from error
        except tuple(ADVICE) as error:
            advice = ADVICE[type(error)]
            if isinstance(error, imagefocus.TooSmall) and self.scale() < 1:
                advice = f"Check the pixel size, or answer No to: {self.wants_scale.text}"
            raise ValueError(f"MeasureImageFocus cannot rate {name}: {error} {advice}") from error

    def image_values(self, volume, pipeline):
        """The image's measurements by feature."""
        best = volume.best
        values = best.measurements()
        if self.wants_probabilities:
            values.update((feature.name, float(p)) for feature, p in zip(PROBABILITY_FEATURES, best.probabilities))
        if self.wants_sampling:
            microns = defocus_micrometers(best.expected_score, self.sampling(), best.scale)
            values["DefocusMicrons"] = float(microns)
        if pipeline.volumetric():
            values["BestPlane"] = volume.best_plane
        return values

    def patch_values(self, ratings):
        """Measurements of patches or objects by feature, an array each."""
        columns = {"Score": ratings.scores, "ExpectedScore": ratings.expected_scores, "Certainty": ratings.certainties}
        if self.wants_probabilities:
            columns.update((feature.name, p) for feature, p in zip(PROBABILITY_FEATURES, ratings.probabilities.T))
        return columns

    def add_patches(self, workspace, images, volumes):
        """Add the patches that any image rates to the object set, in the best plane of the first image."""
        first = next(iter(volumes))
        image, plane = images[first], volumes[first].best_plane
        ratings = {name: volume.planes[plane] for name, volume in volumes.items()}
        rated = numpy.any([rating.patches.rated for rating in ratings.values()], axis=0)
        labels = ratings[first].cell_labels(rated)
        if image.pixel_data.ndim == 3:
            labels = in_plane(labels, plane, image.pixel_data.shape)
        workspace.object_set.add_objects(cell_objects(labels, int(rated.sum()), image), self.patches_name.value)

        patches = ratings[first].patches
        columns = {
            measurement_name(CATEGORY, feature, name): values
            for name, rating in ratings.items()
            for feature, values in self.patch_values(rating.patches).items()
        }
        columns[measurement_name(CATEGORY, "GridRow")] = patches.grid_rows
        columns[measurement_name(CATEGORY, "GridColumn")] = patches.grid_columns
        rows, center_columns = ratings[first].patch_centers().T
        columns[measurement_name("Location", "Center_Y")] = rows
        columns[measurement_name("Location", "Center_X")] = center_columns
        if workspace.pipeline.volumetric():
            columns[measurement_name("Location", "Center_Z")] = numpy.full(len(patches), float(plane))
        columns[measurement_name("Number", "Object_Number")] = numpy.cumsum(rated)
        for column, values in columns.items():
            workspace.measurements.add_measurement(self.patches_name.value, column, values[rated])
        count = measurement_name("Count", self.patches_name.value)
        workspace.measurements.add_image_measurement(count, int(rated.sum()))

    def rate_objects(self, workspace, images, object_name):
        """Measure a set of segmented objects in each image."""
        if object_name not in workspace.object_set.object_names:
            message = "MeasureImageFocus cannot rate the objects %s: no module before it makes them. Select others."
            raise ValueError(message % object_name)
        layers = [planes_of(labels) for labels, _ in workspace.object_set.get_objects(object_name).get_labels()]
        for name, image in images.items():
            shape = planes_of(image.pixel_data).shape
            if layers[0].shape != shape:
                raise ValueError(
                    f"MeasureImageFocus cannot rate the objects {object_name} in {name}: they are {format_shape(layers[0].shape)} pixels and the image is {format_shape(shape)}. Measure "
                    "them on the image that they were found in, or resize one of them."
                )
            ratings = self.rate(imagefocus.rate_objects, image, name, labels=layers)
            for feature, values in self.patch_values(ratings).items():
                full_name = measurement_name(CATEGORY, feature, name)
                workspace.measurements.add_measurement(object_name, full_name, values)

    def add_maps(self, workspace, images, volumes):
        """Add the focus map of each image."""
        for name, volume in volumes.items():
            image, flat = images[name], images[name].pixel_data.ndim == 2
            maps, masks = zip(*[plane.focus_map(UNCERTAIN[self.uncertain.value]) for plane in volume.planes])
            picture = Image(
                maps[0] if flat else numpy.stack(maps),
                # An image without a mask is known everywhere: its map needs no memory for a mask.
                mask=numpy.reshape(masks, image.pixel_data.shape) if image.has_mask else None,
                parent_image=image,
                dimensions=image.dimensions,
                convert=False,
            )
            workspace.image_set.add(picture_name(self.map_prefix, name), picture)

    def add_overlays(self, workspace, images, overlays):
        """Add the overlay of each image; that of a volume is a picture of its best plane."""
        for name, overlay in overlays.items():
            parent = images[name]
            names = (
                {"path_name": parent.path_name, "file_name": parent.file_name}
                if parent.volumetric
                else {"parent_image": parent}
            )
            workspace.image_set.add(picture_name(self.overlay_prefix, name), Picture(overlay, **names))

    def display(self, workspace, figure):
        data = workspace.display_data
        names, palette = list(data.overlays), PALETTE_NAMES[self.palette.value]
        one = len(names) == 1
        columns = 2 if one else max(3, len(names))
        legend, levels, table = ((1, 0), (0, 1), (1, 1)) if one else ((0, 1), (1, 1), (2, 1))
        figure.set_subplots((columns, 2))
        for column, name in enumerate(names):
            overlay = data.overlays[name] / 255.0  # what CellProfiler's figure takes for colors
            figure.subplot_imshow_color(column, 0, overlay, title=f"Focus of {name}")
        draw_legend(figure.subplot(*legend), palette)
        draw_levels(figure.subplot(*levels), data.levels)
        features = list(data.values[names[0]])
        rows = [[feature] + [shown(data.values[name][feature]) for name in names] for feature in features]
        figure.subplot_table(*table, rows, col_labels=["Measurement"] + names, n_cols=columns - table[0])

    def get_measurement_columns(self, pipeline):
        return [
            (row.owner, measurement_name(row.category, row.feature, row.of), row.column_type)
            for row in measured(self, pipeline)
        ]

    def get_categories(self, pipeline, object_name):
        return distinct(row.category for row in measured(self, pipeline) if row.owner == object_name)

    def get_measurements(self, pipeline, object_name, category):
        of = (object_name, category)
        return distinct(row.feature for row in measured(self, pipeline) if (row.owner, row.category) == of)

    def get_measurement_images(self, pipeline, object_name, category, measurement):
        of = (object_name, category, measurement)
        return [row.of for row in measured(self, pipeline) if row[:3] == of and row.of]


def distinct(values):
    """The values in their order, each once."""
    return list(dict.fromkeys(values))


def shown(value):
    """A measurement as the table of the window shows it."""
    return f"{value}" if isinstance(value, int) else f"{value:.3f}"


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
