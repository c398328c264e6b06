"""Made-up objects in focus."""

import numpy as np
import pytest

from model_export import scenes


def test_made_up_scenes_are_light_in_focus():
    lights = scenes.make_scenes(np.random.default_rng(0))
    assert len(lights) == 5 * scenes.COUNT_OF_EACH
    for light in lights:
        assert light.shape == (512, 512) and light.dtype == np.float32 and np.isfinite(light).all()
        assert light.min() >= 0 and np.percentile(light, 99.9) == pytest.approx(1, abs=1e-3)
        differences = np.abs(np.diff(light, axis=1))
        assert np.percentile(differences, 99.9) > 0.02  # edges of a few pixels are there to be seen


def test_thick_nuclei_have_light_in_the_middle_and_none_beyond_their_ends():
    made = scenes.make_thick_scenes(np.random.default_rng(0), count=2, chromatin_count=1)
    assert [radius for radius, _, _ in made] == pytest.approx(scenes.THICK_RADII)
    for _, nuclei, chromatin in made:
        assert nuclei.shape == chromatin.shape == (scenes.SLICES, 384, 384)
        assert nuclei.dtype == chromatin.dtype == np.float32 and nuclei.min() == 0
        light = nuclei.sum(axis=(1, 2))
        assert light[[0, -1]].max() < 0.05 * light.max() and light[scenes.SLICES // 2] == light.max()
        assert np.percentile(nuclei.sum(axis=0), 99.9) == pytest.approx(1, abs=1e-3)
        assert chromatin.std() == pytest.approx(1, abs=1e-3)


def test_dividing_cells_are_a_few_bright_spots():
    for seed in range(20):
        light = scenes.draw_rounded_cells(np.random.default_rng(seed), 128)
        assert light.shape == (128, 128) and light.dtype == np.float32 and light.min() == 0
        assert 0.1 < light.max() < 3 and (light > 0).mean() < 0.25
