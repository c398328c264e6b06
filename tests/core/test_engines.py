"""Which engine runs, and that all give the same numbers."""

import importlib.util
import os
import sys
import types

import numpy as np
import pytest
from packaging.requirements import Requirement

import imagefocus
from helpers.files import ROOT
from imagefocus.network import engines
from imagefocus.pixels import normalize

ENGINES = ["numpy", "tensorflow"]


def hide_tensorflow(monkeypatch, spec):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec if name == "tensorflow" else find_spec(name))


@pytest.fixture
def without_tensorflow(monkeypatch):
    hide_tensorflow(monkeypatch, None)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("weights", imagefocus.shipped_weights())
def test_engines_reproduce_the_golden_examples(engine, weights):
    golden, card = engines.load_weights(weights).golden(), engines.load_weights(weights).card
    probabilities = engines.load_network(engine, weights)(normalize(golden["patches"]))
    assert np.abs(probabilities - golden["probabilities"]).max() < card["tolerance"] == 1e-4
    assert len(np.unique(golden["probabilities"].argmax(axis=1))) > 5  # the examples do tell levels apart


def test_engines_agree_on_images_of_every_level(defocused):
    for image in defocused:
        by_numpy, by_tensorflow = (imagefocus.rate_image(image, engine=engine) for engine in ENGINES)
        difference = by_numpy.patches.probabilities - by_tensorflow.patches.probabilities
        assert np.abs(difference).max() < 1e-4


@pytest.mark.parametrize("engine", ENGINES)
def test_bits_are_equal_from_run_to_run(engine, defocused):
    first, second = (imagefocus.rate_image(defocused[1], engine=engine).patches.probabilities for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_network_is_loaded_once_per_process(engine):
    assert engines.load_network(engine) is engines.load_network(engine, imagefocus.shipped_weights()[-1])


def test_weights_are_checked_once_per_process():
    assert engines.load_weights() is engines.load_weights(imagefocus.shipped_weights()[-1])


@pytest.mark.parametrize("engine", ENGINES)
def test_no_patch_gives_no_probability(engine):
    assert engines.load_network(engine)(np.zeros((0, 84, 84), np.float32)).shape == (0, 11)


def test_auto_is_numpy_for_usual_images_and_tensorflow_for_huge_ones():
    assert engines.choose_engine("auto", (2160, 2160)) == "numpy"
    assert engines.choose_engine("auto", (20000, 20000)) == "tensorflow"


def test_auto_is_numpy_where_there_is_no_tensorflow(without_tensorflow):
    assert engines.choose_engine("auto", (20000, 20000)) == "numpy"


def test_asking_for_a_missing_tensorflow_says_how_to_install_it(without_tensorflow):
    with pytest.raises(imagefocus.EngineError, match=r"-m pip install 'tensorflow-cpu.*'\) or choose NumPy"):
        imagefocus.rate_image(np.zeros((84, 84)), engine="tensorflow")


def test_the_tensorflow_to_install_leaves_cellprofilers_libraries_alone():
    requirement = Requirement(engines.tensorflow_requirement((3, 9)))
    with open(os.path.join(ROOT, "constraints.txt")) as file:
        pins = [line.split(";")[0].split("==")[1].strip() for line in file if line.startswith("tensorflow-cpu==")]
    assert pins and all(requirement.specifier.contains(pin) for pin in pins)
    assert not requirement.specifier.contains("2.16.1")  # the first that wants another h5py


def test_the_empty_folder_of_an_uninstalled_tensorflow_is_none(monkeypatch):
    hide_tensorflow(monkeypatch, types.SimpleNamespace(loader=None))
    assert engines.choose_engine("auto", (20000, 20000)) == "numpy"
    with pytest.raises(imagefocus.EngineError, match="has none"):
        engines.choose_engine("tensorflow", (84, 84))


def test_a_broken_tensorflow_is_said_to_be_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(imagefocus.EngineError, match="cannot be imported.*Choose NumPy"):
        engines.build_network(engines.load_weights(), "tensorflow")


def test_an_unknown_engine_is_named():
    with pytest.raises(ValueError, match="'torch'.*auto, tensorflow, numpy"):
        imagefocus.rate_image(np.zeros((84, 84)), engine="torch")
