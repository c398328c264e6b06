"""Pipelines put together in Python, written as a .cppipe, and run by CellProfiler headless."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("cellprofiler")
from cellprofiler_core.preferences import set_headless

set_headless()

import cellprofiler_core.pipeline as cp_pipeline
import tifffile
from cellprofiler.modules import (
    displaydataonimage,
    exporttodatabase,
    exporttospreadsheet,
    filterobjects,
    flagimage,
    identifyprimaryobjects,
    maskimage,
    relateobjects,
    saveimages,
    threshold,
)
from cellprofiler_core.modules.groups import Groups
from cellprofiler_core.modules.images import Images
from cellprofiler_core.modules.loaddata import LoadData
from cellprofiler_core.modules.metadata import Metadata
from cellprofiler_core.modules.namesandtypes import NamesAndTypes

import measureimagefocus

from .files import write_table
from .headless import PLUGINS, run_cellprofiler

CLASSES = {
    "Groups": Groups,
    "Images": Images,
    "LoadData": LoadData,
    "Metadata": Metadata,
    "NamesAndTypes": NamesAndTypes,
    "MeasureImageFocus": measureimagefocus.MeasureImageFocus,
    "DisplayDataOnImage": displaydataonimage.DisplayDataOnImage,
    "ExportToDatabase": exporttodatabase.ExportToDatabase,
    "ExportToSpreadsheet": exporttospreadsheet.ExportToSpreadsheet,
    "FilterObjects": filterobjects.FilterObjects,
    "FlagImage": flagimage.FlagImage,
    "IdentifyPrimaryObjects": identifyprimaryobjects.IdentifyPrimaryObjects,
    "MaskImage": maskimage.MaskImage,
    "RelateObjects": relateobjects.RelateObjects,
    "SaveImages": saveimages.SaveImages,
    "Threshold": threshold.Threshold,
}


def step(name, settings):
    """A module with settings given by their text in the editor."""
    module = CLASSES[name]()
    for text, value in settings.items():
        matching = [setting for setting in module.settings() if setting.text == text]
        assert matching, f"{name} has no setting {text}; it has {[s.text for s in module.settings()]}"
        matching[0].value = value
    module.show_window = False
    return module


def write_pipeline(path, steps):
    """Write a .cppipe of (module name, settings) pairs."""
    pipeline = cp_pipeline.Pipeline()
    for number, (name, settings) in enumerate(steps, 1):
        module = step(name, settings)
        module.set_module_num(number)
        pipeline.add_module(module)
    with open(path, "w") as file:
        pipeline.dump(file)


def run_pipeline(folder, steps, images=None):
    """Run (module name, settings) pairs in CellProfiler.

    Returns
    -------
    results : str
        Folder of what the pipeline wrote.
    status : int
    log : str
    """
    pipeline, results = os.path.join(folder, "made.cppipe"), os.path.join(folder, "results")
    write_pipeline(pipeline, steps)
    return results, *run_cellprofiler(pipeline, results, images=images)


SHEETS = {"Overwrite existing files without warning?": "Yes", "Add a prefix to file names?": "No"}
NUCLEI = {
    "Select the input image": "DNA_1",
    "Name the primary objects to be identified": "Nuclei",
    "Discard objects touching the border of the image?": "No",
    "Discard objects outside the diameter range?": "No",
    "Typical diameter of objects, in pixel units (Min,Max)": "15,60",
}
LIMIT = 2.5  # of ExpectedScore, for `flag` and `keep`


def flag(measurement, skip="No"):
    """FlagImage's settings: image sets above the limit are blurred."""
    return {
        "Name the flag": "Blurred",
        "Skip image set if flagged?": skip,
        "Which measurement?": measurement,
        "Flag images based on low values?": "No",
        "Maximum value": LIMIT,
    }


def keep(objects, kept, measurement):
    """FilterObjects' settings: objects up to the limit are kept."""
    return {
        "Select the objects to filter": objects,
        "Name the output objects": kept,
        "Select the measurement to filter by": measurement,
        "Filter using a minimum measurement value?": "No",
        "Maximum value": LIMIT,
    }


def save(image, suffix, file_format, depth):
    """SaveImages' settings: the picture goes beside others that are named after DNA."""
    return {
        "Select the image to save": image,
        "Select image name for file prefix": "DNA",
        "Append a suffix to the image file name?": "Yes",
        "Text to append to the image name": suffix,
        "Saved file format": file_format,
        "Image bit depth": depth,
        "Overwrite existing files without warning?": "Yes",
    }


def load_data(folder, image_sets, keys=None):
    """Write images and the CSV that LoadData reads, and give LoadData's settings.

    `image_sets` is a list of dicts of arrays by image name; None for a file that does not exist. `keys` are their
    metadata, a dict each; by default they are numbered.
    """
    os.makedirs(folder, exist_ok=True)
    rows = []
    for number, images in enumerate(image_sets, 1):
        row = {"Metadata_" + name: value for name, value in (keys[number - 1] if keys else {"Set": number}).items()}
        for name, pixels in images.items():
            row["Image_FileName_" + name], row["Image_PathName_" + name] = f"{number}_{name}.tif", folder
            if pixels is not None:
                tifffile.imwrite(os.path.join(folder, row["Image_FileName_" + name]), pixels, photometric="minisblack")
        rows.append(row)
    write_table(os.path.join(folder, "sets.csv"), rows)
    return {"Input data file location": "Elsewhere...|" + folder, "Name of the file": "sets.csv"}


LOAD = """
import glob, logging, sys
sys.path.insert(0, {plugins!r})
from cellprofiler_core.preferences import set_headless, set_plugin_directory
set_headless()
set_plugin_directory({plugins!r}, globally=False)
import cellprofiler_core.modules
from cellprofiler_core.pipeline import Pipeline
problems = []
class Keep(logging.Handler):
    def emit(self, record):
        problems.append(record.getMessage())
def listen(_, event):
    if "Exception" in type(event).__name__:
        problems.append(event)
for path in sorted(glob.glob({pattern!r})):
    pipeline = Pipeline()
    del problems[:]
    logging.getLogger().handlers = [Keep()]
    pipeline.add_listener(listen)
    pipeline.load(path)
    for module in pipeline.modules():
        try:
            module.validate_module_warnings(pipeline)  # what the editor marks with a triangle
        except ValueError as error:
            problems.append(str(error))
    whole = len(pipeline.modules()) == open(path).read().count("module_num:")
    print(path.rsplit("/", 1)[1], whole, problems)
"""


def load_pipelines(pattern):
    """What a fresh CellProfiler says of pipelines: a line each, whether every module is there, and warnings."""
    script = LOAD.format(plugins=PLUGINS, pattern=pattern)
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    return result.stdout.splitlines() or result.stderr
