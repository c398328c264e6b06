"""What several tests of the core share."""

import numpy as np
import pytest


@pytest.fixture
def with_a_hole(defocused):
    """An image at level 1, a mask with a hole, and the image with NaN in the hole."""
    image = defocused[1].astype(float)
    mask = np.ones(image.shape, bool)
    mask[100:180, 200:300] = False
    return image, mask, np.where(mask, image, np.nan)
