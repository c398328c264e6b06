"""What stands beside the overlay in a figure. The axes are matplotlib's; nothing of it is imported here."""

import numpy as np

from .optics import LEVEL_COUNT
from .overlay import PALETTES, border_colors


def draw_legend(axes, palette=PALETTES[0]):
    """Draw the colors of the overlay's borders: levels across, certainty upwards."""
    levels, certainty = np.meshgrid(np.arange(LEVEL_COUNT), np.linspace(0, 1, 11))
    colors = border_colors(levels, certainty, palette)
    axes.imshow(colors, origin="lower", extent=(-0.5, 10.5, 0, 1), aspect="auto", interpolation="nearest")
    axes.set_title("Border of a patch")
    axes.set_ylabel("Certainty")
    _label_levels(axes)


def draw_levels(axes, levels):
    """Draw a histogram of the levels of patches.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    levels : dict
        Name of an image -> (n,) int array, 0 to 10; the bars of several images stand side by side.
    """
    width, highest = 0.8 / len(levels), 1
    for index, (name, of_patches) in enumerate(levels.items()):
        counts = np.bincount(of_patches, minlength=LEVEL_COUNT)
        highest = max(highest, counts.max())
        axes.bar(np.arange(LEVEL_COUNT) + (index + 0.5) * width - 0.4, counts, width, label=name)
    axes.set_title("Patches that can be judged")
    axes.set_ylabel("Patches")
    _label_levels(axes)
    axes.set_ylim(0, 1.1 * highest)
    if len(levels) > 1:
        axes.set_ylim(0, 1.5 * highest)  # room above the bars
        axes.legend(loc="upper center", ncol=2, fontsize="x-small")


def _label_levels(axes):
    axes.set_xlabel("Defocus level (0 is sharp)")
    axes.set_xticks(range(0, LEVEL_COUNT, 2))
