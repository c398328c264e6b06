"""The training loop: batches drawn beside it, averaged weights, checkpoints."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import numpy as np

from .sampling import PatchSampler

BATCH = 128
STEPS_PER_LINE = 250
STEPS_PER_CHECKPOINT = 1000
AVERAGE_DECAY = 0.999  # of the running average of the weights
TEACHER_SHARE = 0.7  # of the labels

_sampler: PatchSampler | None = None  # of this process


def fit(
    sampler: PatchSampler,
    held_out: tuple[np.ndarray, np.ndarray],
    run_folder: str,
    steps: int,
    seed: int,
    learning_rate: float = 6e-3,
    build: Callable[[], Any] | None = None,
    loss: Callable[..., Any] | None = None,
    teacher: dict[str, np.ndarray] | None = None,
) -> tuple[Any, list[list[float]], float]:
    """Train a network, or continue from the run folder's checkpoint if there is one.

    Parameters
    ----------
    sampler : sampling.PatchSampler
        Of the images to train on.
    held_out : (patches, labels)
        A batch on which the score is measured and printed.
    run_folder : str
        Where the checkpoints go.
    steps : int
        Batches of 128 patches.
    seed : int
        Of the network's start and of the patches.
    learning_rate : float
        Of Adam at the start; it falls to 0 along a cosine.
    build, loss : callables, optional
        Instead of `network.build` and `network.loss`.
    teacher : dict of arrays, optional
        Layers, as `network.folded_layers` gives them, of a trained network whose probabilities are TEACHER_SHARE of the
        labels (knowledge distillation; Hinton, Vinyals and Dean, 2015, arXiv:1503.02531).

    Returns
    -------
    Keras model with the averaged weights; list of (step, loss, held-out ranked probability score); seconds it took
    """
    with _batches(sampler, seed) as batches_from:  # forks before TensorFlow starts its threads
        return _Run(held_out, run_folder, steps, seed, learning_rate, build, loss, teacher).finish(batches_from)


class _Run:
    """The state of a training run, which is kept in checkpoints and restored from them."""

    def __init__(self, held_out, run_folder, steps, seed, learning_rate, build, loss, teacher):
        import tensorflow as tf

        from . import network

        tf.keras.utils.set_random_seed(seed)
        if tf.config.list_physical_devices("GPU"):  # a CPU is deterministic without
            tf.config.experimental.enable_op_determinism()
        build, self.loss = build or network.build, loss or network.loss
        self.score = network.ranked_probability_score
        self.held_out, self.steps, self.teacher = held_out, steps, teacher
        self.model, self.averaged = build(), build()
        self.averaged.set_weights(self.model.get_weights())
        self.optimizer = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(learning_rate, steps))
        self.optimizer.build(self.model.trainable_variables)
        self.progress = tf.Variable(np.zeros((steps // STEPS_PER_LINE + 2, 3)), trainable=False)
        self.step, self.seconds = tf.Variable(0, dtype=tf.int64), tf.Variable(0.0, dtype=tf.float64)
        state = tf.train.Checkpoint(
            model=self.model,
            averaged=self.averaged,
            optimizer=self.optimizer,
            progress=self.progress,
            step=self.step,
            seconds=self.seconds,
        )
        self.checkpoints = tf.train.CheckpointManager(state, os.path.join(run_folder, "checkpoints"), max_to_keep=1)
        if self.checkpoints.restore_or_initialize():
            print(f"Going on from step {int(self.step)}", flush=True)
        self.update = tf.function(self._update)

    def _update(self, patches, labels):
        import tensorflow as tf

        from . import network

        if self.teacher:
            labels += TEACHER_SHARE * (network.forward(patches, self.teacher) - labels)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.loss(labels, self.model(patches, training=True)))
        variables = self.model.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        step = tf.cast(self.step, tf.float32)
        decay = tf.minimum(AVERAGE_DECAY, (1 + step) / (10 + step))  # a short memory while the weights still move far
        for average, value in zip(self.averaged.variables, self.model.variables):
            average.assign(decay * average + (1 - decay) * value)
        self.step.assign_add(1)
        return loss

    def finish(self, batches_from):
        print(
            f"Training; loss and held-out score, printed every {STEPS_PER_LINE} steps: lower is better",
            flush=True,
        )
        started, losses = time.monotonic(), []
        for patches, labels in batches_from(int(self.step), self.steps):
            losses.append(self.update(patches, labels))
            step = int(self.step)
            if step % STEPS_PER_LINE == 0 or step == self.steps:
                taken = time.monotonic() - started
                self.seconds.assign_add(taken)
                self._print_progress(step, float(np.mean(losses)), taken / len(losses))
                started, losses = time.monotonic(), []
            if step % STEPS_PER_CHECKPOINT == 0 or step == self.steps:
                self.checkpoints.save()
        progress = self.progress.numpy()
        return self.averaged, progress[progress[:, 0] > 0].tolist(), float(self.seconds)

    def _print_progress(self, step, loss, seconds_a_step):
        patches, labels = self.held_out
        score = float(np.mean(self.score(labels, self.averaged.predict(patches, batch_size=256, verbose=0))))
        self.progress[-(-step // STEPS_PER_LINE)].assign([step, loss, score])
        minutes = (self.steps - step) * seconds_a_step / 60
        print(
            f"step {step} of {self.steps}: loss {loss:.4f}, held-out score {score:.4f}, {minutes:.0f} minutes left",
            flush=True,
        )


def _share(sampler):
    from threadpoolctl import threadpool_limits

    global _sampler
    _sampler = sampler
    threadpool_limits(1)  # each core has its process already


def _draw(seed):
    assert _sampler is not None
    return _sampler.batch(seed, BATCH)


@contextmanager
def _batches(sampler, seed):
    """Function (first, last) -> batches in the order of their numbers, for any number of processes."""
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, get_context("fork"), initializer=_share, initargs=(sampler,)) as pool:
        pool.submit(os.getpid).result()  # starts the processes

        def batches(first, last):
            waiting: deque[Future] = deque()
            for index in range(first, last):
                waiting.append(pool.submit(_draw, [seed, 0, index]))
                if len(waiting) > 4 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

        yield batches
