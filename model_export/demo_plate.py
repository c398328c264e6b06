"""Make a small plate of known defocus from a real fluorescence image that CellProfiler's installation contains."""

from __future__ import annotations

import csv
import os
from typing import NamedTuple

import numpy as np

from imagefocus.optics import LEVEL_COUNT

from . import camera, defocus, scenes

FIELD_SHAPE = (336, 336)
FIELD_CORNERS = ((0, 0), (176, 336))  # top left and bottom right: elsewhere lie bright dividing cells, out of plane
PEAK_PHOTONS = 2000
LEVELS = (*range(LEVEL_COUNT), None)  # of the wells A01 to A12; None is blank
CHANNELS = ("DNA", "RNA", "ER", "AGP", "Mito")


class Field(NamedTuple):
    """A file of the plate, and its level; None where the field is blank."""

    file_name: str
    level: int | None


def make_plate(folder: str) -> list[Field]:
    """Write 16-bit TIFFs `Demo_<well>_s<site>_w1.tif`: wells A01 to A11 at levels 0 to 10, A12 blank.

    Returns
    -------
    list of Field
    """
    import tifffile

    os.makedirs(folder, exist_ok=True)
    nuclei = nuclei_image()
    random = np.random.default_rng(1)
    fields = []
    for column, level in enumerate(LEVELS, start=1):
        for site, (top, left) in enumerate(FIELD_CORNERS, start=1):
            name = f"Demo_A{column:02}_s{site}_w1.tif"
            field = nuclei[top : top + FIELD_SHAPE[0], left : left + FIELD_SHAPE[1]]
            tifffile.imwrite(os.path.join(folder, name), photograph(field, level, random))
            fields.append(Field(name, level))
    return fields


def make_five_channel_plate(folder: str) -> list[Field]:
    """Write a plate of one site and five channels: A01 to A11 at levels 0 to 10, A12 blank; and LoadData's CSV.

    The DNA is the nuclei of `make_plate`; the other channels are made up. The CSV is load_data.csv.

    Returns
    -------
    list of Field
        With the file names of the DNA.
    """
    os.makedirs(folder, exist_ok=True)
    random = np.random.default_rng(2)
    lights = _draw_channels(random)
    rows = [_write_well(folder, f"A{column:02}", level, lights, random) for column, level in enumerate(LEVELS, start=1)]
    with open(os.path.join(folder, "load_data.csv"), "w", newline="") as table:
        writer = csv.DictWriter(table, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return [Field(row["Image_FileName_DNA"], level) for row, level in zip(rows, LEVELS)]


def _draw_channels(random):
    """The light of each channel."""
    _, _, fibers, puncta, _, _, _, other_fibers, other_puncta, _ = scenes.make_scenes(random, count_of_each=2)
    return dict(zip(CHANNELS, (nuclei_image(), puncta, fibers, other_fibers, other_puncta)))


def _write_well(folder, well, level, lights, random):
    """Write the channels of a well; returns its row for LoadData."""
    import tifffile

    row = {"Metadata_Plate": "Demo5", "Metadata_Well": well, "Metadata_Site": 1}
    for channel, light in lights.items():
        name = f"Demo5_{well}_s1_{channel}.tif"
        pixels = photograph(light[: FIELD_SHAPE[0], : FIELD_SHAPE[1]], level, random)
        tifffile.imwrite(os.path.join(folder, name), pixels)
        row["Image_FileName_" + channel], row["Image_PathName_" + channel] = name, os.path.abspath(folder)
    return row


def photograph(
    light: np.ndarray, level: int | None, random: np.random.Generator, peak_photons: float = PEAK_PHOTONS
) -> np.ndarray:
    """16-bit picture of a field at a defocus level; of a blank field, where the level is None."""
    if level is None:
        light = np.zeros(FIELD_SHAPE)
    else:
        light = defocus.defocus(light, defocus.point_spread_function(level * defocus.LEVEL_METERS))
    return camera.expose(light, peak_photons, 16, random, background_photons=100)


def nuclei_image() -> np.ndarray:
    """Nuclei of NIH3T3 cells, from the package mahotas, binned 2 x 2 to (512, 672): relative light of 0 to 1.

    Binned, as screening microscopes do, since the image is finely sampled: its own blur is then below level 1.
    """
    import mahotas.demos

    pixels = mahotas.demos.load("nuclear")[..., 0].astype(float)  # three equal channels
    binned = pixels.reshape(512, 2, 672, 2).mean(axis=(1, 3))
    return (binned - binned.min()) / (binned.max() - binned.min())
