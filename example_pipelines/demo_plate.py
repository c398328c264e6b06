"""Make a small plate of known defocus from a real fluorescence image that CellProfiler's installation contains."""

import os
from collections import namedtuple

import numpy as np

from model_export import camera, defocus

FIELD_SHAPE = (336, 336)
FIELD_CORNERS = ((0, 0), (176, 336))  # top left and bottom right: elsewhere lie bright dividing cells, out of plane
PEAK_PHOTONS = 2000
BLANK_WELL = "A12"

Field = namedtuple("Field", "file_name level")  # level is None where the field is blank


def make_plate(folder):
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
    for level in list(range(defocus.LEVEL_COUNT)) + [None]:
        well = BLANK_WELL if level is None else "A%02d" % (level + 1)
        for site, (top, left) in enumerate(FIELD_CORNERS, start=1):
            light = np.zeros(FIELD_SHAPE)
            if level is not None:
                field = nuclei[top : top + FIELD_SHAPE[0], left : left + FIELD_SHAPE[1]]
                light = defocus.defocus(field, defocus.point_spread_function(level * defocus.LEVEL_METERS))
            name = "Demo_%s_s%d_w1.tif" % (well, site)
            counts = camera.expose(light, PEAK_PHOTONS, 16, random, background_photons=100)
            tifffile.imwrite(os.path.join(folder, name), counts)
            fields.append(Field(name, level))
    return fields


def nuclei_image():
    """Nuclei of NIH3T3 cells, from the package mahotas, binned 2 x 2 to (512, 672): relative light of 0 to 1.

    Binned, as screening microscopes do, since the image is finely sampled: its own blur is then below level 1.
    """
    import mahotas.demos

    pixels = mahotas.demos.load("nuclear")[..., 0].astype(float)  # three equal channels
    binned = pixels.reshape(512, 2, 672, 2).mean(axis=(1, 3))
    return (binned - binned.min()) / (binned.max() - binned.min())
