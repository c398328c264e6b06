"""What is wrong with the settings of MeasureImageFocus, said at the setting."""

from cellprofiler_core.setting import ValidationError
from cellprofiler_core.setting.choice import Choice
from cellprofiler_core.setting.text import Float
from cellprofiler_core.setting.text.alphanumeric import Alphanumeric


def check_values(module, pipeline):
    """Numbers, choices and prefixes must be what they can be: CellProfiler would take defaults in silence."""
    for setting in module.visible_settings():
        if isinstance(setting, (Choice, Float, Alphanumeric)) and setting is not module.weights:
            try:
                setting.test_valid(pipeline)
            except ValidationError as error:
                raise ValidationError(f'MeasureImageFocus, {setting.text} "{setting.value_text}": {error}', setting)


def check_names(module, pipeline):
    """No picture may have the name of another image, and the patches none of other objects."""
    patches = module.patches_name
    if module.wants_patches:
        _check_free(patches.value, patches, "objects", module, pipeline.get_provider_dictionary("objectgroup"))
    if module.makes_overlays and module.makes_maps and module.overlay_prefix.value == module.map_prefix.value:
        raise ValidationError("MeasureImageFocus: overlays and focus maps need different prefixes.", module.map_prefix)
    images = pipeline.get_provider_dictionary("imagegroup")
    for name, prefix in module.pictures().items():
        _check_free(name, prefix, "images", module, images)


def _check_free(name, setting, what, module, providers):
    """Raise an error at the setting if another module than this one provides the name."""
    others = [provider for provider, _ in providers.get(name, []) if provider is not module]
    if others:
        message = "MeasureImageFocus: there are %s named %s already, from %s; choose another name."
        raise ValidationError(message % (what, name, others[0].module_name), setting)
