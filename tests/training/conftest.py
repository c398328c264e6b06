"""What these tests share: a finished run of few images and steps, weights exported from it, and a z-stack."""

import shutil

import numpy as np
import pytest
import tifffile

from helpers.made_stacks import write_stack_table
from helpers.training_runs import train
from model_export import __main__ as command


@pytest.fixture(scope="session")
def run_folder(training_images, tmp_path_factory):
    run = str(tmp_path_factory.mktemp("runs") / "run")
    train(training_images, run, steps=4)
    return run


@pytest.fixture(scope="session")
def weights(run_folder, tmp_path_factory):
    output = str(tmp_path_factory.mktemp("weights") / "v7")
    command.main(["export", "--run", run_folder, "--output", output])
    return output


@pytest.fixture
def copy(weights, tmp_path):
    """A copy of the weights, to spoil."""
    return shutil.copytree(weights, str(tmp_path / "v7"))


@pytest.fixture
def stack_csv(tmp_path, defocused):
    """The table of a stack of nuclei at levels 0 to 3."""
    tifffile.imwrite(str(tmp_path / "nuclei.tif"), np.stack(defocused[:4]), photometric="minisblack")
    return write_stack_table(tmp_path, [("nuclei", plane, plane - 1, 1 + 3.077 * plane) for plane in range(4)])
