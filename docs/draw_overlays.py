"""Draw docs/overlay.png from what `make demo` made: three overlays, and the legend of CellProfiler's figure window."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "plugins"))

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from _measureimagefocus.window import draw_legend

figure, axes = plt.subplots(1, 4, figsize=(15, 4.2), gridspec_kw={"width_ratios": [4, 4, 4, 3]})
for axis, level in zip(axes, (0, 3, 8)):
    overlay = f"Demo_A{int(level + 1):02}_s1_w1_focus.png"
    axis.imshow(plt.imread(os.path.join(ROOT, "demo_output", "results", "overlays", overlay)))
    axis.set_title(f"level {level}")
    axis.axis("off")
draw_legend(axes[3])
figure.tight_layout()
figure.savefig(os.path.join(ROOT, "docs", "overlay.png"), dpi=80)
