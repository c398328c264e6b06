"""The blur of training patches and their labels."""

import numpy as np
import pytest

from model_export import (
    blur,
    labels,
    sampling,
)

LABELS = np.arange(11)


def test_labels_between_levels_are_shared_by_the_two():
    assert labels.soft_label([3.25])[0, 3:5].tolist() == [0.75, 0.25]
    assert labels.soft_label([0, 10, 13.5]) @ LABELS == pytest.approx([0, 10, 10])


def test_levels_are_drawn_alike_with_some_between_and_some_beyond():
    levels = labels.draw_level_steps(50000, np.random.default_rng(0)) / sampling.STEPS_PER_LEVEL
    shares = labels.soft_label(levels).mean(axis=0)
    assert shares == pytest.approx(1 / 11, rel=0.045)
    assert np.mean(levels[levels >= 10] > 10) == pytest.approx(labels.BEYOND_SHARE, rel=0.1)
    assert levels.max() == blur.LARGEST_LEVEL and levels.min() == 0
    between = levels[levels < 10] % 1 > 0
    assert np.mean(between) == pytest.approx(labels.BETWEEN_SHARE * 6 / 7, rel=0.1)  # of the 7 quarters one is 0
