"""Run the CellProfiler module on workspaces built by hand, without Java."""

import numpy as np
import pytest

pytest.importorskip("cellprofiler_core")
from cellprofiler_core.preferences import set_headless

set_headless()

import cellprofiler_core.image as cp_image
import cellprofiler_core.measurement as cp_measurement
import cellprofiler_core.object as cp_object
import cellprofiler_core.pipeline as cp_pipeline
import cellprofiler_core.workspace as cp_workspace

import measureimagefocus

# Settings of `make_module` with which the module makes and measures all that it can.
EVERYTHING = {
    "patches": True,
    "overlay": True,
    "wants_probabilities": True,
    "wants_objects": True,
    "object_names": "Nuclei",
    "wants_map": True,
    "wants_sampling": True,
}


def make_module(images="DNA", patches=False, overlay=False, engine="NumPy", **settings):
    """A module with settings; `images` are names separated by ", "."""
    module = measureimagefocus.MeasureImageFocus()
    module.set_module_num(1)
    module.image_names.value = images
    module.wants_patches.value = patches
    module.wants_overlay.value = overlay
    module.engine.value = engine
    for name, value in settings.items():
        assert getattr(module, name) in module.settings()
        getattr(module, name).value = value
    module.show_window = False
    return module


def make_pipeline(*modules):
    """A pipeline of modules, numbered in their order."""
    pipeline = cp_pipeline.Pipeline()
    for number, module in enumerate(modules, 1):
        module.set_module_num(number)
        pipeline.add_module(module)
    return pipeline


def run(module, images, objects=None, volumetric=False, prepare=True, go=True):
    """Run the module and give the workspace back.

    `images` is (rows, columns) pixels or a CellProfiler image, named DNA, or a dict of them; `objects` a dict of
    labels.
    """
    images = images if isinstance(images, dict) else {"DNA": images}
    image_set = cp_image.ImageSetList().get_image_set(0)
    for name, image in images.items():
        dimensions = 3 if volumetric else 2
        made = isinstance(image, cp_image.Image)
        image_set.add(name, image if made else cp_image.Image(image, convert=False, dimensions=dimensions))
    pipeline = cp_pipeline.Pipeline()
    pipeline.set_volumetric(volumetric)
    pipeline.add_module(module)
    measurements = cp_measurement.Measurements()
    object_set = cp_object.ObjectSet()
    for name, labels in (objects or {}).items():
        segmented = cp_object.Objects()
        segmented.segmented = labels
        object_set.add_objects(segmented, name)
    workspace = cp_workspace.Workspace(pipeline, module, image_set, object_set, measurements, None)
    if prepare:
        module.prepare_run(workspace)
    if go:
        module.run(workspace)
    return workspace


def image_measurement(workspace, feature, name="DNA"):
    return workspace.measurements.get_current_image_measurement(f"ImageFocus_{feature}_{name}")


def object_measurement(workspace, objects, name):
    return np.asarray(workspace.measurements.get_current_measurement(objects, name))


def list_recorded(workspace):
    """(owner, name) of all measurements that the module recorded."""
    bookkeeping = ("ImageNumber", "Group_Index", "Group_Number", "ObjectNumber")
    return {
        (owner, name)
        for owner in workspace.measurements.get_object_names()
        for name in workspace.measurements.get_feature_names(owner)
        if name not in bookkeeping and (owner != "Experiment" or name.startswith("ImageFocus"))
    }


def compose_names(module, pipeline, owners):
    """(owner, name) of all measurements that pickers compose from categories, features and images."""
    names = set()
    for owner in owners:
        for category in module.get_categories(pipeline, owner):
            for feature in module.get_measurements(pipeline, owner, category):
                images = module.get_measurement_images(pipeline, owner, category, feature)
                names |= {(owner, "_".join([category, feature, name])) for name in images}
                names |= set() if images else {(owner, "_".join([category, feature]))}
    return names
