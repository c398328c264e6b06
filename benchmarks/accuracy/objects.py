"""Measure how well objects are rated that have neighbors at another level, against the distance of the neighbors.

    python benchmarks/accuracy/objects.py

Fields are composed of real nuclei, in focus and at level 6 alternately, like the squares of a chessboard, at several
spacings. Prints the share of nuclei whose ExpectedScore is on the right side of the in-focus limit.
"""

from __future__ import annotations

import argparse

import numpy as np
from skimage import filters, measure, morphology

import imagefocus
from imagefocus.network.engines import load_weights
from model_export import camera, defocus
from model_export.demo_plate import nuclei_image

SPACINGS_PIXELS = (30, 42, 54, 66, 84, 100, 120, 160)
BLURRED_LEVEL = 6
PER_SIDE = 10
FIELDS = 3
STAMP = 72  # side in pixels of the window around a nucleus, which is about 40 across


def cut_nuclei(image):
    """Single whole nuclei, (STAMP, STAMP) each, without the background."""
    smooth = np.sqrt(filters.gaussian(image, 1))  # so that the few bright, dividing ones do not set the threshold
    mask = morphology.remove_small_objects(smooth > filters.threshold_otsu(smooth), 300)
    labels = measure.label(mask)
    typical = np.median([region.area for region in measure.regionprops(labels)])
    stamps = []
    for region in measure.regionprops(labels):
        whole = region.solidity > 0.95 and 0.7 * typical < region.area < 1.5 * typical
        top, left = (int(round(center)) - STAMP // 2 for center in region.centroid)
        inside = top >= 0 and left >= 0 and top + STAMP <= image.shape[0] and left + STAMP <= image.shape[1]
        if whole and inside:
            window = np.s_[top : top + STAMP, left : left + STAMP]
            around = morphology.binary_dilation(labels[window] == region.label, morphology.disk(2))
            background = np.median(image[window][~around & (labels[window] == 0)])
            nucleus = np.where(around, np.maximum(image[window] - background, 0), 0)
            stamps.append(nucleus / nucleus.max())
    return stamps


def compose(nuclei, spacing, random):
    """A field: counts, labels, and which objects are blurred, by label."""
    side = PER_SIDE * spacing + 2 * STAMP
    layers, labels, blurred = np.zeros((2, side, side)), np.zeros((side, side), int), [False]
    for row, column in np.ndindex(PER_SIDE, PER_SIDE):
        stamp = np.rot90(nuclei[random.integers(len(nuclei))], random.integers(4))
        top, left = (STAMP // 2 + spacing // 2 + index * spacing for index in (row, column))
        is_blurred = (row + column) % 2
        layers[is_blurred, top : top + STAMP, left : left + STAMP] += stamp
        labels[top + STAMP // 2, left + STAMP // 2] = len(blurred)  # only its center counts
        blurred.append(bool(is_blurred))
    levels = np.array([0, BLURRED_LEVEL]) * defocus.LEVEL_METERS
    kernels = defocus.point_spread_function(levels)
    light = sum(defocus.defocus(layer, kernel) for layer, kernel in zip(layers, kernels))
    return camera.expose(light, 2000, 16, random, background_photons=100), labels, np.array(blurred[1:])


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    random, nuclei, limit = np.random.default_rng(0), cut_nuclei(nuclei_image()), load_weights().in_focus_limit
    print(f"{len(nuclei)} nuclei; in-focus limit {limit:.2f}")
    print(f"{'distance of neighbors, pixels':32} {'sharp':>8} {f'level {BLURRED_LEVEL}':>8} {'all':>8}")
    for spacing in SPACINGS_PIXELS:
        right, blurred = [], []
        for _ in range(FIELDS):
            counts, labels, is_blurred = compose(nuclei, spacing, random)
            ratings = imagefocus.rate_objects(counts[None], [labels[None]])
            right.append((ratings.expected_scores > limit) == is_blurred)
            blurred.append(is_blurred)
        right, blurred = np.concatenate(right), np.concatenate(blurred)
        print(f"{spacing:<32} {right[~blurred].mean():8.2f} {right[blurred].mean():8.2f} {right.mean():8.2f}")


if __name__ == "__main__":
    main()
