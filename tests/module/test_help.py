"""The module's help in CellProfiler."""

import re

import pytest

pytest.importorskip("cellprofiler_core")
import measureimagefocus
from helpers.module_runs import make_module
from imagefocus.measurements import BLANK_FRACTION, JUDGED_CERTAINTY
from imagefocus.network.engines import load_weights
from imagefocus.network.weights import DEFAULT_WEIGHTS


def test_the_help_is_valid_for_cellprofilers_help_window():
    text = make_module().get_help()
    assert "Supports 2D?" in text and "10.1186/s12859-018-2087-4" in text and "System Message" not in text
    assert all(setting.doc for setting in make_module().settings())


def test_the_numbers_of_the_help_are_those_of_the_measurements_and_the_weights():
    text = " ".join(measureimagefocus.__doc__.split())
    stated = re.findall(r"([0-9.]+), the in-focus limit of weights (v[0-9]+)", text)
    assert stated == [(f"{load_weights().in_focus_limit:.2f}", DEFAULT_WEIGHTS)]
    assert f"CertainFraction* is below {BLANK_FRACTION};" in text
    assert f"certainty of at least {JUDGED_CERTAINTY}." in text


def test_the_file_that_cellprofiler_loads_has_the_help_of_the_module():
    assert make_module().get_help_text()[0] == measureimagefocus.__doc__
    assert measureimagefocus.__doc__.startswith("MeasureImageFocus\n====")
