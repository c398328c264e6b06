"""The image sets of a LoadData CSV: which there are, their files, and how they are split into shards."""

import csv
import hashlib
import itertools
import os
import re

FILE_NAME = re.compile(r"(?:Objects)?FileName_.+$")


def read_image_sets(path):
    """Rows of a LoadData CSV, a dict each; row n, from 1, is what CellProfiler calls image set n."""
    with open(path, newline="", encoding="utf-8-sig") as table:
        rows = [row for row in csv.DictReader(table) if any(row.values())]
    if not rows or not any(FILE_NAME.match(plain_name(column)) for column in rows[0]):
        raise ValueError(f"{path} has no image sets: give a CSV for LoadData, with columns Image_FileName_<image>.")
    return rows


def write_image_sets(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def plain_name(column):
    """How CellProfiler names a column of the CSV in its tables."""
    return re.sub("^Image_(?=(Objects)?(FileName|PathName|URL)_)", "", column)


def files_of(row, folder):
    """Paths of an image set's files; `folder` holds those without a path. What is loaded by its URL is left out."""
    paths = []
    for column, name in row.items():
        if name and FILE_NAME.match(plain_name(column)):
            where = column.replace("FileName_", "PathName_", 1)
            paths.append(os.path.join(folder, row.get(where) or "", name))
    return paths


def digest(rows, first, last, pipeline):
    """A text that is another where the image sets from `first` to `last` are others, or the pipeline file is."""
    with open(pipeline, "rb") as file:
        return hashlib.sha256(repr(rows[first - 1 : last]).encode() + file.read()).hexdigest()


def split(rows, size, group_by=()):
    """Cut image sets into shards.

    Parameters
    ----------
    rows : list of dict
    size : int
        Image sets in a shard, at most.
    group_by : sequence of str
        Columns: rows that agree in them stay in one shard, even where they are more than `size`.

    Returns
    -------
    list of (int, int)
        Number of the first and the last image set of each shard, from 1; in order and without gaps.
    """
    if size < 1:
        raise ValueError(f"shard_size is {size}: a shard has at least 1 image set.")
    groups = _sizes_of_groups(rows, group_by) if group_by else [1] * len(rows)
    shards, first, end = [], 1, 1
    for count in groups:
        if end > first and end - first + count > size:
            shards.append((first, end - 1))
            first = end
        end += count
    return shards + [(first, end - 1)]


def _sizes_of_groups(rows, group_by):
    missing = [column for column in group_by if column not in rows[0]]
    if missing:
        raise ValueError(f"group_by: the LoadData CSV has no column {missing[0]}; it has {', '.join(rows[0])}.")
    sizes = {}
    for key, group in itertools.groupby(rows, lambda row: tuple(row[column] for column in group_by)):
        if key in sizes:
            raise ValueError(
                f"group_by: the rows of {', '.join(key)} do not stand together in the LoadData CSV. Sort it by "
                f"{', '.join(group_by)}."
            )
        sizes[key] = len(list(group))
    return list(sizes.values())
