"""MeasureImageFocus: the CellProfiler module. Its help is in `_measureimagefocus/help.py`."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Callable, Mapping
from typing import Any

try:
    import imagefocus
    from _measureimagefocus import adapters, columns, records, validation
    from _measureimagefocus.advanced_settings import ENGINES
    from _measureimagefocus.choices import FocusSettings, name_picture
    from _measureimagefocus.help import HELP
    from _measureimagefocus.settings import PALETTE_NAMES, UNCERTAIN_LEVELS
    from _measureimagefocus.window import draw_window
except ModuleNotFoundError as error:  # CellProfiler shows no module then; its log says why
    raise ImportError(
        "MeasureImageFocus needs the folders imagefocus and _measureimagefocus beside measureimagefocus.py: copy all "
        "that is in plugins/."
    ) from error
import numpy
from cellprofiler_core.image import Image
from cellprofiler_core.pipeline import Pipeline
from cellprofiler_core.workspace import Workspace

from imagefocus.measurements import WEIGHTS, measurement_name
from imagefocus.modality import looks_unlike_fluorescence
from imagefocus.network.engines import choose_engine, load_weights

__doc__ = HELP  # CellProfiler shows the docstring of this file

LOGGER = logging.getLogger(__name__)


class MeasureImageFocus(FocusSettings):
    category = "Measurement"
    module_name = "MeasureImageFocus"

    def validate_module(self, pipeline: Pipeline) -> None:
        """Raise ValidationError at the setting that is wrong; called by `run` too, since headless nothing else does."""
        visible = [setting for setting in self.visible_settings() if setting is not self.weights]
        validation.check_values(visible, pipeline)
        elsewhere = [name for other in self.list_others(pipeline) for name in other.images_to_measure(pipeline)]
        validation.check_images(self.images_to_measure(pipeline), elsewhere, self.image_names)
        if self.wants_objects:
            validation.check_objects(self.object_names)
        if self.wants_patches:
            validation.check_patches_name(self.patches_name, self, pipeline)
        if self.makes_overlays and self.makes_maps:
            validation.check_prefixes(self.overlay_prefix, self.map_prefix)
        validation.check_pictures(self.picture_prefixes(), self, pipeline)
        sampling = self.sampling()
        if sampling:
            validation.check_microscope(sampling, self.numerical_aperture)
        validation.check_engine(ENGINES[self.engine.value], self.engine)
        validation.check_weights(self.chosen_weights(), self.weights_folder if self.has_own_weights else self.weights)

    def list_others(self, pipeline: Pipeline) -> list[MeasureImageFocus]:
        """The other modules of this kind in the pipeline that run."""
        modules = [module for module in pipeline.modules() if module.module_name == self.module_name and module.enabled]
        return [module for module in modules if module.module_num != self.module_num]

    def prepare_run(self, workspace: Workspace) -> bool:
        self.validate_module(workspace.pipeline)  # better now than after hours of other modules
        modules = [self, *self.list_others(workspace.pipeline)]
        weights = sorted({load_weights(module.chosen_weights()).fingerprint for module in modules})
        workspace.measurements.add_experiment_measurement(measurement_name(WEIGHTS), ", ".join(weights))
        return True

    def run(self, workspace: Workspace) -> None:
        self.validate_module(workspace.pipeline)
        images = {name: adapters.get_image(workspace, name) for name in self.images_to_measure(workspace.pipeline)}
        adapters.check_sizes({name: image.pixel_data.shape for name, image in images.items()})
        volumes = self.rate_images(images)
        values = self.record_images(workspace, volumes)
        if self.wants_patches:
            probabilities = bool(self.wants_probabilities)
            records.add_patches(workspace, self.patches_name.value, images, volumes, probabilities)
        for objects in self.object_names.value if self.wants_objects else ():
            self.measure_objects(workspace, images, objects)
        if self.makes_maps:
            self.add_maps(workspace, images, volumes)
        overlays = self.draw_overlays(images, volumes) if self.makes_overlays or self.show_window else {}
        if self.makes_overlays:
            for name, overlay in overlays.items():
                records.add_overlay(workspace, name_picture(self.overlay_prefix.value, name), images[name], overlay)
        if self.show_window:
            data: Any = workspace.display_data
            data.overlays, data.values = overlays, values
            data.levels = {name: volume.best.judged_scores() for name, volume in volumes.items()}

    def rate_images(self, images: Mapping[str, Image]) -> dict[str, imagefocus.VolumeRating]:
        """Rate each image, and warn of those that the network does not know."""
        options = self.volume_options()
        volumes = {name: self.rate(imagefocus.rate_volume, image, name, **options) for name, image in images.items()}
        for name, volume in volumes.items():
            warn_of_modality(name, adapters.as_planes(images[name].pixel_data)[volume.best_plane])
        return volumes

    def rate(self, function: Callable[..., Any], image: Image, name: str, **options: Any) -> Any:
        """Call a rating function on a CellProfiler image; an error names the module and the image."""
        pixels, mask = adapters.as_planes(image.pixel_data), adapters.as_planes(image.mask) if image.has_mask else None
        try:
            engine = choose_engine(ENGINES[self.engine.value], pixels.shape[1:])
            LOGGER.info("MeasureImageFocus rates %s with engine %s, weights %s", name, engine, self.chosen_weights())
            options.update(mask=mask, engine=engine, weights=self.chosen_weights(), scale=self.scale())
            return function(pixels, **options)
        except imagefocus.EngineError as error:
            raise imagefocus.EngineError(f"MeasureImageFocus: {error}") from error
        except tuple(adapters.ADVICE) as error:
            advice = adapters.ADVICE[type(error)]
            if isinstance(error, imagefocus.TooSmall) and self.scale() < 1:
                advice = f"Check the pixel size, or answer No to: {self.wants_scale.text}"
            raise ValueError(f"MeasureImageFocus cannot rate {name}: {error} {advice}") from error

    def record_images(
        self, workspace: Workspace, volumes: Mapping[str, imagefocus.VolumeRating]
    ) -> dict[str, dict[str, Any]]:
        """Record the measurements of each image; return them by image and feature."""
        probabilities, volumetric = bool(self.wants_probabilities), workspace.pipeline.volumetric()
        values = {
            name: records.measure_image(volume, probabilities, self.sampling(), volumetric)
            for name, volume in volumes.items()
        }
        for name in values:
            records.add_image(workspace, name, values[name])
        return values

    def measure_objects(self, workspace: Workspace, images: Mapping[str, Image], objects: str) -> None:
        """Rate a set of segmented objects in each image, and record it."""
        labels = adapters.get_labels(workspace, objects)
        for name, image in images.items():
            adapters.check_labels(objects, labels[0], name, image)
            ratings = self.rate(imagefocus.rate_objects, image, name, labels=labels)
            values = records.measure_patches(ratings, bool(self.wants_probabilities))
            records.add_objects(workspace, objects, name, values)

    def add_maps(
        self, workspace: Workspace, images: Mapping[str, Image], volumes: Mapping[str, imagefocus.VolumeRating]
    ) -> None:
        """Add the focus map of each image to the image set."""
        uncertain = UNCERTAIN_LEVELS[self.uncertain.value]
        for name, image in images.items():
            records.add_map(workspace, name_picture(self.map_prefix.value, name), image, volumes[name], uncertain)

    def draw_overlays(
        self, images: Mapping[str, Image], volumes: Mapping[str, imagefocus.VolumeRating]
    ) -> dict[str, numpy.ndarray]:
        """The overlay of each image; that of a volume is of its best plane."""
        palette = PALETTE_NAMES[self.palette.value]
        return {
            name: volume.best.overlay(adapters.mask_plane(images[name], volume.best_plane), palette)
            for name, volume in volumes.items()
        }

    def display(self, workspace: Workspace, figure: Any) -> None:
        data: Any = workspace.display_data
        draw_window(figure, data.overlays, data.levels, data.values, PALETTE_NAMES[self.palette.value])

    def columns(self, pipeline: Pipeline) -> list[columns.Column]:
        """Everything that `run` records in a pipeline."""
        choices = columns.RecordingChoices(
            images=self.images_to_measure(pipeline),
            objects=self.object_names.value if self.wants_objects else (),
            patches=self.patches_name.value if self.wants_patches else None,
            probabilities=bool(self.wants_probabilities),
            defocus=bool(self.wants_sampling),
            volumetric=pipeline.volumetric(),
            experiment=not any(other.module_num < self.module_num for other in self.list_others(pipeline)),
        )
        return columns.list_columns(choices)

    def get_measurement_columns(self, pipeline: Pipeline) -> list[tuple[str, str, str]]:
        return [(column.owner, column.name, column.column_type) for column in self.columns(pipeline)]

    def get_categories(self, pipeline: Pipeline, object_name: str) -> list[str]:
        return columns.list_categories(self.columns(pipeline), object_name)

    def get_measurements(self, pipeline: Pipeline, object_name: str, category: str) -> list[str]:
        return columns.list_features(self.columns(pipeline), object_name, category)

    def get_measurement_images(
        self, pipeline: Pipeline, object_name: str, category: str, measurement: str
    ) -> list[str]:
        return columns.list_images(self.columns(pipeline), object_name, category, measurement)


def warn_of_modality(name: str, pixels: numpy.ndarray) -> None:
    """Log why an image does not look like fluorescence, if it does not."""
    reason = looks_unlike_fluorescence(pixels)
    if reason:
        LOGGER.warning(
            "MeasureImageFocus: %s does not look like fluorescence, which is all that the network knows; its rating "
            "means little: %s.",
            name,
            reason,
        )


def warn_of_other_version() -> None:
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
