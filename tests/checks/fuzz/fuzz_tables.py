"""Tables of `imagefocus rate`, garbled, and taken up with --resume; part of check_fuzz.py.

A table has no checksum: a digit changed within a figure stays. Apart from that --resume must give the table that it
was, byte for byte, or, with other columns in the header, say that it is another table and leave it alone.
"""

import contextlib
import io
import os
import re
import shutil

from imagefocus.cli import main, processes

TABLES = ("images.csv", "patches.csv")
COUNT = 600


def check(folder, plate, random, failures):
    """Append what is wrong to the failures, and tell what was tried."""
    rate(plate, folder)
    whole, rate_file, known = read(folder), processes.rate_file, {}

    def remember(path, options):  # what is tested is what becomes of the tables
        known[path] = known.get(path) or rate_file(path, options)
        return known[path]

    processes.rate_file = remember
    mended = sum(try_tables(garble(whole, random), number, whole, folder, plate, failures) for number in range(COUNT))
    processes.rate_file = rate_file
    return f"{COUNT} garbled tables, {mended} of them mended by --resume"


def rate(plate, folder, *options):
    """Exit status of `imagefocus rate --patches`, and what it says."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = main.main(["rate", plate, "--output", folder, "--patches", *options])
    return status, said.getvalue()


def read(folder):
    found = []
    for name in TABLES:
        with open(os.path.join(folder, name), "rb") as file:
            found.append(file.read())
    return found


def garble(whole, random):
    """The two tables, one of them cut, or changed in one place, behind its header nine times in ten."""
    tables = list(whole)
    which = random.randrange(2)
    table = tables[which]
    place = random.randrange(table.index(b"\n") + 1 if random.random() < 0.9 else 0, len(table))
    noise = bytes(random.randrange(256) for _ in range(random.choice([1, 1, 20])))
    put, over = random.choice(
        [
            (noise, len(noise)),
            (noise, 0),
            (b"", len(table)),
            (bytes(500), 500),
            (b"\r", 1),
            (b'"', 1),
            (b"\n", 1),
            (b"x" * 200_000, 0),
        ]
    )
    tables[which] = table[:place] + put + table[place + over :]
    return tables


def try_tables(tables, number, whole, folder, plate, failures):
    """Whether the tables that were are there again."""
    for name, table in zip(TABLES, tables):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(table)
    try:
        status, said = rate(plate, folder, "--resume")
    except Exception as error:
        status, said = None, repr(error)
    after = read(folder)
    refused = status == 2 and "another table" in said and after == tables and headers(tables) != headers(whole)
    mended = status == 0 and after == whole
    if not refused and not mended and not (status == 0 and alike(after, whole)):
        kept = os.path.join(os.path.dirname(folder), f"garbled-{number}")
        shutil.copytree(folder, kept)
        failures.append(f"{kept} after --resume: {status}, {said.splitlines()[-1:]}")
    return mended


def headers(tables):
    return [table.split(b"\n")[0] for table in tables]


def alike(after, whole):
    """Whether tables differ in digits of figures alone, and in rows about files of other names, which --resume keeps."""
    return all(set(map(blur, old.splitlines())) <= set(map(blur, new.splitlines())) for new, old in zip(after, whole))


def blur(line):
    """A row without what its figures are; Path is in other columns of the two tables."""
    values = line.split(b",")
    return tuple(value for value in values if not re.fullmatch(rb"[-+0-9.e_ ]*", value)) + (len(values),)
