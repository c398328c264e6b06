"""The module's settings and what they amount to."""

from __future__ import annotations

from cellprofiler_core.module import Module

import imagefocus
from imagefocus.optics import known_scale

from . import advanced_settings, settings
from .adapters import reads_from_file
from .advanced_settings import CUSTOM, OWN_WEIGHTS
from .settings import SELECTED_IMAGES, SPACINGS
from .upgrade import upgrade


class FocusSettings(Module):
    """A CellProfiler module with the settings of MeasureImageFocus."""

    variable_revision_number = 3

    def create_settings(self):
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
        for shown, group in (
            (self.selects, [self.image_names, self.wants_overlay, self.wants_map]),
            (self.wants_patches.value, [self.patches_name]),
            (self.wants_objects.value, [self.object_names]),
            (self.makes_overlays, [self.overlay_prefix, self.palette]),
            (self.makes_maps, [self.map_prefix, self.uncertain]),
            (self.wants_sampling.value, self.sampling_settings() + [self.wants_scale]),
            (self.limits_choice.value == CUSTOM, [self.in_focus_limit, self.judged_certainty]),
            (self.weights.value == OWN_WEIGHTS, [self.weights_folder]),
        ):
            hidden |= set() if shown else set(map(id, group))
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
        return sorted(name for name, pairs in providers.items() if any(reads_from_file(*pair) for pair in pairs))

    def pictures(self):
        """Name of each picture made -> the prefix setting that named it."""
        wanted = [(self.makes_overlays, self.overlay_prefix), (self.makes_maps, self.map_prefix)]
        prefixes = [prefix for wants, prefix in wanted if wants]
        return {f"{prefix.value}_{name}": prefix for prefix in prefixes for name in self.image_names.value}

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
