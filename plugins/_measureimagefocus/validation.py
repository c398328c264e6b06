"""Checks of the settings of MeasureImageFocus: an error names the setting that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cellprofiler_core.module import Module
from cellprofiler_core.pipeline import Pipeline
from cellprofiler_core.setting import Setting, ValidationError
from cellprofiler_core.setting.choice import Choice
from cellprofiler_core.setting.text import Float
from cellprofiler_core.setting.text.alphanumeric import Alphanumeric

import imagefocus
from imagefocus.network.engines import choose_engine, load_weights
from imagefocus.optics import check_sampling

PATCH_SHAPE = (imagefocus.PATCH_SIDE, imagefocus.PATCH_SIDE)


def check_values(settings: Iterable[Setting], pipeline: Pipeline) -> None:
    """Refuse numbers, choices and prefixes out of their range, where CellProfiler would take defaults in silence."""
    for setting in settings:
        if isinstance(setting, (Choice, Float, Alphanumeric)):
            try:
                setting.test_valid(pipeline)
            except ValidationError as error:
                raise ValidationError(
                    f'MeasureImageFocus, {setting.text} "{setting.value_text}": {error}', setting
                ) from error


def check_images(names: list[str], measured_elsewhere: Iterable[str], setting: Setting) -> None:
    """Refuse no images, and images that are measured twice."""
    if not names:
        raise ValidationError("MeasureImageFocus: select at least one image to measure.", setting)
    elsewhere = set(measured_elsewhere)
    for name in names:
        if names.count(name) > 1 or name in elsewhere:
            raise ValidationError(
                f"MeasureImageFocus: {name} is measured twice; select it once, in one MeasureImageFocus.", setting
            )


def check_objects(object_names: Setting) -> None:
    """Refuse no objects."""
    if not object_names.value:
        raise ValidationError("MeasureImageFocus: select at least one set of objects to measure.", object_names)


def check_prefixes(overlay_prefix: Setting, map_prefix: Setting) -> None:
    """Refuse overlays and focus maps that would have the same names."""
    if overlay_prefix.value == map_prefix.value:
        raise ValidationError("MeasureImageFocus: overlays and focus maps need different prefixes.", map_prefix)


def check_pictures(prefixes: Mapping[str, Setting], module: Module, pipeline: Pipeline) -> None:
    """Refuse a picture whose name another module's image has; `prefixes` are the settings by name of the picture."""
    providers = pipeline.get_provider_dictionary("imagegroup")
    for name, prefix in prefixes.items():
        _check_name_is_free(name, "images", prefix, module, providers)


def check_patches_name(setting: Setting, module: Module, pipeline: Pipeline) -> None:
    """Refuse patches that are named as another module's objects."""
    _check_name_is_free(setting.value, "objects", setting, module, pipeline.get_provider_dictionary("objectgroup"))


def _check_name_is_free(name: str, kind: str, setting: Setting, module: Module, providers: Mapping[str, Any]) -> None:
    others = [provider for provider, _ in providers.get(name, []) if provider is not module]
    if others:
        raise ValidationError(
            f"MeasureImageFocus: there are {kind} named {name} already, from {others[0].module_name}; choose another "
            "name.",
            setting,
        )


def check_microscope(sampling: imagefocus.Sampling, setting: Setting) -> None:
    """Refuse a sampling that no microscope has."""
    try:
        check_sampling(sampling)
    except ValueError as error:
        raise ValidationError(f"MeasureImageFocus: {error}", setting) from error


def check_engine(engine: str, setting: Setting) -> None:
    """Refuse an engine that is not installed."""
    try:
        choose_engine(engine, PATCH_SHAPE)
    except imagefocus.EngineError as error:
        raise ValidationError(f"MeasureImageFocus: {error}", setting) from error


def check_weights(weights: str, setting: Setting) -> None:
    """Refuse weights that are missing or altered."""
    try:
        load_weights(weights)
    except imagefocus.WeightsError as error:
        raise ValidationError(f"MeasureImageFocus: {error}", setting) from error
