"""The module's window: overlays, legend, levels of the patches, measurements.

The figure is CellProfiler's and the axes are matplotlib's; nothing of either is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from imagefocus.optics import LEVEL_COUNT
from imagefocus.overlay import PALETTES, border_colors


def draw_legend(axes: Any, palette: str = PALETTES[0]) -> None:
    """Draw the colors of the overlay's borders: levels across, certainty upwards."""
    levels, certainty = np.meshgrid(np.arange(LEVEL_COUNT), np.linspace(0, 1, 11))
    colors = border_colors(levels, certainty, palette)
    axes.imshow(colors, origin="lower", extent=(-0.5, LEVEL_COUNT - 0.5, 0, 1), aspect="auto", interpolation="nearest")
    axes.set_title("Border of a patch")
    axes.set_ylabel("Certainty")
    _label_levels(axes)


def draw_levels(axes: Any, levels: Mapping[str, np.ndarray]) -> None:
    """Draw a histogram of the levels of patches.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    levels : dict
        Name of an image -> (n,) int array, 0 to 10; the bars of several images stand side by side.
    """
    width, highest = 0.8 / len(levels), 1
    for index, (name, patch_levels) in enumerate(levels.items()):
        counts = np.bincount(patch_levels, minlength=LEVEL_COUNT)
        highest = max(highest, counts.max())
        axes.bar(np.arange(LEVEL_COUNT) + (index + 0.5) * width - 0.4, counts, width, label=name)
    axes.set_title("Patches that can be judged")
    axes.set_ylabel("Patches")
    _label_levels(axes)
    axes.set_ylim(0, 1.1 * highest)
    if len(levels) > 1:
        axes.set_ylim(0, 1.5 * highest)  # room above the bars
        axes.legend(loc="upper center", ncol=2, fontsize="x-small")


def _label_levels(axes: Any) -> None:
    axes.set_xlabel("Defocus level (0 is sharp)")
    axes.set_xticks(range(0, LEVEL_COUNT, 2))


def draw_window(
    figure: Any,
    overlays: Mapping[str, np.ndarray],
    levels: Mapping[str, np.ndarray],
    values: Mapping[str, Mapping[str, float]],
    palette: str,
) -> None:
    """Fill CellProfiler's figure window.

    Parameters
    ----------
    figure : CellProfiler's figure frame
    overlays, levels, values : dicts by the name of an image
        Its overlay, (rows, columns, 3) uint8; the levels of its judged patches; its measurements by feature.
    palette : str
    """
    names = list(overlays)
    one = len(names) == 1
    columns = 2 if one else max(3, len(names))
    legend, histogram, table = ((1, 0), (0, 1), (1, 1)) if one else ((0, 1), (1, 1), (2, 1))
    figure.set_subplots((columns, 2))
    for column, name in enumerate(names):
        scaled = overlays[name] / 255.0  # what CellProfiler's figure takes for colors
        figure.subplot_imshow_color(column, 0, scaled, title=f"Focus of {name}")
    draw_legend(figure.subplot(*legend), palette)
    draw_levels(figure.subplot(*histogram), levels)
    features = list(values[names[0]])
    rows = [[feature] + [format_value(values[name][feature]) for name in names] for feature in features]
    figure.subplot_table(*table, rows, col_labels=["Measurement"] + names, n_cols=columns - table[0])


def format_value(value: float) -> str:
    """A measurement as the table of the window shows it."""
    return str(value) if isinstance(value, int) else f"{value:.3f}"
