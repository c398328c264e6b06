"""The module's settings: their defaults and texts, and what pipelines keep of them."""

import glob
import io
import os

import pytest

pytest.importorskip("cellprofiler_core")
import cellprofiler_core.pipeline as cp_pipeline

import measureimagefocus
from helpers.files import ROOT
from helpers.module_runs import EVERYTHING, make_module
from imagefocus.measurements import JUDGED_CERTAINTY
from imagefocus.network.engines import load_weights
from imagefocus.optics import REFERENCE


def test_numbers_of_a_new_module_are_those_of_the_weights_and_of_the_reference_microscope():
    module = make_module()
    assert module.in_focus_limit.value == load_weights().in_focus_limit
    assert module.judged_certainty.value == JUDGED_CERTAINTY
    sampling = (module.pixel_size, module.numerical_aperture, module.refractive_index, module.wavelength)
    assert tuple(setting.value for setting in sampling) == REFERENCE


@pytest.mark.parametrize("path", glob.glob(os.path.join(ROOT, "example_pipelines", "*.cppipe")), ids=os.path.basename)
def test_saved_pipelines_hold_the_settings_in_their_order(path):
    with open(path, encoding="utf-8") as file:
        _, header, lines = file.read().partition("MeasureImageFocus:[")
    assert header and "variable_revision_number:3|" in lines
    texts = [setting.text for setting in make_module().settings()]
    saved = lines.split("\n\n")[0].split("\n")[1:]
    assert len(saved) == len(texts)
    assert all(line.startswith(f"    {text}:") for line, text in zip(saved, texts))


def test_settings_survive_saving_and_loading():
    module = make_module("DNA, DNA_1", engine="TensorFlow", limits_choice="Custom", in_focus_limit="2.5", **EVERYTHING)
    pipeline = cp_pipeline.Pipeline()
    pipeline.add_module(module)
    file = io.StringIO()
    pipeline.dump(file)
    again = measureimagefocus.MeasureImageFocus()
    values = [setting.value_text for setting in module.settings()]
    again.set_settings_from_values(values, module.variable_revision_number, "measureimagefocus.MeasureImageFocus")
    assert [setting.value_text for setting in again.settings()] == values
    assert again.image_names.value == ["DNA", "DNA_1"] and again.in_focus_limit.value == 2.5
    assert all(f"    {s.text}:{s.value_text}\n" in file.getvalue() for s in module.settings())
