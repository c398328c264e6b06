"""Merge the shards' tables: a job of the Snakefile. Each image set of the LoadData CSV is in them once, or it fails."""

import csv
import itertools
import json

from image_sets import plain_name, read_image_sets


def main(job):
    """`job` is the object `snakemake` that Snakemake gives to a script."""
    rows = read_image_sets(job.config["load_data"])
    records = [read_record(path) for path in job.input.records]
    failed = dict(itertools.chain.from_iterable(record["failed"] for record in records))
    check_records(records, failed, rows)
    tables = [name for name in job.config["tables"] if name != "Image"]
    counts = merge_images(job.input.Image, job.output.Image, rows, failed, tables)
    for table in tables:
        merge_objects(job.input[table], job.output[table], table, counts[table])
    write_failed(job.output.failed, rows, failed)
    with open(job.output.summary, "w", encoding="utf-8") as file:
        file.write(summarize(rows, failed, records, job.output.failed))


def read_record(path):
    with open(path) as file:
        return json.load(file)


def check_records(records, failed, rows):
    weights = sorted({name for record in records for name in record["weights"]})
    if len(weights) > 1:
        raise ValueError(
            "The shards were measured with different weights, {}: was the plugin changed in between? Delete the folder "
            "shards and run again.".format(" and ".join(weights))
        )
    if len(failed) == len(rows):
        first = min(failed)
        raise ValueError(f"No image set could be measured. The first, number {first}: {failed[first]}")


def merge_images(paths, output, rows, failed, tables):
    """Write a row for each image set; returns how many objects each has, by table and number of the image set."""
    header, measured = read_tables(paths)
    header = [column for column in header if not column.startswith("Group_")]  # they count within a shard
    counts = {table: {} for table in tables}
    with open(output, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header + ["Error"], extrasaction="ignore")
        writer.writeheader()
        for number, row in enumerate(rows, 1):
            if number in failed:
                metadata = {plain_name(column): text for column, text in row.items()}
                writer.writerow({**metadata, "ImageNumber": number, "Error": failed[number]})
                continue
            image = next(measured, None)
            check_number(image, number, "Image")
            writer.writerow(image)
            for table in tables:
                counts[table][number] = int(float(image.get("Count_" + table) or 0))
    check_number(next(measured, None), None, "Image")
    return counts


def merge_objects(paths, output, table, counts):
    """Write the objects of each image set, as many as its row of Image.csv counts."""
    header, objects = read_tables(paths)
    with open(output, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        for number, count in counts.items():
            for object_number in range(1, count + 1):
                measured_object = next(objects, None)
                check_number(measured_object, number, table, object_number)
                writer.writerow(measured_object)
    check_number(next(objects, None), None, table)


def check_number(row, number, table, object_number=None):
    """Raise an error unless a row is that of an image set (None: of none) and of an object."""
    row_number = None if row is None else int(row["ImageNumber"])
    row_object = None if row is None or object_number is None else int(row["ObjectNumber"])
    if (row_number, row_object) != (number, object_number):
        raise ValueError(
            f"{table}.csv of the shards: expected image set {number}, object {object_number}; got image set "
            f"{row_number}, object {row_object}. Delete the folder of that shard and run again."
        )


def read_tables(paths):
    """The header of several tables, which must agree but for the order of columns, and an iterator over their rows."""
    headers = [header for header in map(_read_header, paths) if header]  # a table is empty where a whole shard failed
    for header, path in zip(headers, paths):
        if set(header) != set(headers[0]):
            differing = sorted(set(header) ^ set(headers[0]))
            raise ValueError(f"{path} has other columns than the first shard: {', '.join(differing)}.")
    return headers[0], itertools.chain.from_iterable(map(_read_rows, paths))


def _read_header(path):
    with open(path, newline="", encoding="utf-8") as file:
        return next(csv.reader(file), [])


def _read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def write_failed(path, rows, failed):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["ImageNumber", "Error", *rows[0]])
        writer.writeheader()
        for number in sorted(failed):
            writer.writerow({"ImageNumber": number, "Error": failed[number], **rows[number - 1]})


def summarize(rows, failed, records, failed_path):
    memory = max(record["memory_mb"] for record in records)
    lines = [f"{len(rows) - len(failed)} of {len(rows)} image sets measured, in {len(records)} shards."]
    lines += [f"The largest CellProfiler took {memory:.0f} MB."]
    if failed:
        lines += [f"NOT measured, see {failed_path}:"]
        lines += [f"  image set {number}: {failed[number]}" for number in sorted(failed)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
