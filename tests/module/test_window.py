"""The module's window."""

import os
import subprocess
import sys
import types

import matplotlib.image
import numpy as np
import pytest

pytest.importorskip("cellprofiler_core")
import imagefocus
from helpers.files import ROOT
from helpers.module_runs import make_module, run


@pytest.mark.parametrize("count", [1, 5])
def test_display_draws_overlays_legend_histogram_and_table(defocused, count):
    names = ["DNA", "RNA", "ER", "AGP", "Mito"][:count]
    module = make_module(", ".join(names))
    module.show_window = True
    workspace = run(module, {name: defocused[0] for name in names})
    drawn = {"overlays": [], "axes": []}

    def axes_at(x, y):
        drawn["axes"].append((x, y))
        ignore = lambda *args, **kwargs: None
        return types.SimpleNamespace(
            imshow=lambda image, **kwargs: drawn.update(legend=image),
            bar=lambda levels, counts, width, label: drawn.setdefault("bars", []).append((label, counts.sum())),
            **{name: ignore for name in ("set_title", "set_xlabel", "set_ylabel", "set_xticks", "legend", "set_ylim")},
        )

    figure = types.SimpleNamespace(
        set_subplots=lambda shape: drawn.update(shape=shape),
        subplot=axes_at,
        subplot_imshow_color=lambda x, y, image, **kwargs: drawn["overlays"].append(((x, y), image)),
        subplot_table=lambda x, y, rows, **kwargs: drawn.update(table=(x, y), rows=rows),
    )
    module.display(workspace, figure)
    rating = imagefocus.rate_image(defocused[0])
    expected = rating.overlay(defocused[0])
    assert len(drawn["overlays"]) == count
    assert all(
        np.allclose(image, expected / 255) for _, image in drawn["overlays"]
    )  # it shows what is above 1 as white
    assert drawn["legend"].shape == (11, 11, 3)
    assert drawn["bars"] == [(name, len(rating.judged_scores())) for name in names]
    assert [len(row) for row in drawn["rows"]] == [count + 1] * len(rating.measurements())
    places = [place for place, _ in drawn["overlays"]] + drawn["axes"] + [drawn["table"]]
    assert len(set(places)) == len(places) and all(x < drawn["shape"][0] and y < 2 for x, y in places)


def test_the_picture_of_the_overlays_in_the_docs_needs_no_cellprofiler(tmp_path):
    for level in (0, 3, 8):
        overlay = np.full((84, 84, 3), level / 10)
        matplotlib.image.imsave(str(tmp_path / f"Demo_A{level + 1:02}_s1_w1_focus.png"), overlay)
    output = str(tmp_path / "overlay.png")
    script = (
        "import sys; sys.modules.update(cellprofiler=None, cellprofiler_core=None)\n"
        f"sys.path.insert(0, {os.path.join(ROOT, 'docs')!r}); import draw_overlays\n"
        f"draw_overlays.draw_overlays({str(tmp_path)!r}, {output!r})"
    )
    result = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.returncode == 0, result.stdout
    picture = matplotlib.image.imread(output)
    assert picture.shape == (336, 1200, 4)  # 15 x 4.2 inches at 80 dots
    legend = picture[60:270, 1010:1170, :3]
    assert len(np.unique(legend.reshape(-1, 3), axis=0)) > 50  # a color for each level and certainty
