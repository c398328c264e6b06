"""The module's settings and what they amount to."""

from __future__ import annotations

from typing import Any

from cellprofiler_core.module import Module
from cellprofiler_core.pipeline import Pipeline
from cellprofiler_core.setting import Setting

import imagefocus
from imagefocus.optics import known_scale

from . import advanced_settings, settings
from .adapters import reads_from_file
from .advanced_settings import CUSTOM, OWN_WEIGHTS
from .settings import SELECTED_IMAGES, SPACINGS
from .upgrade import upgrade_values


class FocusSettings(Module):
    """A CellProfiler module with the settings of MeasureImageFocus."""

    variable_revision_number = 3

    def create_settings(self) -> None:
        self.images_choice = settings.images_choice()
        self.image_names = settings.image_names()
        self.spacing = settings.spacing()
        self.wants_probabilities = settings.wants_probabilities()
        self.wants_patches = settings.wants_patches()
        self.patches_name = settings.patches_name()
        self.wants_objects = settings.wants_objects()
        self.object_names = settings.object_names()
        self.wants_overlay = settings.wants_overlay()
        self.overlay_prefix = settings.overlay_prefix()
        self.palette = settings.palette()
        self.wants_map = settings.wants_map()
        self.map_prefix = settings.map_prefix()
        self.uncertain = settings.uncertain()
        self.wants_sampling = advanced_settings.wants_sampling()
        self.pixel_size = advanced_settings.pixel_size()
        self.numerical_aperture = advanced_settings.numerical_aperture()
        self.refractive_index = advanced_settings.refractive_index()
        self.wavelength = advanced_settings.wavelength()
        self.wants_scale = advanced_settings.wants_scale()
        self.limits_choice = advanced_settings.limits_choice()
        self.in_focus_limit = advanced_settings.in_focus_limit()
        self.judged_certainty = advanced_settings.judged_certainty()
        self.engine = advanced_settings.engine()
        self.weights = advanced_settings.weights()
        self.weights_folder = advanced_settings.weights_folder()

    def settings(self) -> list[Setting]:
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

    def visible_settings(self) -> list[Setting]:
        hidden = [setting for applies, group in self._dependent_settings() if not applies for setting in group]
        return [setting for setting in self.settings() if setting not in hidden]

    def _dependent_settings(self) -> list[tuple[bool, list[Setting]]]:
        """Pairs of a condition and the settings that show only where it holds."""
        return [
            (self.selects_images, [self.image_names, self.wants_overlay, self.wants_map]),
            (self.wants_patches.value, [self.patches_name]),
            (self.wants_objects.value, [self.object_names]),
            (self.makes_overlays, [self.overlay_prefix, self.palette]),
            (self.makes_maps, [self.map_prefix, self.uncertain]),
            (self.wants_sampling.value, [*self._sampling_settings(), self.wants_scale]),
            (self.limits_choice.value == CUSTOM, [self.in_focus_limit, self.judged_certainty]),
            (self.has_own_weights, [self.weights_folder]),
        ]

    def _sampling_settings(self) -> list[Setting]:
        return [self.pixel_size, self.numerical_aperture, self.refractive_index, self.wavelength]

    @property
    def selects_images(self) -> bool:
        return self.images_choice.value == SELECTED_IMAGES

    @property
    def makes_overlays(self) -> bool:
        return self.selects_images and self.wants_overlay.value

    @property
    def makes_maps(self) -> bool:
        return self.selects_images and self.wants_map.value

    @property
    def has_own_weights(self) -> bool:
        return self.weights.value == OWN_WEIGHTS

    def volumetric(self) -> bool:
        return True  # otherwise CellProfiler runs no pipeline that processes its images as 3D

    def upgrade_settings(
        self, setting_values: list[str], variable_revision_number: int, module_name: str
    ) -> tuple[list[str], int]:
        if variable_revision_number >= self.variable_revision_number:
            return setting_values, variable_revision_number
        module = type(self)()
        for name, text in upgrade_values(setting_values, variable_revision_number).items():
            getattr(module, name).value = text
        return [setting.value_text for setting in module.settings()], self.variable_revision_number

    def images_to_measure(self, pipeline: Pipeline) -> list[str]:
        """Names of the images: those selected, or those that input modules load."""
        if self.selects_images:
            return list(self.image_names.value)
        providers = pipeline.get_provider_dictionary("imagegroup", self)
        # Sorted, since LoadData names its images in an order that differs from process to process.
        return sorted(name for name, pairs in providers.items() if any(reads_from_file(*pair) for pair in pairs))

    def picture_prefixes(self) -> dict[str, Setting]:
        """Name of each picture that the module makes -> the setting of its prefix."""
        prefixes = []
        if self.makes_overlays:
            prefixes.append(self.overlay_prefix)
        if self.makes_maps:
            prefixes.append(self.map_prefix)
        return {name_picture(prefix.value, name): prefix for prefix in prefixes for name in self.image_names.value}

    def other_providers(self, group: str) -> list[str]:
        return list(self.picture_prefixes()) if group == "imagegroup" else []

    def sampling(self) -> imagefocus.Sampling | None:
        """The microscope's sampling, or None if it is not given."""
        if not self.wants_sampling:
            return None
        return imagefocus.Sampling(*(setting.value for setting in self._sampling_settings()))

    def scale(self) -> float:
        """The factor by which images are made smaller before they are rated, at most 1."""
        sampling = self.sampling()
        return known_scale(sampling) if sampling and self.wants_scale else 1.0

    def volume_options(self) -> dict[str, Any]:
        """Options of `imagefocus.rate_volume` beyond mask, scale, engine and weights."""
        options = {"step": SPACINGS[self.spacing.value]}
        if self.limits_choice.value == CUSTOM:
            options.update(judged_certainty=self.judged_certainty.value, in_focus_limit=self.in_focus_limit.value)
        return options

    def chosen_weights(self) -> str:
        """Name or folder of the weights."""
        return self.weights_folder.get_absolute_path() if self.has_own_weights else self.weights.value


def name_picture(prefix: str, image: str) -> str:
    """Name of the overlay or focus map of an image."""
    return f"{prefix}_{image}"
