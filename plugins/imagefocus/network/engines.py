"""Run the network: TensorFlow or NumPy, the same numbers from the same weights.

Both use one thread: CellProfiler runs a worker process on each core, and workers with threads fight for the cores.
TensorFlow knows no threads of one network alone, so they are set for the whole process, unless it has started before.
"""

import atexit
import contextlib
import functools
import importlib.util
import sys

import numpy as np

from ..optics import LEVEL_COUNT
from ..pooling import abstain_by_deviation
from ..ratings import abstain, certainties
from .weights import Weights, find_weights

NETWORK_END = "network"  # operation of the SavedModel that gives the probabilities
ENGINES = ("auto", "tensorflow", "numpy")
BATCH = {"numpy": 16, "tensorflow": 128}  # patches at a time; NumPy's intermediate arrays then stay in the cache
TENSORFLOW_PIXELS = 150_000_000  # from here on TensorFlow's speed makes up for its import: benchmarks/cost/engines.py


class EngineError(RuntimeError):
    """The engine asked for cannot run here."""


def choose_engine(engine, shape):
    """Name of the engine to use, "tensorflow" or "numpy".

    "auto" depends on the installation and the image's size alone, never on how many images follow.

    Parameters
    ----------
    engine : str
        "auto", "tensorflow" or "numpy".
    shape : (int, int)
        Rows and columns of the image.

    Raises
    ------
    EngineError
        If TensorFlow is asked for and not installed.
    ValueError
        If the name is none of the three.
    """
    if engine not in ENGINES:
        raise ValueError(f"There is no engine {engine!r}; choose one of {', '.join(ENGINES)}.")
    spec = importlib.util.find_spec("tensorflow")
    installed = spec is not None and spec.loader is not None  # an uninstalled one may leave an empty folder
    if engine == "tensorflow" and not installed:
        raise EngineError(
            f"engine TensorFlow was asked for, but {sys.executable} has none. Install it ({sys.executable} -m pip install '{tensorflow_requirement()}') or choose NumPy."
        )
    if engine == "auto":
        return "tensorflow" if installed and shape[0] * shape[1] > TENSORFLOW_PIXELS else "numpy"
    return engine


def tensorflow_requirement(python=sys.version_info):
    """What to install: the newest TensorFlow that leaves CellProfiler's h5py and NumPy alone, where that exists."""
    return "tensorflow-cpu>=2.10,<2.16" if python < (3, 12) else "tensorflow-cpu"


def load_network(engine, weights=None):
    """The network as a function: (n, 84, 84) float32 normalized patches -> (n, 11) float64 probabilities.

    Parameters
    ----------
    engine : str
        "tensorflow" or "numpy".
    weights : str, optional
        Name of shipped weights, or a folder.

    Raises
    ------
    WeightsError
        If the weights are missing or altered.
    EngineError
        If TensorFlow is installed but cannot be imported.
    """
    return _load_network(engine, find_weights(weights))


def load_weights(weights=None):
    """The weights' Weights, checked once per process."""
    return _load_bundle(find_weights(weights))


@functools.lru_cache(maxsize=None)
def _load_bundle(folder):
    return Weights(folder)


@functools.lru_cache(maxsize=None)
def _load_network(engine, folder):
    return network_of(_load_bundle(folder), engine)


def network_of(bundle, engine):
    """The function that `load_network` returns, of a Weights at hand."""
    network = _tensorflow_network(bundle) if engine == "tensorflow" else numpy_network(bundle.layers())
    size = BATCH[engine]
    _keep_pages()

    def probabilities(patches):
        batches = [network(patches[first : first + size]) for first in range(0, len(patches), size)]
        return np.concatenate(batches).astype(np.float64) if batches else np.zeros((0, LEVEL_COUNT))

    return probabilities


def _keep_pages():
    """Have the C library keep freed memory for the next batch.

    Else glibc gives it back to the system and takes it anew, page by page, for each batch, which costs up to a third of the
    time. Freeing a block of 30 MB, no page of which is ever touched, raises the size up to which it keeps what is freed to
    twice that, 60 MB, in the whole process and for good: mallopt(3), M_MMAP_THRESHOLD.
    """
    np.empty(30 << 20, np.uint8)


def _tensorflow_network(bundle):
    try:
        import tensorflow
    except ImportError as error:
        raise EngineError(f"TensorFlow is installed, but cannot be imported: {error}. Choose NumPy.") from error

    with contextlib.suppress(RuntimeError):  # TensorFlow has started already: then its user decides
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    # Part of what Fiji calls: the network alone, since the patches are cut and normalized already.
    model = tensorflow.saved_model.load(bundle.saved_model, tags=["inference"])
    first = next(operation for operation in model.graph.get_operations() if operation.type == "Conv2D")
    network = model.prune(first.inputs[0].name, NETWORK_END + ":0")
    atexit.register(_load_network.cache_clear)  # freed after its library, it would print errors as Python ends
    return lambda patches: network(tensorflow.constant(patches[..., None])).numpy()


def numpy_network(layers):
    """The network on NumPy.

    Parameters
    ----------
    layers : dict of arrays
        As `Weights.layers` returns them.

    Returns
    -------
    function
        (n, 84, 84) float32 normalized patches -> (n, 11) float64 probabilities
    """
    arrays = {name: array.astype(np.float32) for name, array in layers.items() if array.dtype == np.float16}
    one_thread = blas_limit()

    def network(patches):
        values = patches[..., None]
        with one_thread():
            for index, (stride, padded) in enumerate(zip(layers["strides"], layers["padded"])):
                values = convolve(values, arrays["kernel%d" % index], arrays["bias%d" % index], stride, padded)
                np.maximum(values, 0, out=values)
            probabilities = _softmax(values.mean(axis=(1, 2)) @ arrays["dense_kernel"] + arrays["dense_bias"])
        if "deviation" in layers:
            return abstain_by_deviation(probabilities, certainties(probabilities), *layers["deviation"])
        return abstain(probabilities, *layers["doubt"]) if "doubt" in layers else probabilities

    return network


def _softmax(logits):
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def blas_limit():
    """Context in which BLAS uses one thread; it does nothing without threadpoolctl, which CellProfiler brings along."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return contextlib.nullcontext
    return functools.partial(ThreadpoolController().limit, limits=1, user_api="blas")


def convolve(values, kernel, bias, stride, padded=True):
    """Two-dimensional convolution of a batch as a single matrix product.

    Parameters
    ----------
    values : (n, rows, columns, channels) float32 array
    kernel : (side, side, channels, filters) float32 array
    bias : (filters,) float32 array
    stride : int
    padded : bool
        Zeros about the border, as TensorFlow's padding "SAME" has them, or none ("VALID").

    Returns
    -------
    (n, r, c, filters) float32 array
        r is ceil(rows / stride) with zeros, floor((rows - side) / stride) + 1 without; c likewise.
    """
    side, _, channels, filters = kernel.shape
    if padded:
        values = np.pad(values, ((0, 0), *(_padding(length, side, stride) for length in values.shape[1:3]), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(values, (side, side), axis=(1, 2))[:, ::stride, ::stride]
    columns_of_windows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, side * side * channels)
    result = columns_of_windows @ kernel.reshape(-1, filters)
    result += bias
    return result.reshape(*windows.shape[:3], filters)


def _padding(length, side, stride):
    """Zeros before and after a side, as TensorFlow's padding "SAME" has them."""
    total = max((-(-length // stride) - 1) * stride + side - length, 0)
    return total // 2, total - total // 2
