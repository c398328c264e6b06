"""The network in TensorFlow, from the SavedModel of the weights."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np

NETWORK_END = "network"  # operation of the SavedModel that gives the probabilities
PATCHES_AT_A_TIME = 128


def build_tensorflow_network(saved_model: str) -> Callable[[np.ndarray], np.ndarray]:
    """The network as a function: (n, 84, 84) float32 normalized patches -> (n, 11) float32 probabilities.

    TensorFlow knows no threads of one network alone, so they are set for the whole process, unless it has started
    before.

    Parameters
    ----------
    saved_model : str
        Folder of the SavedModel.

    Raises
    ------
    ImportError
    """
    import tensorflow

    with contextlib.suppress(RuntimeError):  # TensorFlow has started already: then its user decides
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    # Part of what Fiji calls: the network alone, since the patches are cut and normalized already.
    model = tensorflow.saved_model.load(saved_model, tags=["inference"])
    first = next(operation for operation in model.graph.get_operations() if operation.type == "Conv2D")
    network = model.prune(first.inputs[0].name, NETWORK_END + ":0")
    return lambda patches: network(tensorflow.constant(patches[..., None])).numpy()
