"""Train networks of several shapes on the same batches, on a GPU with JAX: what would a larger one bring, or another end?

    python benchmarks/networks_on_gpu.py --images CSV --output DIR [--steps 21000]

Trains on all sets but those that benchmarks/ablations.py leaves out, at once, and prints the ranked probability score of
patches of those. DIR/large is then a finished run, for `python -m model_export train --teacher DIR/large`. JAX computes
seven small networks beside the large one in 20 ms a step on an H200, where no TensorFlow was at hand; without JAX, and on
a CPU, `python -m model_export train --large` trains the large one.
"""

import argparse
import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is a process for each core

import numpy as np  # noqa: E402

from ablations import LEFT_OUT  # noqa: E402
from model_export import images, runs, training  # noqa: E402
from model_export.defocus import LEVEL_COUNT  # noqa: E402
from model_export.shapes import CONVOLUTIONS, LARGE_CONVOLUTIONS  # noqa: E402

EPSILON, MOMENTUM = 1e-3, 0.99  # of batch normalisation, as Keras has them
HEIGHT_FIRST = ("NHWC", "HWIO", "NHWC")
LARGE = "large"
SHAPES = {
    "as bundled": {},
    "as bundled, seed 2": {"seed": 2},
    "a layer of 64 over all positions": {"convolutions": (*CONVOLUTIONS, (5, 1, 64, "valid"))},
    "a layer of 128 over all positions": {"convolutions": (*CONVOLUTIONS, (5, 1, 128, "valid"))},
    "a hidden layer of 64": {"hidden": 64},
    "mean and maximum of positions": {"maximum": True},
    "96 filters at the end, without padding": {"convolutions": (*CONVOLUTIONS[:-1], (3, 1, 96, "valid"))},
    LARGE: {"convolutions": LARGE_CONVOLUTIONS, "shortcuts": True, "learning_rate": runs.LARGE_LEARNING_RATE},
}


def initial(convolutions=CONVOLUTIONS, hidden=0, maximum=False, seed=1, **_):
    """Parameters (Glorot's uniform kernels) and the running statistics of batch normalisation."""
    random, parameters, statistics, inputs = np.random.default_rng(seed), {}, {}, 1

    def kernel(*shape):
        positions = int(np.prod(shape[:-2]))
        limit = np.sqrt(6 / (positions * (shape[-2] + shape[-1])))
        return random.uniform(-limit, limit, shape).astype(np.float32)

    for index, (side, _, filters, _) in enumerate(convolutions):
        parameters["kernel%d" % index] = kernel(side, side, inputs, filters)
        parameters["gamma%d" % index], parameters["beta%d" % index] = np.ones(filters), np.zeros(filters)
        statistics["mean%d" % index], statistics["variance%d" % index] = np.zeros(filters), np.ones(filters)
        inputs = filters
    inputs *= 1 + maximum
    if hidden:
        parameters["hidden_kernel"], parameters["hidden_bias"] = kernel(inputs, hidden), np.zeros(hidden)
    parameters["dense_kernel"] = kernel(hidden or inputs, LEVEL_COUNT)
    parameters["dense_bias"] = np.zeros(LEVEL_COUNT)
    return [{name: array.astype(np.float32) for name, array in of.items()} for of in (parameters, statistics)]


def logits(parameters, statistics, patches, shape, training_now):
    """Outputs before the softmax, and the statistics moved on by this batch."""
    from jax import lax, nn
    from jax import numpy as jnp

    values, seen = patches, {}
    for index, (_, stride, _, padding) in enumerate(shape.get("convolutions", CONVOLUTIONS)):
        gamma, beta = parameters["gamma%d" % index], parameters["beta%d" % index]
        mean, variance = (statistics[name % index] for name in ("mean%d", "variance%d"))
        kernel = parameters["kernel%d" % index]
        found = lax.conv_general_dilated(
            values, kernel, (stride, stride), padding.upper(), dimension_numbers=HEIGHT_FIRST
        )
        if training_now:
            of_batch = found.mean(axis=(0, 1, 2)), found.var(axis=(0, 1, 2))
            seen["mean%d" % index] = MOMENTUM * mean + (1 - MOMENTUM) * of_batch[0]
            seen["variance%d" % index] = MOMENTUM * variance + (1 - MOMENTUM) * of_batch[1]
            mean, variance = of_batch
        found = nn.relu((found - mean) * gamma / jnp.sqrt(variance + EPSILON) + beta)
        values = values + found if shape.get("shortcuts") and found.shape == values.shape else found
    pooled = values.mean(axis=(1, 2))
    if shape.get("maximum"):
        pooled = jnp.concatenate([pooled, values.max(axis=(1, 2))], axis=1)
    if shape.get("hidden"):
        pooled = nn.relu(pooled @ parameters["hidden_kernel"] + parameters["hidden_bias"])
    return pooled @ parameters["dense_kernel"] + parameters["dense_bias"], seen


def score(labels, probabilities):
    """network.ranked_probability_score in JAX."""
    return ((probabilities - labels).cumsum(axis=1) ** 2).sum(axis=1)


def updated(state, patches, labels, rate, step, shape):
    """The state after a step of Adam on network.loss."""
    import jax
    from jax import numpy as jnp

    parameters, statistics, first, second, *averaged = state

    def loss(parameters):
        outputs, seen = logits(parameters, statistics, patches, shape, True)
        logarithms = jax.nn.log_softmax(outputs)
        return (score(labels, jnp.exp(logarithms)) - 0.3 * (labels * logarithms).sum(axis=1)).mean(), seen

    gradient, seen = jax.grad(loss, has_aux=True)(parameters)
    first = jax.tree.map(lambda mean, value: 0.9 * mean + 0.1 * value, first, gradient)
    second = jax.tree.map(lambda mean, value: 0.999 * mean + 0.001 * value**2, second, gradient)
    rate *= shape.get("learning_rate", 6e-3) * jnp.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
    parameters = jax.tree.map(
        lambda old, mean, square: old - rate * mean / (jnp.sqrt(square) + 1e-7), parameters, first, second
    )
    decay = jnp.minimum(training.AVERAGE_DECAY, (1 + step) / (10 + step))
    averaged = jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, averaged, [parameters, seen])
    return (parameters, seen, first, second, *averaged)


def folded(parameters, statistics, convolutions):
    """network.folded_layers of a large network."""
    layers = {}
    for index in range(len(convolutions)):
        scale = parameters["gamma%d" % index] / np.sqrt(statistics["variance%d" % index] + EPSILON)
        layers["kernel%d" % index] = parameters["kernel%d" % index] * scale
        layers["bias%d" % index] = parameters["beta%d" % index] - statistics["mean%d" % index] * scale
    layers.update({name: parameters[name] for name in ("dense_kernel", "dense_bias")})
    layers = {name: np.asarray(array).astype(np.float16) for name, array in layers.items()}
    _, strides, _, paddings = zip(*convolutions)
    return {**layers, "strides": np.array(strides), "padded": np.array(paddings) == "same", "shortcuts": np.array(True)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True, metavar="DIR|CSV")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--steps", type=int, default=21000)
    options = parser.parse_args()
    kept, held_out = runs.split(images.read_images(images.find_images(options.images, "train"), print), LEFT_OUT)
    patches, labels = runs.sampler_of(held_out, ()).batch([1, 1], runs.HELD_OUT_PATCHES)
    started = time.monotonic()
    with training.batches(runs.sampler_of(kept), seed=1) as batches_from:  # forks before JAX starts its threads
        states = train(batches_from(0, options.steps), options.steps, patches, labels)
    minutes = (time.monotonic() - started) / 60
    keep(os.path.join(options.output, LARGE), states[LARGE], options.steps, minutes)


def train(batches, steps, held_out, held_out_labels):
    """The states of all networks after all batches."""
    import jax

    jax.config.update("jax_default_matmul_precision", "highest")  # as on a CPU
    states = {}
    for name, shape in SHAPES.items():
        start = jax.tree.map(jax.numpy.array, initial(**shape))
        states[name] = (*start, *(jax.tree.map(jax.numpy.zeros_like, start[0]) for _ in range(2)), *start)

    @jax.jit
    def update(states, patches, labels, rate, step):
        return {name: updated(state, patches, labels, rate, step, SHAPES[name]) for name, state in states.items()}

    @jax.jit
    def held_out_scores(states):
        answers = {n: jax.nn.softmax(logits(*state[-2:], held_out, SHAPES[n], False)[0]) for n, state in states.items()}
        return {name: score(held_out_labels, answer).mean() for name, answer in answers.items()}

    for step, (patches, labels) in enumerate(batches):
        rate = np.float32((1 + np.cos(np.pi * step / steps)) / 2)
        states = update(states, patches, labels, rate, np.float32(step))
        if (step + 1) % 1000 == 0 or step + 1 == steps:
            print("step %d of %d; scores of patches of the sets left out:" % (step + 1, steps), flush=True)
            for name, value in held_out_scores(states).items():
                print("    %-40s %.4f" % (name, value), flush=True)
    return states


def keep(folder, state, steps, minutes):
    """Write a run folder that `train --teacher` reads."""
    import jax

    os.makedirs(folder)
    layers = folded(*(jax.tree.map(np.asarray, part) for part in state[-2:]), LARGE_CONVOLUTIONS)
    np.savez(os.path.join(folder, "layers.npz"), **layers)
    facts = {"command": "python " + " ".join(sys.argv), "seed": 1, "steps": steps, "minutes": round(minutes, 1)}
    facts.update({"large": True, "left_out_sets": list(LEFT_OUT), "device": str(jax.devices()[0])})
    with open(os.path.join(folder, "run.json"), "w") as file:
        json.dump(facts, file, indent=1)


if __name__ == "__main__":
    main()
