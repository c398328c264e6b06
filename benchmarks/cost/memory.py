"""Peak memory of one rating in this fresh process, above that of the image.

    python benchmarks/cost/memory.py numpy|tensorflow|module|objects|overlay|map SIDE

Prints bytes. For `rate_image` with an engine, which may allocate where Python does not see it, the most that the
process had resident less what it had with the image in it; on Linux, other systems tell ru_maxrss in other units. For
the module, with one output or, as "module", none, the most that Python and NumPy had allocated at once: systems that
reclaim idle pages show too little resident of a large image.
"""

import os
import resource
import sys
import tracemalloc

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path += [
    os.path.join(ROOT, "plugins"),
    os.path.join(ROOT, "tests"),
]  # for the module, and for the tests' helpers that run it
OUTPUTS = {"module": {}, "objects": {"patches": True}, "overlay": {"overlay": True}, "map": {"wants_map": True}}


def make_image(side, dtype=np.uint16):
    """Noise, made band by band, so that making it takes no more memory than it has."""
    random, image = np.random.default_rng(0), np.empty((side, side), dtype)
    for row in range(0, side, 256):
        band = image[row : row + 256]
        band[:] = random.integers(0, 4000, band.shape, np.uint16)
        if dtype != np.uint16:
            band /= 65535
    return image


def peak_bytes():
    """Most memory that the process has had resident so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def rate(engine, side):
    """`rate_image` alone."""
    import imagefocus

    image = make_image(side)
    before = peak_bytes()
    imagefocus.rate_image(image, engine=engine)
    return peak_bytes() - before


def run_module(output, side):
    """The module on an image as CellProfiler loads it, float32."""
    from helpers import module_runs

    image, module = make_image(side, np.float32), module_runs.make_module(**OUTPUTS[output])
    workspace = module_runs.run(module, image, go=False)
    tracemalloc.start()
    module.run(workspace)
    return tracemalloc.get_traced_memory()[1]


if __name__ == "__main__":
    what, side = sys.argv[1], int(sys.argv[2])
    print((run_module if what in OUTPUTS else rate)(what, side))
