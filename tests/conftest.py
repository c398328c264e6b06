"""What several tests share: where the real data lie, and a real fluorescence image that every installation has."""

import os

import numpy as np
import pytest
from hypothesis import settings

from helpers.files import ROOT, write_table

# A slow machine is no failure.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture(scope="session")
def data_folder():
    folder = os.environ.get("IMAGEFOCUS_DATA") or os.path.join(ROOT, "..", "shared", "data")
    if not os.path.isdir(folder):
        pytest.skip("the data folder is missing; set IMAGEFOCUS_DATA to it")
    return folder


@pytest.fixture(scope="session")
def nuclei():
    """In-focus nuclei, (512, 672), relative light of 0 to 1."""
    from model_export.demo_plate import nuclei_image

    return nuclei_image()


@pytest.fixture(scope="session")
def defocused(nuclei):
    """The nuclei at levels 0 to 10, photographed with 5000 photons at 16 bit, in a list."""
    from model_export.demo_plate import photograph

    random = np.random.default_rng(0)
    return [photograph(nuclei, level, random, peak_photons=5000) for level in range(11)]


@pytest.fixture(scope="session")
def half_blurred(defocused):
    """Sharp at the left, level 6 at the right."""
    return np.hstack([defocused[0][:, :336], defocused[6][:, 336:]])


@pytest.fixture(scope="session")
def training_images(tmp_path_factory):
    """A CSV of six small in-focus images in two sets, as `train` and `evaluate` read it."""
    import tifffile

    from model_export import defocus

    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    rows = []
    for index in range(6):
        light = (random.random((120, 160)) > 0.99).astype(float)
        pixels = np.rint(1000 * defocus.defocus(light, defocus.point_spread_function(0.0)) + 100).clip(0)
        pixels = random.poisson(pixels)
        tifffile.imwrite(str(folder / f"{index}.tif"), pixels.astype(np.uint16))
        row = {
            "split": "train",
            "file": f"{index}.tif",
            "set": "ab"[index % 2],
            "licence": "CC0",
            "source": "made@1a2b:here",
        }
        rows.append(row)
    return write_table(folder / "images.csv", rows)
