"""Images and objects between CellProfiler's form and NumPy arrays."""

import numpy as np
import pytest

pytest.importorskip("cellprofiler_core")
import cellprofiler_core.image as cp_image
import cellprofiler_core.object as cp_object

import imagefocus
from helpers.module_runs import image_measurement, make_module, object_measurement, run


@pytest.mark.parametrize("columns", [slice(None), slice(0, 336), slice(0)])
@pytest.mark.parametrize("volumetric", [False, True])
def test_patches_are_objects_as_cellprofiler_makes_them_of_their_labels(defocused, columns, volumetric):
    mask = np.zeros(defocused[0].shape, bool)
    mask[:, columns] = True
    pixels = defocused[0]
    if volumetric:
        pixels, mask = np.stack([pixels, pixels]), np.stack([mask, mask])
    image = cp_image.Image(pixels, mask=mask, convert=False, dimensions=pixels.ndim)
    workspace = run(make_module(patches=True), image, volumetric=volumetric)
    ours, theirs = workspace.object_set.get_objects("FocusPatches"), cp_object.Objects()
    theirs.segmented = ours.segmented
    theirs.parent_image = image
    assert ours.count == theirs.count == len(object_measurement(workspace, "FocusPatches", "ImageFocus_GridRow"))
    assert ours.shape == theirs.shape and ours.volumetric == theirs.volumetric
    for name in ("indices", "areas", "ijv", "masked"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
    for (labels, indices), (expected, expected_indices) in zip(ours.get_labels(), theirs.get_labels()):
        assert np.array_equal(labels, expected) and np.array_equal(indices, expected_indices)


def test_color_with_three_equal_channels_is_gray(defocused):
    gray = defocused[0] / 65535
    workspace = run(make_module(), np.dstack([gray] * 3))
    assert image_measurement(workspace, "Score") == imagefocus.rate_image(gray).score


def test_images_of_different_sizes_are_refused_by_name(defocused):
    images = {"DNA": defocused[0], "RNA": defocused[0][:200]}
    with pytest.raises(ValueError, match="DNA and RNA together: they are 512 x 672 and 200 x 672 pixels"):
        run(make_module("DNA, RNA"), images)


def test_objects_that_no_module_makes_are_named(defocused):
    with pytest.raises(ValueError, match="cannot rate the objects Cells: no module before it makes them"):
        run(make_module(wants_objects=True, object_names="Cells"), defocused[0], {"Nuclei": np.ones((512, 672), int)})


def test_objects_of_another_size_are_refused(defocused):
    with pytest.raises(ValueError, match="cannot rate the objects Nuclei in DNA: they are .*300 x 300 pixels"):
        run(make_module(wants_objects=True, object_names="Nuclei"), defocused[0], {"Nuclei": np.ones((300, 300), int)})
