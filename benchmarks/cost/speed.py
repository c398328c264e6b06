"""What a rating costs in time and memory, against peers that run beside it: the table of benchmarks/cost/speed.md.

    python benchmarks/cost/speed.py [--only images module command pipeline growth memory plate]

Every time is the median of several that take turns with their peer's, and only ratios are compared: run it while the
machine does nothing else. TensorFlow and NumPy have one thread. Then the floor of the NumPy engine: the operations of
its matrix products over the rate of a large one, and the time of copying an image.
"""

import argparse
import functools
import os
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from engines import medians, original_network, seconds
from memory import make_image

import imagefocus
from imagefocus.measurements import JUDGED_CERTAINTY
from imagefocus.network import engines, numpy_engine
from imagefocus.network import weights as weight_files
from imagefocus.patches import PATCH_SIDE
from imagefocus.rate import rate_with

LARGE, SMALL = (2160, 2160), (520, 696)
PLATE_IMAGE_SETS, CHANNELS = 384 * 9, 5
GROWTH_SIDES = (588, 1008, 2184, 4956, 9996, 19992)  # multiples of 84: 0.35 to 400 megapixels
MEMORY_SIDES = (588, 2184, 9996, 19992)
MEMORY_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "memory.py")


def images():
    """An image of 2160 x 2160, cut, normalized and rated, with each engine and with the original network."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    image = make_image(LARGE[0])
    networks = [original_network(), engines.load_network("tensorflow"), engines.load_network("numpy")]
    options = (image, None, PATCH_SIDE, JUDGED_CERTAINTY, 2.0)
    calls = [functools.partial(rate_with, network, *options) for network in networks]
    original, tensorflow, numpy = medians(calls, 9)
    yield "images per second, TensorFlow, against the original network", original / tensorflow, "x", ">= 15"
    yield "images per second, NumPy, against the original in TensorFlow", original / numpy, "x", ">= 5"
    products, rate, copied = floor(image)
    yield "NumPy engine: time of its matrix products at the rate of a large one", products / numpy, "of it", ""
    yield "NumPy engine: rate of a large matrix product", rate / 1e9, "GFLOP/s", ""
    yield "copying the image once", copied / numpy, "of it", ""


def floor(image):
    """Seconds of the network's matrix products on the image at the rate of a large one; that rate; seconds to copy."""
    layers = engines.load_weights().layers()
    size, operations = 84, 0
    for index, (stride, padded) in enumerate(zip(layers["strides"], layers["padded"])):
        kernel = layers[f"kernel{index}"]
        size = -(-size // stride) if padded else (size - len(kernel)) // stride + 1
        operations += 2 * size * size * kernel.size
    with numpy_engine.blas_limit()():
        square = np.random.default_rng(0).random((2048, 2048), np.float32)
        product, copy = medians([functools.partial(np.matmul, square, square), image.copy], 7)
    rate = 2 * len(square) ** 3 / product
    return operations * len(imagefocus.patch_grid(image.shape)[0]) / rate, rate, copy


def module():
    """The module, with patches as objects, against MeasureImageQuality as it is added, which measures blur."""
    from cellprofiler.modules.measureimagequality import MeasureImageQuality

    from helpers import module_runs

    quality = MeasureImageQuality()
    quality.set_module_num(1)
    quality.show_window = False
    quality.images_choice.value = "Select..."  # "All loaded images" finds none without a module that loads
    quality.image_groups[0].image_names.value = "DNA"
    for shape, limit in ((LARGE, 0.3), (SMALL, 0.7)):
        image = make_image(LARGE[0], np.float32)[: shape[0], : shape[1]].copy()
        focus = module_runs.make_module(patches=True, engine="Automatic")
        times = {focus: [], quality: []}
        for _ in range(8):
            for each in times:
                workspace = module_runs.run(each, image, prepare=False, go=False)
                times[each].append(seconds(functools.partial(each.run, workspace)))
        focus_seconds, quality_seconds = (statistics.median(runs[1:]) for runs in times.values())
        what = f"module against MeasureImageQuality, {shape[0]} x {shape[1]}"
        yield what, focus_seconds / quality_seconds, "x", f"<= {limit:g}"


def command():
    """`imagefocus rate` of one small TIFF, as a whole process, against one that imports what it needs."""
    import tifffile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "image.tif")
        tifffile.imwrite(path, make_image(LARGE[0])[: SMALL[0], : SMALL[1]])
        calls = [
            functools.partial(rate_into_new_folder, folder, path, "--engine", "numpy"),
            functools.partial(run_silently, [sys.executable, "-c", "import numpy, tifffile"]),
        ]
        rating, importing = medians(calls, 15)
    what = "cold `imagefocus rate` of one 520 x 696 TIFF, against importing numpy and tifffile"
    yield what, rating / importing, "x", "<= 2"


def rate_into_new_folder(parent, *arguments):
    """`imagefocus rate` as a process, into a new folder below another."""
    output = os.path.join(tempfile.mkdtemp(dir=parent), "rated")
    run_silently([sys.executable, "-m", "imagefocus", "rate", *arguments, "--output", output])


def run_silently(command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def pipeline():
    """CellProfiler from start to finish on four image sets, with the module and without it."""
    from helpers import made_pipelines

    with tempfile.TemporaryDirectory() as folder:
        field = make_image(LARGE[0])[: SMALL[0], : SMALL[1]]
        load = ("LoadData", made_pipelines.load_data(os.path.join(folder, "images"), [{"DNA": field}] * 4))
        focus = ("MeasureImageFocus", {"Images to measure": "All loaded images"})
        export = ("ExportToSpreadsheet", {})
        calls = []
        for name, steps in (("with", [load, focus, export]), ("without", [load, export])):
            path = os.path.join(folder, name + ".cppipe")
            made_pipelines.write_pipeline(path, steps)
            calls.append(functools.partial(run_pipeline, path, folder))
        rated, bare = medians(calls, 7)
    yield "CellProfiler, 4 image sets of 520 x 696, with the module against without", rated / bare, "x", "<= 1.3"


def run_pipeline(path, parent):
    """Run a whole pipeline in CellProfiler, headless, into a new folder below another."""
    from helpers.headless import run_cellprofiler

    status, log = run_cellprofiler(path, tempfile.mkdtemp(dir=parent))
    assert status == 0, log


def growth():
    """Time a pixel, NumPy engine, from the smallest to the largest image."""
    a_pixel = []
    for side in GROWTH_SIDES:
        image = make_image(side)
        rounds = max(1, min(9, 2 * 10**8 // image.size))
        rate = functools.partial(imagefocus.rate_image, image, engine="numpy")
        a_pixel.append(medians([rate], rounds)[0] / image.size)
    middle = statistics.median(a_pixel)
    for side, time_of_pixel in zip(GROWTH_SIDES, a_pixel):
        what = f"time a pixel at {side**2 / 1e6:.3g} megapixels, against the median of the sizes"
        yield what, time_of_pixel / middle, "x", "0.85 to 1.15"


def memory():
    """Peak memory of fresh processes, and the size of the weights."""
    for engine, limit in (("numpy", 300), ("tensorflow", 700)):
        most = max(peak(engine, side) for side in MEMORY_SIDES)
        yield f"peak memory of rate_image above the image, {engine}", most / 1e6, "MB", f"<= {limit}"
    small, large = 4200, 9996
    for output, limit in (("module", 0), ("objects", 4), ("overlay", 3), ("map", 4)):
        a_pixel = (peak(output, large) - peak(output, small)) / (large**2 - small**2)
        yield f"peak memory of the module, {output}", a_pixel, "bytes a pixel", f"<= {limit}"
    folder = weight_files.find_weights()
    size = sum(os.path.getsize(os.path.join(folder, path)) for path in weight_files.list_files(folder))
    yield "weights on disk", size / 1e6, "MB", "<= 1"


def peak(what, side):
    """Bytes that benchmarks/cost/memory.py prints."""
    command = [sys.executable, MEMORY_SCRIPT, what, str(side)]
    return int(subprocess.check_output(command, stderr=subprocess.DEVNULL))


def plate():
    """What a plate costs here, on two cores: two processes at once, and the seconds that further images take."""
    import tifffile

    with tempfile.TemporaryDirectory() as folder:
        field = make_image(LARGE[0])
        paths = [os.path.join(folder, f"{number}.tif") for number in range(24)]
        for path in paths:
            tifffile.imwrite(path, field)
        rate = functools.partial(rate_into_new_folder, folder, "--jobs", "2")
        fewer, more = medians([functools.partial(rate, *paths[:4]), functools.partial(rate, *paths)], 3)
        hours = (more - fewer) / 20 * PLATE_IMAGE_SETS * CHANNELS / 3600
        yield "a plate with `imagefocus rate --jobs 2`", hours, "hours", ""
        for name, with_module in (("with the module", True), ("without it", False)):
            a_set = (two_at_once(folder, field, 12, with_module) - two_at_once(folder, field, 2, with_module)) / 20
            yield f"a plate with two CellProfiler processes, {name}", a_set * PLATE_IMAGE_SETS / 3600, "hours", ""


def two_at_once(folder, field, image_sets, with_module):
    """Median seconds in which two CellProfiler processes go through so many image sets of five channels each."""
    from helpers import made_pipelines

    fields = [{f"Channel{channel}": field for channel in range(CHANNELS)}] * image_sets
    load = made_pipelines.load_data(tempfile.mkdtemp(dir=folder), fields)
    focus = [("MeasureImageFocus", {"Images to measure": "All loaded images"})] * with_module
    path = os.path.join(folder, f"{image_sets}{with_module}.cppipe")
    made_pipelines.write_pipeline(path, [("LoadData", load), *focus, ("ExportToSpreadsheet", {})])

    def both():
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run_pipeline, [path] * 2, [folder] * 2))

    return medians([both], 3)[0]


PARTS = {part.__name__: part for part in (images, module, command, pipeline, growth, memory, plate)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts of the table")
    print("| what | measured | aim |\n| --- | --- | --- |")
    for name in parser.parse_args().only:
        for what, value, unit, aim in PARTS[name]():
            print(f"| {what} | {value:.3g} {unit} | {aim} |", flush=True)


if __name__ == "__main__":
    main()
