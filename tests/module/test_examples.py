"""The example pipelines on plates of known defocus, and what a user finds afterwards."""

import glob
import os
import re
import sqlite3
import subprocess
import sys

import pytest

pytest.importorskip("cellprofiler")
from helpers.files import EXAMPLES, ROOT, read_table
from helpers.made_pipelines import load_pipelines

LEVELS = [*map(str, range(11)), "blank"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What run_examples.py printed, and the folder of its output."""
    output = str(tmp_path_factory.mktemp("examples"))
    command = [sys.executable, os.path.join(EXAMPLES, "run_examples.py"), "--output", output]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.returncode == 0, result.stdout
    return result.stdout, output


def kept(printed, name):
    """Level -> (kept, all) of the line of a pipeline."""
    line = re.search(rf"^{name}, \w+ +(.*)$", printed, re.MULTILINE).group(1)
    return dict(zip(LEVELS, (tuple(map(int, cell.split("/"))) for cell in line.split())))


@pytest.mark.parametrize("name", ["flag_out_of_focus", "skip_out_of_focus", "load_data"])
def test_fields_in_focus_are_kept_and_blurred_and_blank_ones_dropped(ran, name):
    counts = kept(ran[0], name)
    assert all(counts[level][0] == counts[level][1] > 0 for level in "01")
    assert all(counts[level][0] == 0 < counts[level][1] for level in LEVELS[4:])


def test_blank_fields_are_listed_as_such(ran):
    listed = re.findall(r"listed as blank: +(.*)", ran[0])
    assert listed == ["Demo_A12_s1_w1.tif, Demo_A12_s2_w1.tif"] * 2 + ["Demo5_A12_s1_DNA.tif"]


def test_nuclei_in_focus_are_kept_and_blurred_ones_dropped(ran):
    counts = kept(ran[0], "keep_in_focus_cells")
    assert all(counts[level][0] > 0.9 * counts[level][1] > 30 for level in "01")
    assert all(counts[level][0] == 0 for level in LEVELS[3:])


def test_nothing_is_segmented_in_a_skipped_field(ran):
    results = os.path.join(ran[1], "skip_out_of_focus", "results")
    images, rows = (read_table(os.path.join(results, name)) for name in ("SkipImage.csv", "SkipNuclei.csv"))
    kept_sets = {row["ImageNumber"] for row in images if float(row["Metadata_QCFlag"]) == 0}
    in_focus = {row["ImageNumber"] for row in images if row["Metadata_Well"] in ("A01", "A02")}  # levels 0 and 1
    assert {row["ImageNumber"] for row in rows} == kept_sets == in_focus and len(in_focus) == 4
    assert all(float(row["Intensity_MeanIntensity_DNA"]) > 0 for row in rows)


def test_cellprofiler_analyst_finds_its_tables_and_columns(ran):
    results = os.path.join(ran[1], "load_data", "results")
    (path,) = glob.glob(os.path.join(results, "*.properties"))
    with open(path) as file:
        lines = [line.split("=", 1) for line in file if "=" in line and not line.startswith("#")]
    properties = {name.strip(): value.strip() for name, value in lines}
    assert properties["db_type"] == "sqlite" and os.path.basename(properties["db_sqlite_file"]) == "focus.db"
    with sqlite3.connect(properties["db_sqlite_file"]) as database:
        names = [properties[name] for name in ("image_id", "plate_id", "well_id")]
        names += [name.strip() for name in properties["image_file_cols"].split(",") if name.strip()]
        query = f"select {', '.join(names)} from {properties['image_table']}"
        rows = database.execute(query).fetchall()
        assert [row[1:3] for row in rows] == [("Demo5", f"A{column:02}") for column in range(1, 13)]
        patches = database.execute("select count(*) from Plate_Per_Object").fetchone()
    assert len(names) == 3 + 5 and patches == (12 * 16,)


def test_every_example_loads_whole_and_without_a_warning():
    names = ["flag_out_of_focus", "keep_in_focus_cells", "load_data", "measure_focus", "skip_out_of_focus"]
    assert load_pipelines(os.path.join(EXAMPLES, "*.cppipe")) == [f"{name}.cppipe True []" for name in names]


def test_pipelines_of_older_revisions_load_whole_and_a_new_name_is_told():
    first, second = load_pipelines(os.path.join(ROOT, "tests", "module", "pipelines", "*.cppipe"))
    assert first == "revision_1.cppipe True []"
    assert second.startswith("revision_2.cppipe True ") and "is now named FocusOverlay_DNA" in second
