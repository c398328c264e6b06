"""The arithmetic of the NumPy engine."""

import numpy as np
import pytest
from scipy import signal

from imagefocus.network import numpy_engine


def test_blas_runs_on_one_thread():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with numpy_engine.blas_limit()():
        assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"} == {1}


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("length, side, stride", [(84, 8, 4), (21, 3, 2), (11, 3, 1), (10, 3, 2), (7, 5, 3)])
def test_convolution_is_the_sum_of_correlations(length, side, stride, padded):
    random = np.random.default_rng(0)
    values = random.standard_normal((2, length, length, 3)).astype(np.float32)
    kernel = random.standard_normal((side, side, 3, 4)).astype(np.float32)
    bias = random.standard_normal(4).astype(np.float32)
    size = -(-length // stride) if padded else (length - side) // stride + 1
    total = max((size - 1) * stride + side - length, 0) if padded else 0
    before, after = total // 2, total - total // 2
    framed = np.pad(values, ((0, 0), (before, after), (before, after), (0, 0)))
    result = numpy_engine.convolve(values, kernel, bias, stride, padded)
    assert result.shape == (2, size, size, 4)
    for image in range(2):
        for filter_ in range(4):
            channels = [signal.correlate2d(framed[image, :, :, c], kernel[:, :, c, filter_], "valid") for c in range(3)]
            expected = np.sum(channels, axis=0)[::stride, ::stride] + bias[filter_]
            assert np.abs(result[image, :, :, filter_] - expected).max() < 1e-4
