"""The merging of example_pipelines/snakemake: tables of shards become those of one run, or none."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers.files import EXAMPLES, read_table, write_table

sys.path.append(os.path.join(EXAMPLES, "snakemake", "scripts"))

import image_sets
import merge


@pytest.fixture
def job(tmp_path):
    """Two shards of two image sets of two patches each, as `measure` leaves them; image set 3 has failed."""
    rows = [{"Metadata_Site": number, "Image_FileName_DNA": f"{number}.tif"} for number in range(1, 5)]
    image_sets.write_image_sets(str(tmp_path / "sets.csv"), rows)
    records = []
    for shard, numbers in (("1", [1, 2]), ("2", [4])):
        images = [{"ImageNumber": n, "FileName_DNA": f"{n}.tif", "Metadata_Site": n, "Count_P": 2} for n in numbers]
        patches = [{"ImageNumber": n, "ObjectNumber": o, "Score": 10 * n + o} for n in numbers for o in (1, 2)]
        write_table(
            tmp_path / ("Image" + shard), images if shard == "1" else [dict(reversed(row.items())) for row in images]
        )
        write_table(tmp_path / ("P" + shard), patches)
        failed = [[3, "no image"]] if shard == "2" else []
        records.append(str(tmp_path / ("record" + shard)))
        (tmp_path / ("record" + shard)).write_text(
            json.dumps({"failed": failed, "weights": ["v2"], "memory_mb": 300.0})
        )
    config = {"load_data": str(tmp_path / "sets.csv"), "tables": ["Image", "P"]}
    paths = {name: [str(tmp_path / (name + shard)) for shard in "12"] for name in config["tables"]}
    outputs = {name: str(tmp_path / name) for name in ("Image", "P", "failed", "summary")}
    return SimpleNamespace(config=config, input=Names(records=records, **paths), output=Names(**outputs))


class Names(SimpleNamespace):
    def __getitem__(self, name):
        return getattr(self, name)


def test_the_merged_tables_hold_each_image_set_and_object_once(job):
    merge.main(job)
    images, patches = read_table(job.output.Image), read_table(job.output.P)
    assert [(row["ImageNumber"], row["Count_P"], row["Error"]) for row in images] == [
        ("1", "2", ""),
        ("2", "2", ""),
        ("3", "", "no image"),
        ("4", "2", ""),
    ]
    assert [row["FileName_DNA"] for row in images] == ["1.tif", "2.tif", "3.tif", "4.tif"]
    assert [row["Score"] for row in patches] == ["11", "12", "21", "22", "41", "42"]
    (failed,) = read_table(job.output.failed)
    assert failed == {"ImageNumber": "3", "Error": "no image", "Metadata_Site": "3", "Image_FileName_DNA": "3.tif"}
    summary = Path(job.output.summary).read_text()
    assert summary.startswith("3 of 4 image sets measured, in 2 shards.\nThe largest CellProfiler took 300 MB.\n")
    assert "image set 3: no image" in summary


@pytest.mark.parametrize("table", ["Image", "P"])
@pytest.mark.parametrize("change", ["twice", "lost", "shard twice", "shard lost"])
def test_nothing_is_merged_where_a_row_is_lost_or_there_twice(job, table, change):
    path, other = job.input[table]
    rows = read_table(path)
    if change.startswith("shard"):
        job.input[table][:] = [path, path, other] if change == "shard twice" else [path]
    else:
        write_table(path, rows + rows[-1:] if change == "twice" else rows[:-1])
    with pytest.raises(ValueError, match=rf"{table}.csv of the shards: expected image set"):
        merge.main(job)


def test_shards_of_different_weights_or_columns_are_not_merged(job):
    record_file = Path(job.input.records[0])
    record = json.loads(record_file.read_text())
    record_file.write_text(json.dumps({**record, "weights": ["v1"]}))
    with pytest.raises(ValueError, match="different weights, v1 and v2"):
        merge.main(job)
    record_file.write_text(json.dumps(record))
    write_table(job.input.P[1], [{**row, "Extra": 1} for row in read_table(job.input.P[1])])
    with pytest.raises(ValueError, match="other columns than the first shard: Extra"):
        merge.main(job)
