"""Which engine runs the network, and the network once per process.

All engines give the same numbers from the same weights, within the tolerance that the model card states.

Each uses one thread: CellProfiler runs a worker process on each core, and workers with threads fight for the cores.
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import sys
from collections.abc import Callable

import numpy as np

from ..optics import LEVEL_COUNT
from . import numpy_engine, tensorflow_engine
from .weights import Weights, find_weights

ENGINES = ("auto", "tensorflow", "numpy")
TENSORFLOW_PIXELS = 150_000_000  # from here on TensorFlow's speed makes up for its import: benchmarks/cost/engines.py


class EngineError(RuntimeError):
    """The engine asked for cannot run here."""


def choose_engine(engine: str, shape: tuple[int, ...]) -> str:
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
            f"engine TensorFlow was asked for, but {sys.executable} has none. Install it ({sys.executable} -m pip "
            f"install '{tensorflow_requirement()}') or choose NumPy."
        )
    if engine == "auto":
        return "tensorflow" if installed and shape[0] * shape[1] > TENSORFLOW_PIXELS else "numpy"
    return engine


def tensorflow_requirement(python: tuple = sys.version_info) -> str:
    """What to install: the newest TensorFlow that leaves CellProfiler's h5py and NumPy alone, where that exists."""
    return "tensorflow-cpu>=2.10,<2.16" if python < (3, 12) else "tensorflow-cpu"


def load_network(engine: str, weights: str | None = None) -> Callable[[np.ndarray], np.ndarray]:
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


def load_weights(weights: str | None = None) -> Weights:
    """The Weights of a name or folder, checked once per process."""
    return _load_weights(find_weights(weights))


@functools.lru_cache(maxsize=None)
def _load_weights(folder: str) -> Weights:
    return Weights(folder)


@functools.lru_cache(maxsize=None)
def _load_network(engine: str, folder: str) -> Callable[[np.ndarray], np.ndarray]:
    return build_network(_load_weights(folder), engine)


def build_network(weights: Weights, engine: str) -> Callable[[np.ndarray], np.ndarray]:
    """The function that `load_network` returns, made anew from Weights."""
    if engine == "tensorflow":
        network, size = _build_tensorflow_network(weights), tensorflow_engine.PATCHES_AT_A_TIME
    else:
        network, size = numpy_engine.build_numpy_network(weights.layers()), numpy_engine.PATCHES_AT_A_TIME
    _keep_pages()

    def run_in_batches(patches: np.ndarray) -> np.ndarray:
        batches = [network(patches[first : first + size]) for first in range(0, len(patches), size)]
        return np.concatenate(batches).astype(np.float64) if batches else np.zeros((0, LEVEL_COUNT))

    return run_in_batches


def _build_tensorflow_network(weights: Weights) -> Callable[[np.ndarray], np.ndarray]:
    try:
        network = tensorflow_engine.build_tensorflow_network(weights.saved_model)
    except ImportError as error:
        raise EngineError(f"TensorFlow is installed, but cannot be imported: {error}. Choose NumPy.") from error
    atexit.register(_load_network.cache_clear)  # freed after its library, TensorFlow would print errors
    return network


def _keep_pages() -> None:
    """Have the C library keep freed memory for the next batch.

    Else glibc gives it back to the system and takes it anew, page by page, for each batch, which costs up to a third of
    the time. Freeing a block of 30 MB, no page of which is ever touched, raises the size up to which it keeps what is
    freed to twice that, 60 MB, in the whole process and for good: mallopt(3), M_MMAP_THRESHOLD.
    """
    np.empty(30 << 20, np.uint8)
