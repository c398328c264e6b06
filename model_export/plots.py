"""Pictures of what `evaluate` measures."""

from __future__ import annotations

import functools
import os

import numpy as np

from imagefocus.measurements import JUDGED_CERTAINTY
from imagefocus.optics import LEVEL_COUNT

from . import metrics
from .evaluation import Result, StackResult


def draw_plots(folder: str, results: list[Result], stack_results: list[StackResult], title: str) -> None:
    """Write confusion.png, levels.png, reliability.png and, for each stack through focus, stack_<name>.png.

    Parameters
    ----------
    folder : str
        Made if it is missing.
    results : list of evaluation.Result
    stack_results : list of evaluation.StackResult
    title : str
    """
    os.makedirs(folder, exist_ok=True)
    for name, draw in (("confusion", _draw_confusion), ("levels", _draw_levels), ("reliability", _draw_reliability)):
        _save(folder, name, title, functools.partial(draw, results=results))
    for stack in stack_results:
        if len(set(stack.z_micrometers)) > 1:
            draw = functools.partial(_draw_focus_curve, stack=stack)
            _save(folder, f"stack_{stack.stack}", f"{title}: {stack.stack}", draw)


def _save(folder, name, title, draw):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.8), tight_layout=True)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    draw(axes)
    axes.set_title(title)
    figure.savefig(os.path.join(folder, f"{name}.png"), dpi=110)


def _draw_confusion(axes, results):
    """Share of the judged patches of each true level that are given each Score."""
    patches = metrics.collect_patches(results)
    judged = patches["certainties"] >= JUDGED_CERTAINTY
    counts = np.zeros((LEVEL_COUNT, LEVEL_COUNT))
    np.add.at(counts, (patches["levels"][judged], patches["scores"][judged]), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for true, score in np.argwhere(shares >= 0.005):
        color = "white" if shares[true, score] > 0.5 else "black"
        axes.text(score, true, f"{100 * shares[true, score]:.0f}", ha="center", va="center", color=color, fontsize=8)
    axes.set(
        xlabel="Score of the patch; numbers: % of the judged patches of a level",
        ylabel="true level",
        xticks=range(LEVEL_COUNT),
        yticks=range(LEVEL_COUNT),
    )


def _draw_levels(axes, results):
    names = sorted({result.set_name for result in results})
    axes.plot([0, LEVEL_COUNT - 1], [0, LEVEL_COUNT - 1], color="0.7", zorder=0)
    for index, name in enumerate(names):
        in_set = [result for result in results if result.set_name == name]
        levels = np.array([result.level for result in in_set])
        scores = np.array([result.rating.expected_score for result in in_set])
        means = [scores[levels == level].mean() for level in range(LEVEL_COUNT)]
        spread = np.array(
            [
                [mean - scores[levels == level].min(), scores[levels == level].max() - mean]
                for level, mean in enumerate(means)
            ]
        )
        shift = 0.12 * (index - (len(names) - 1) / 2)
        axes.errorbar(np.arange(LEVEL_COUNT) + shift, means, spread.T, fmt="o", markersize=4, capsize=2, label=name)
    axes.set(xlabel="true level", ylabel="ExpectedScore of the image: mean, least and most")
    axes.legend(fontsize=8)


def _draw_reliability(axes, results):
    patches = metrics.collect_patches(results)
    counts, confidence, accuracy = metrics.calibration_bins(patches).T
    axes.plot([0, 1], [0, 1], color="0.7", zorder=0)
    axes.scatter(confidence, accuracy, s=10 + 300 * counts / counts.sum())
    error = metrics.calibration_error(patches)
    axes.text(
        0.03, 0.95, f"calibration error {error:.3f}\narea: share of the patches", transform=axes.transAxes, va="top"
    )
    axes.set(
        xlabel="probability of the most probable level",
        ylabel="share of patches that have it",
        xlim=(0, 1),
        ylim=(0, 1),
    )


def _draw_focus_curve(axes, stack):
    axes.plot(stack.z_micrometers, stack.levels, color="0.6", label="true level")
    axes.plot(
        stack.z_micrometers,
        [rating.expected_score for rating in stack.ratings],
        "o-",
        markersize=4,
        label="ExpectedScore",
    )
    axes.set(xlabel="z, µm from best focus", ylabel="level", ylim=(-0.3, LEVEL_COUNT - 0.7))
    axes.legend(fontsize=8)
