"""Draw docs/overlay.png from what `make demo` made: three overlays, and the legend of CellProfiler's figure window."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "plugins"))

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from _measureimagefocus.window import draw_legend

OVERLAYS = os.path.join(ROOT, "demo_output", "results", "overlays")
LEVELS = (0, 3, 8)  # of defocus; the demo plate has level k in column k + 1


def draw_overlays(overlays: str, output: str) -> None:
    """Draw the overlays of a folder side by side, and the legend, into a PNG file."""
    figure, axes = plt.subplots(1, 4, figsize=(15, 4.2), gridspec_kw={"width_ratios": [4, 4, 4, 3]})
    for axis, level in zip(axes, LEVELS):
        axis.imshow(plt.imread(os.path.join(overlays, f"Demo_A{level + 1:02}_s1_w1_focus.png")))
        axis.set_title(f"level {level}")
        axis.axis("off")
    draw_legend(axes[3])
    figure.tight_layout()
    figure.savefig(output, dpi=80)


if __name__ == "__main__":
    draw_overlays(OVERLAYS, os.path.join(ROOT, "docs", "overlay.png"))
