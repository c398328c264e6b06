"""MeasureImageFocus: the CellProfiler module. Its help is in `_measureimagefocus/help.py`."""

from __future__ import annotations

import importlib.metadata
import logging

try:
    import imagefocus
    from _measureimagefocus import records, validation
    from _measureimagefocus.adapters import ADVICE, check_sizes, get_image, plane_to_draw, planes_of
    from _measureimagefocus.advanced_settings import ENGINES, OWN_WEIGHTS
    from _measureimagefocus.choices import FocusSettings
    from _measureimagefocus.columns import Wanted, full_name, list_columns
    from _measureimagefocus.help import HELP
    from _measureimagefocus.settings import PALETTE_NAMES, UNCERTAIN
    from _measureimagefocus.window import draw_window
except ModuleNotFoundError as error:  # CellProfiler's log is where it shows: the module is missing otherwise
    raise ImportError(
        "MeasureImageFocus needs the folders imagefocus and _measureimagefocus beside measureimagefocus.py: copy all "
        "that is in plugins/."
    ) from error
from cellprofiler_core.setting import ValidationError

from imagefocus.measurements import CATEGORY, WEIGHTS, measurement_name
from imagefocus.modality import looks_unlike_fluorescence
from imagefocus.network.engines import choose_engine, load_weights
from imagefocus.pixels import format_shape

__doc__ = HELP  # CellProfiler shows the docstring of this file

LOGGER = logging.getLogger(__name__)


class MeasureImageFocus(FocusSettings):
    category = "Measurement"
    module_name = "MeasureImageFocus"

    def validate_module(self, pipeline):
        """Raise ValidationError at the setting that is wrong; called by `run` too, since headless nothing else does."""
        shown = [setting for setting in self.visible_settings() if setting is not self.weights]
        validation.check_values(shown, pipeline)
        others = [name for other in self.others(pipeline) for name in other.images_to_measure(pipeline)]
        validation.check_images(self.images_to_measure(pipeline), others, self.image_names)
        if self.wants_objects and not self.object_names.value:
            raise ValidationError(
                "MeasureImageFocus: select at least one set of objects to measure.", self.object_names
            )
        if self.wants_patches:
            validation.check_patches_name(self.patches_name, self, pipeline)
        if self.makes_overlays and self.makes_maps and self.overlay_prefix.value == self.map_prefix.value:
            raise ValidationError(
                "MeasureImageFocus: overlays and focus maps need different prefixes.", self.map_prefix
            )
        validation.check_pictures(self.pictures(), self, pipeline)
        if self.wants_sampling:
            validation.check_microscope(self.sampling(), self.numerical_aperture)
        validation.check_engine(ENGINES[self.engine.value], self.engine)
        own = self.weights.value == OWN_WEIGHTS
        validation.check_weights(self.chosen_weights(), self.weights_folder if own else self.weights)

    def others(self, pipeline):
        """The other modules of this kind in the pipeline that run."""
        modules = [module for module in pipeline.modules() if module.module_name == self.module_name and module.enabled]
        return [module for module in modules if module.module_num != self.module_num]

    def prepare_run(self, workspace):
        self.validate_module(workspace.pipeline)  # better now than after hours of other modules
        modules = [self] + self.others(workspace.pipeline)
        weights = sorted({load_weights(module.chosen_weights()).fingerprint for module in modules})
        workspace.measurements.add_experiment_measurement(full_name(CATEGORY, WEIGHTS), ", ".join(weights))
        return True

    def run(self, workspace):
        self.validate_module(workspace.pipeline)
        images = {name: get_image(workspace, name) for name in self.images_to_measure(workspace.pipeline)}
        check_sizes({name: image.pixel_data.shape for name, image in images.items()})
        volumes = {
            name: self.rate(imagefocus.rate_volume, image, name, **self.image_options())
            for name, image in images.items()
        }
        for name, volume in volumes.items():
            warn_of_modality(name, planes_of(images[name].pixel_data)[volume.best_plane])
        values = self.record_images(workspace, volumes)
        if self.wants_patches:
            probabilities = bool(self.wants_probabilities)
            records.add_patches(workspace, self.patches_name.value, images, volumes, probabilities)
        for object_name in self.object_names.value if self.wants_objects else ():
            self.rate_objects(workspace, images, object_name)
        for name in images if self.makes_maps else ():
            map_name = f"{self.map_prefix.value}_{name}"
            records.add_map(workspace, map_name, images[name], volumes[name], UNCERTAIN[self.uncertain.value])
        if self.makes_overlays or self.show_window:
            overlays = self.draw_overlays(images, volumes)
        for name in images if self.makes_overlays else ():
            records.add_overlay(workspace, f"{self.overlay_prefix.value}_{name}", images[name], overlays[name])
        if self.show_window:
            workspace.display_data.overlays = overlays
            workspace.display_data.levels = {name: volume.best.judged_scores() for name, volume in volumes.items()}
            workspace.display_data.values = values

    def rate(self, function, image, name, **options):
        """Call a rating function on a CellProfiler image; an error names the module and the image."""
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

    def record_images(self, workspace, volumes):
        """Record the measurements of each image; they are given back, too, by image and feature."""
        probabilities, volumetric = bool(self.wants_probabilities), workspace.pipeline.volumetric()
        values = {
            name: records.image_values(volume, probabilities, self.sampling(), volumetric)
            for name, volume in volumes.items()
        }
        for name in values:
            for feature, value in values[name].items():
                workspace.measurements.add_image_measurement(measurement_name(feature, name), value)
        return values

    def rate_objects(self, workspace, images, object_name):
        """Measure a set of segmented objects in each image."""
        if object_name not in workspace.object_set.object_names:
            raise ValueError(
                f"MeasureImageFocus cannot rate the objects {object_name}: no module before it makes them. Select "
                "others."
            )
        layers = [planes_of(labels) for labels, _ in workspace.object_set.get_objects(object_name).get_labels()]
        for name, image in images.items():
            shape = planes_of(image.pixel_data).shape
            if layers[0].shape != shape:
                raise ValueError(
                    f"MeasureImageFocus cannot rate the objects {object_name} in {name}: they are "
                    f"{format_shape(layers[0].shape)} pixels and the image is {format_shape(shape)}. Measure them on "
                    "the image that they were found in, or resize one of them."
                )
            ratings = self.rate(imagefocus.rate_objects, image, name, labels=layers)
            values = records.patch_values(ratings, bool(self.wants_probabilities))
            records.add_objects(workspace, object_name, name, values)

    def draw_overlays(self, images, volumes):
        """The overlay of each image; that of a volume is of its best plane."""
        palette = PALETTE_NAMES[self.palette.value]
        return {
            name: volume.best.overlay(plane_to_draw(images[name], volume.best_plane), palette)
            for name, volume in volumes.items()
        }

    def display(self, workspace, figure):
        data = workspace.display_data
        draw_window(figure, data.overlays, data.levels, data.values, PALETTE_NAMES[self.palette.value])

    def columns(self, pipeline):
        """Everything that `run` records in a pipeline, a list of Column."""
        first = not any(other.module_num < self.module_num for other in self.others(pipeline))
        return list_columns(
            Wanted(
                images=self.images_to_measure(pipeline),
                objects=self.object_names.value if self.wants_objects else (),
                patches=self.patches_name.value if self.wants_patches else None,
                probabilities=bool(self.wants_probabilities),
                defocus=bool(self.wants_sampling),
                volumetric=pipeline.volumetric(),
                experiment=first,
            )
        )

    def get_measurement_columns(self, pipeline):
        return [(column.owner, column.name, column.column_type) for column in self.columns(pipeline)]

    def get_categories(self, pipeline, object_name):
        return _distinct(column.category for column in self.columns(pipeline) if column.owner == object_name)

    def get_measurements(self, pipeline, object_name, category):
        return _distinct(
            column.feature
            for column in self.columns(pipeline)
            if (column.owner, column.category) == (object_name, category)
        )

    def get_measurement_images(self, pipeline, object_name, category, measurement):
        wanted = (object_name, category, measurement)
        return [c.image for c in self.columns(pipeline) if (c.owner, c.category, c.feature) == wanted and c.image]


def warn_of_modality(name, pixels):
    """Log why an image does not look like fluorescence, if it does not."""
    reason = looks_unlike_fluorescence(pixels)
    if reason:
        LOGGER.warning(
            "MeasureImageFocus: %s does not look like fluorescence, which is all that the network knows; its rating "
            "means little: %s.",
            name,
            reason,
        )


def _distinct(values):
    """The values in their order, each once."""
    return list(dict.fromkeys(values))


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
