"""What MeasureImageFocus measures, and how it is named: columns, pickers and `run` all ask here."""

from collections import namedtuple

from cellprofiler_core.constants.measurement import (
    COLTYPE_FLOAT,
    COLTYPE_INTEGER,
    COLTYPE_VARCHAR_FORMAT,
    EXPERIMENT,
    IMAGE,
)

from imagefocus.measurements import PROBABILITY_FEATURES

CATEGORY = "ImageFocus"

Measured = namedtuple("Measured", "owner category feature of column_type")


def measurement_name(category, feature, of=None):
    """Full name of a measurement, of an image or of objects if those are given."""
    return "_".join([category, feature] + ([of] if of else []))


def picture_name(prefix, image_name):
    """Name of the picture made of an image, for the setting that holds the prefix."""
    return f"{prefix.value}_{image_name}"


def measured(module, pipeline):
    """Everything that the module's `run` records in a pipeline, as a list of Measured."""
    names, volumetric = module.images_to_measure(pipeline), pipeline.volumetric()
    of_patches = {"Score": COLTYPE_INTEGER, "ExpectedScore": COLTYPE_FLOAT, "Certainty": COLTYPE_FLOAT}
    of_images = {
        **of_patches,
        "PatchCount": COLTYPE_INTEGER,
        "CertainFraction": COLTYPE_FLOAT,
        "OutOfFocusFraction": COLTYPE_FLOAT,
    }
    for features in (of_patches, of_images) if module.wants_probabilities else ():
        features.update((feature.name, COLTYPE_FLOAT) for feature in PROBABILITY_FEATURES)
    if module.wants_sampling:
        of_images["DefocusMicrons"] = COLTYPE_FLOAT
    if volumetric:
        of_images["BestPlane"] = COLTYPE_INTEGER
    owners = [(IMAGE, of_images)]
    owners += [(module.patches_name.value, of_patches)] if module.wants_patches else []
    owners += [(name, of_patches) for name in module.object_names.value] if module.wants_objects else []
    found = [
        Measured(owner, CATEGORY, feature, name, column_type)
        for owner, features in owners
        for name in names
        for feature, column_type in features.items()
    ]
    if module.wants_patches:
        patches = module.patches_name.value
        found.append(Measured(IMAGE, "Count", patches, None, COLTYPE_INTEGER))
        found += [Measured(patches, CATEGORY, grid, None, COLTYPE_INTEGER) for grid in ("GridRow", "GridColumn")]
        axes = "XYZ" if volumetric else "XY"
        found += [Measured(patches, "Location", f"Center_{axis}", None, COLTYPE_FLOAT) for axis in axes]
        found.append(Measured(patches, "Number", "Object_Number", None, COLTYPE_INTEGER))
    if not any(other.module_num < module.module_num for other in module.others(pipeline)):
        found.append(Measured(EXPERIMENT, CATEGORY, "Weights", None, COLTYPE_VARCHAR_FORMAT % 255))
    return found
