"""Sharded runs of CellProfiler equal the whole: -f and -l, -g, and --data-file, in any order, bit for bit."""

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cellprofiler")
from helpers.files import EXAMPLES, read_table, write_table
from helpers.headless import run_cellprofiler
from helpers.made_pipelines import load_data, load_pipelines, save, write_pipeline

WELLS, SITES = ("A01", "B02"), (1, 2, 3)
IMAGES = ("DNA", "RNA")
PATCHES = 4 * 5  # of 300 x 380 pixels, the last row and column overlapping their neighbors
KEY = ("Metadata_Well", "Metadata_Site")
# Columns that differ between a shard and the whole: the seconds that each module took, and, of a CSV of its own, the
# numbers of image sets and groups, which LoadData counts from 1 as it knows no others. Nothing else may.
TIMES = ("ExecutionTime_",)
NUMBERS = ("ImageNumber", "Group_Index", "Group_Number", "Group_Length")

FOCUS = {
    "Select the images": ", ".join(IMAGES),
    "Output the patches as objects?": "Yes",
    "Measure the probability of each level?": "Yes",
    "Output overlay images?": "Yes",
    "Output focus maps?": "Yes",
}
SHEETS = {"Add a prefix to file names?": "No", "Overwrite existing files without warning?": "No"}


def make_image_sets(defocused):
    """Sharp, blurred, noise, constant, and sharp again, so that what one leaves behind for the next would show."""
    noise = np.random.default_rng(0).poisson(100, (300, 380)).astype(np.uint16)
    here, there = (slice(0, 300), slice(0, 380)), (slice(200, 500), slice(290, 670))
    dna = [
        defocused[0][here],
        defocused[6][there],
        noise,
        np.full_like(noise, 7),
        defocused[3][here],
        defocused[0][there],
    ]
    return [dict(zip(IMAGES, pixels)) for pixels in zip(dna, reversed(dna))]


class Plate:
    """A pipeline and its LoadData CSV, to be run in shards.

    Attributes
    ----------
    rows : list of dict
        Of the CSV: two wells of three sites, of two images each.
    """

    def __init__(self, folder, defocused):
        self.folder, self.pipeline = folder, os.path.join(folder, "focus.cppipe")
        keys = [{"Plate": "P", "Well": well, "Site": site} for well in WELLS for site in SITES]
        load = load_data(os.path.join(folder, "images"), make_image_sets(defocused), keys)
        self.rows = read_table(os.path.join(folder, "images", "sets.csv"))
        grouped = {"Group images by metadata?": "Yes", "Select metadata tags for grouping": "Plate,Well"}
        steps = [
            ("LoadData", {**load, **grouped}),
            ("MeasureImageFocus", FOCUS),
            ("SaveImages", save("FocusOverlay_DNA", "_overlay", "png", "8-bit integer")),
            ("SaveImages", save("FocusMap_RNA", "_map", "tiff", "32-bit floating point")),
            ("ExportToSpreadsheet", SHEETS),
        ]
        write_pipeline(self.pipeline, steps)

    def write_csv(self, name, rows):
        return write_table(os.path.join(self.folder, name), rows)

    def run(self, name, *arguments):
        """Run the pipeline; give back the folder of its results."""
        results = os.path.join(self.folder, name)
        status, log = run_cellprofiler(self.pipeline, results, *arguments)
        assert status == 0, log
        return results


@pytest.fixture(scope="module")
def plate(tmp_path_factory, defocused):
    return Plate(str(tmp_path_factory.mktemp("shards")), defocused)


@pytest.fixture(scope="module")
def whole(plate):
    return plate.run("whole")


@pytest.fixture(scope="module")
def by_numbers(plate):
    """Split within a group, the second part first."""
    return [plate.run("last", "-f", "3", "-l", "6"), plate.run("first", "-f", "1", "-l", "2")]


@pytest.fixture(scope="module")
def by_groups(plate):
    """The last well first; the first with the arguments that Distributed-CellProfiler gives."""
    last, first = ("Metadata_Plate=P,Metadata_Well=" + well for well in reversed(WELLS))
    images, done = (os.path.join(plate.folder, name) for name in ("images", "cp.is.done"))
    distributed = ["-i", images, "-d", done, "--data-file=" + os.path.join(images, "sets.csv"), "-g", first]
    shards = [plate.run("wellB02", "-g", last), plate.run("wellA01", *distributed)]
    assert Path(done).read_text() == "Complete\n"
    return shards


@pytest.fixture(scope="module")
def by_files(plate):
    """The rows shuffled over two CSVs."""
    mixed = enumerate([(5, 2, 0), (4, 1, 3)])
    paths = [plate.write_csv(f"part{part}.csv", [plate.rows[number] for number in numbers]) for part, numbers in mixed]
    return [plate.run(f"file{part}", "--data-file=" + paths[part]) for part in (1, 0)]


def read_cells(shards, table, skipped):
    """Texts of a table of all shards by (well, site, row of the image set, column), without columns that start so."""
    cells = {}
    for results in shards:
        keys = {
            row["ImageNumber"]: tuple(row[name] for name in KEY)
            for row in read_table(os.path.join(results, "Image.csv"))
        }
        of_shard, counts = {}, dict.fromkeys(keys, 0)
        for row in read_table(os.path.join(results, table + ".csv")):
            number = row["ImageNumber"]
            counts[number] += 1
            kept = {name: text for name, text in row.items() if not name.startswith(skipped)}
            of_shard.update({(*keys[number], counts[number], name): text for name, text in kept.items()})
        assert not cells.keys() & of_shard.keys()  # no image set twice
        cells.update(of_shard)
    return cells


def read_pictures(shards):
    """Contents of what SaveImages wrote, by file name."""
    paths = [os.path.join(results, name) for results in shards for name in os.listdir(results)]
    paths = [path for path in paths if not path.endswith(".csv")]
    assert len({os.path.basename(path) for path in paths}) == len(paths)  # none twice
    return {os.path.basename(path): Path(path).read_bytes() for path in paths}


def weights_of(results):
    (row,) = [row for row in read_table(os.path.join(results, "Experiment.csv")) if row["Key"] == "ImageFocus_Weights"]
    return row["Value"]


@pytest.mark.parametrize("how", ["by_numbers", "by_groups", "by_files"])
def test_shards_give_what_one_run_gives_bit_for_bit(how, whole, request):
    shards = request.getfixturevalue(how)
    skipped = TIMES + (NUMBERS if how == "by_files" else ())
    for table in ("Image", "FocusPatches"):
        # CellProfiler writes a number with all its digits: the same text is the same double.
        assert read_cells(shards, table, skipped) == read_cells([whole], table, skipped)
    assert read_pictures(shards) == read_pictures([whole])
    assert {weights_of(results) for results in shards} == {weights_of(whole)}


def test_what_is_compared_holds_the_measurements_and_they_differ_between_image_sets(whole):
    for table, count, features in (("Image", 1, 6), ("FocusPatches", PATCHES, 3)):
        cells = read_cells([whole], table, TIMES + NUMBERS)
        measured = {
            key: text for key, text in cells.items() if key[3].startswith("ImageFocus_") and "Grid" not in key[3]
        }
        rows = len({key[:3] for key in cells})
        assert rows == len(WELLS) * len(SITES) * count
        assert len(measured) == rows * len(IMAGES) * (features + 11)
        scores = [text for key, text in measured.items() if key[3] == "ImageFocus_ExpectedScore_DNA"]
        assert len(set(scores)) > len(scores) / 2 and max(map(len, scores)) > 14  # digits
    assert len(read_pictures([whole])) == 2 * len(WELLS) * len(SITES)


def test_the_pipeline_of_the_snakemake_example_loads_whole_and_without_a_warning():
    assert load_pipelines(os.path.join(EXAMPLES, "snakemake", "*.cppipe")) == ["focus.cppipe True []"]
