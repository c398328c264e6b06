"""Time the engines against the network of Yang et al. (2018) in the same TensorFlow, and where `auto` should change.

    python benchmarks/cost/engines.py [--threads 1]

Prints milliseconds a patch (median of several rounds that take turns), ratios to the original network, and the image
size from which TensorFlow's speed makes up for its import. NumPy uses one thread, whatever --threads says of
TensorFlow.
"""

import argparse
import functools
import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from imagefocus.network import engines
from imagefocus.patches import PATCH_SIDE

PATCHES = 625
ROUNDS = 7


def original_network():
    """The published architecture, untrained: its 28,965,771 parameters take the same time."""
    import tensorflow as tf

    from model_export import network

    model = network.build_original()
    assert model.count_params() == 28_965_771
    graph = tf.function(lambda patches: model(patches, training=False))
    return lambda patches: graph(tf.constant(patches[..., None])).numpy()


def seconds(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def medians(calls, rounds):
    """Median seconds of functions that take turns; the first round warms up."""
    times = [[seconds(call) for call in calls] for _ in range(rounds + 1)][1:]
    return [statistics.median(times_of_call) for times_of_call in zip(*times)]


def tensorflow_start_seconds():
    """Seconds to import TensorFlow and load the weights in a fresh process, more than NumPy takes; median of three."""
    load = "from imagefocus.network.engines import load_network; load_network({!r})"
    commands = [[sys.executable, "-c", load.format(engine)] for engine in ("tensorflow", "numpy")]
    tensorflow, numpy = medians([functools.partial(subprocess.check_call, command) for command in commands], 3)
    return tensorflow - numpy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, help="of TensorFlow (default: %(default)s)")
    threads = parser.parse_args().threads
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    networks = {
        "original": original_network(),
        "tensorflow": engines.load_network("tensorflow"),
        "numpy": engines.load_network("numpy"),
    }
    patches = np.random.default_rng(0).standard_normal((PATCHES, PATCH_SIDE, PATCH_SIDE)).astype(np.float32)
    times = medians([functools.partial(network, patches) for network in networks.values()], ROUNDS)
    milliseconds = {name: value / PATCHES * 1000 for name, value in zip(networks, times)}
    print(f"{PATCHES} patches, TensorFlow with {threads} thread(s), NumPy with one")
    for name, value in milliseconds.items():
        print(f"{name:12} {value:6.3f} ms a patch, {milliseconds['original'] / value:5.1f} x the original")
    start = tensorflow_start_seconds()
    gain = (milliseconds["numpy"] - milliseconds["tensorflow"]) / 1000
    print(f"starting TensorFlow takes {start:.1f} s more than NumPy")
    if gain > 0:
        print(f"TensorFlow is faster from {start / gain * PATCH_SIDE**2 / 1e6:.0f} megapixels on")
    else:
        print("TensorFlow is never faster")


if __name__ == "__main__":
    main()
