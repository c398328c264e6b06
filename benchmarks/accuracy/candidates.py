"""Compare training runs before one is exported: on simulated nuclei, and on the real image of the demonstration.

    python benchmarks/accuracy/candidates.py LAYERS... [--temperature 0.73]

LAYERS are the `layers.npz` of training runs, which get the temperature and abstain, as `export` makes them; or the
`weights.npz` of weights that abstain already, which are taken as they are. Prints, of each:

- the figures that benchmarks/accuracy/thick_stacks.py has for simulated nuclei;
- the ExpectedScore of the demonstration's nuclei at levels 0, 1 and 2;
- the share of the sharp left part of those nuclei, the right part being at level 6, that is cut out as in focus:
  tests/module/test_downstream.py wants more than 0.8.

It looks at neither validation/ nor stacks/.
"""

from __future__ import annotations

import argparse

import numpy as np
import thick_stacks

from imagefocus.measurements import JUDGED_CERTAINTY
from imagefocus.network import numpy_engine
from imagefocus.network import weights as weight_files
from imagefocus.rate import rate_with
from model_export.calibration import soften, with_abstaining
from model_export.demo_plate import nuclei_image, photograph

MIDDLE, MARGIN = 336, 36  # columns: where the sharp half ends, and the strip before it that is not counted
LIMIT = 2.5  # of the test


def share_in_focus(network, image):
    """Share of the left part of an image that lies in patches that are judged and in focus."""
    rating = rate_with(network, image, None, 84, JUDGED_CERTAINTY, LIMIT)
    patches = rating.patches
    sharp = (patches.certainties >= rating.judged_certainty) & (patches.expected_scores <= LIMIT)
    return np.mean(rating.cell_labels(sharp)[:, : MIDDLE - MARGIN] > 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("layers", nargs="+")
    parser.add_argument("--temperature", type=float, default=0.73)
    options = parser.parse_args()
    random, light = np.random.default_rng(0), nuclei_image()
    demo = [photograph(light, level, random, peak_photons=5000) for level in range(7)]
    half = np.hstack([demo[0][:, :MIDDLE], demo[6][:, MIDDLE:]])
    nuclei = [thick_stacks.simulate(number) for number in range(thick_stacks.STACKS)]
    columns = ("within one", "mean error", "in focus", "demo 0", "demo 1", "demo 2", "cut out")
    print(f"{'':36}", *(f"{column:>10}" for column in columns))
    for path in options.layers:
        layers = weight_files.read_arrays(path)
        if "doubt" not in layers:  # the key, in format 2 of the files, of the arguments of `abstain`
            layers = with_abstaining(soften(layers, options.temperature))
        network = numpy_engine.build_numpy_network(layers)
        ratings = [rate_with(network, image, None, 84, JUDGED_CERTAINTY, LIMIT) for image in demo[:3]]
        figures = (
            *thick_stacks.measure(network, nuclei),
            *(rating.expected_score for rating in ratings),
            share_in_focus(network, half),
        )
        print(f"{path[-36:]:36}", *(f"{figure:10.2f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
