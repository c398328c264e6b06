"""Is the core right in this Python and NumPy? The golden examples, an image's rating, the docstrings."""

import doctest
import platform
import sys

import numpy as np

sys.path.insert(0, "plugins")
import imagefocus
from imagefocus import rate
from imagefocus.network import engines
from imagefocus.network import weights as weight_files
from imagefocus.pixels import normalize


def main():
    weights = weight_files.Weights(weight_files.find_weights())
    golden = weights.golden()
    answers = engines.build_network(weights, "numpy")(normalize(golden["patches"]))
    difference = float(np.abs(answers - golden["probabilities"]).max())
    assert difference <= weights.card["tolerance"], f"golden.npz differs by {difference:g}"
    # Patches of the golden examples as one image, in every kind of number, overlapping, masked and as a volume.
    mosaic = golden["patches"][:20].reshape(4, 5, 84, 84).swapaxes(1, 2).reshape(336, 420)
    expected = imagefocus.rate_image(mosaic).patches.probabilities
    for dtype in (np.uint8, np.int16, np.uint16, np.int64, np.float32, np.float64):
        answers = imagefocus.rate_image(mosaic.astype(dtype)).patches.probabilities
        # 8 and 16 bit are normalized in float32, others in float64.
        assert np.abs(answers - expected).max() < 1e-4, dtype
    rating = imagefocus.rate_image(mosaic, mask=mosaic > 0, step=42)
    assert np.isfinite(rating.patches.probabilities).all() and rating.overlay(mosaic).shape == (336, 420, 3)
    assert rating.focus_map()[0].dtype == np.float32 and rating.cell_labels().max() == rating.patch_count
    assert imagefocus.rate_volume(np.stack([mosaic, mosaic])).best_plane == 0
    assert len(imagefocus.rate_windows(mosaic, [(50, 50), (np.nan, 0)])) == 2
    for module in (imagefocus, rate):
        assert doctest.testmod(module).failed == 0
    print(f"Python {platform.python_version()}, NumPy {np.__version__}: {difference:.1e} from golden.npz")


if __name__ == "__main__":
    main()
