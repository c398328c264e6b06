"""Tables of `imagefocus rate`, garbled, and taken up with --resume; part of check.py.

A table has no checksum: a digit changed within a figure stays. Apart from that --resume must give the table that it
was, byte for byte, or, with other columns in the header, say that it is another table and leave it alone.
"""

import collections
import contextlib
import io
import os
import re
import shutil

from imagefocus.cli import main, processes

TABLES = ("images.csv", "patches.csv")
COUNT = 600
MENDED, ALIKE, REFUSED = "mended by --resume", "resumed with damage in figures that nothing can tell", "refused"


def check(folder, plate, random, failures, say):
    """Append what is wrong to the failures and return what became of the tables, in words; `say` prints progress."""
    rate(plate, folder)
    whole, rate_file, results = read(folder), processes.rate_file, {}

    def remember(path, options):  # what is tested is what becomes of the tables
        results[path] = results.get(path) or rate_file(path, options)
        return results[path]

    processes.rate_file = remember
    outcomes = collections.Counter()
    for number in range(COUNT):
        outcomes[try_tables(garble(whole, random), number, whole, folder, plate, failures)] += 1
        if (number + 1) % 100 == 0:
            say(f"{number + 1} of {COUNT} tables")
    processes.rate_file = rate_file
    counts = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in (MENDED, ALIKE, REFUSED))
    return f"{COUNT} garbled tables: {counts}"


def rate(plate, folder, *options):
    """Exit status of `imagefocus rate --patches`, and what it says."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = main.main(["rate", plate, "--output", folder, "--patches", *options])
    return status, printed.getvalue()


def read(folder):
    tables = []
    for name in TABLES:
        with open(os.path.join(folder, name), "rb") as file:
            tables.append(file.read())
    return tables


def garble(whole, random):
    """The two tables, one of them cut, or changed in one place, behind its header nine times in ten."""
    tables = list(whole)
    which = random.randrange(2)
    table = tables[which]
    place = random.randrange(table.index(b"\n") + 1 if random.random() < 0.9 else 0, len(table))
    noise = bytes(random.randrange(256) for _ in range(random.choice([1, 1, 20])))
    changes = [(noise, len(noise)), (noise, 0), (b"", len(table)), (bytes(500), 500)]
    changes += [(b"\r", 1), (b'"', 1), (b"\n", 1), (b"x" * 200_000, 0)]
    put, over = random.choice(changes)  # these bytes in the place of so many
    tables[which] = table[:place] + put + table[place + over :]
    return tables


def try_tables(tables, number, whole, folder, plate, failures):
    """What becomes of garbled tables: MENDED, ALIKE, REFUSED, or None and a failure more."""
    for name, table in zip(TABLES, tables):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(table)
    try:
        status, printed = rate(plate, folder, "--resume")
    except Exception as error:
        status, printed = None, repr(error)
    after = read(folder)
    if status == 0 and after == whole:
        return MENDED
    if status == 0 and alike(after, whole):
        return ALIKE
    if status == 2 and "another table" in printed and after == tables and headers(tables) != headers(whole):
        return REFUSED
    copy = os.path.join(os.path.dirname(folder), f"garbled-{number}")
    shutil.copytree(folder, copy)
    failures.append(f"{copy} after --resume: {status}, {printed.splitlines()[-1:]}")
    return None


def headers(tables):
    return [table.split(b"\n")[0] for table in tables]


def alike(after, whole):
    """Whether tables differ only in digits of figures, and in rows about other files, which --resume keeps."""
    return all(set(map(blur, old.splitlines())) <= set(map(blur, new.splitlines())) for new, old in zip(after, whole))


def blur(line):
    """A row without what its figures are; Path is in other columns of the two tables."""
    values = line.split(b",")
    return tuple(value for value in values if not re.fullmatch(rb"[-+0-9.e_ ]*", value)) + (len(values),)
