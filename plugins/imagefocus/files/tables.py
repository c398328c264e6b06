"""A CSV table that grows by whole rows, so that a run can go on with it after a crash."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, List, Tuple

Stretches = List[Tuple[int, int]]  # of a file: first byte and the byte after the last


class NotOurTable(ValueError):
    """A file that is in the way of a table."""


class Table:
    """Rows of a CSV file, by the image file that they are about: the column Path.

    The rows of one image file are written at once. Where the disk is full, none of them is. Linux may cut them between
    two pages of its memory if the process is killed during the write; a cut row is left out when the table is opened.

    Parameters
    ----------
    path : str
    columns : list of str
        One of them Path. No value may hold a line break.

    Raises
    ------
    NotOurTable
        If the file exists and has other columns.
    """

    def __init__(self, path: str, columns: list[str]) -> None:
        self.path, self.columns = path, columns
        self._stretches: dict[str, Stretches] = {}  # Path -> where its rows are
        self._header = _as_csv([columns])
        self._file: io.FileIO | None = None
        if os.path.exists(path):
            self._index()

    def _index(self) -> None:
        with open(self.path, "rb") as file:
            header = file.readline()
            if not header.endswith(b"\n") and self._header.startswith(header):
                return  # its first write was cut
            if header != self._header:
                raise NotOurTable(
                    f"{self.path} is another table: its columns differ from those that this version of imagefocus "
                    "writes. Choose another --output."
                )
            first = len(header)
            for line in file:
                self._index_line(line, first)
                first += len(line)

    def _index_line(self, line: bytes, first: int) -> None:
        values = _parse_line(line)
        if line.endswith(b"\n") and len(values) == len(self.columns):
            self._add_stretch(values[self.columns.index("Path")], first, first + len(line))

    def _add_stretch(self, name: str, first: int, end: int) -> None:
        stretches = self._stretches.setdefault(name, [])
        if stretches and stretches[-1][1] == first:
            first = stretches.pop()[0]
        stretches.append((first, end))

    def __contains__(self, name: str) -> bool:
        return name in self._stretches

    def names(self) -> list[str]:
        """The Paths in the table, in the order of their first rows."""
        return list(self._stretches)

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows about an image file, a list of dicts of str."""
        text = b"".join(self._parts(name)).decode("utf-8")
        return list(csv.DictReader(io.StringIO(text), self.columns))

    def count(self, name: str) -> int:
        """Number of rows about an image file."""
        return sum(part.count(b"\n") for part in self._parts(name))

    def _parts(self, name: str) -> list[bytes]:
        if name not in self._stretches:
            return []
        with open(self.path, "rb") as file:
            return list(_read_stretches(file, self._stretches[name]))

    def rewrite(self, names: Iterable[str]) -> None:
        """Leave only the rows about these image files, in this order.

        The file is the old one or the new one, whatever happens meanwhile.
        """
        self.close()
        kept: dict[str, Stretches] = {}
        end = len(self._header)
        source = self.path if self._stretches else os.devnull  # there may be no file yet
        with write_whole(self.path) as new, open(source, "rb") as old:
            new.write(self._header)
            for name in names:
                first = end
                for part in _read_stretches(old, self._stretches.get(name, [])):
                    end += new.write(part)
                kept[name] = [(first, end)] if end > first else []
        self._stretches = {name: stretches for name, stretches in kept.items() if stretches}

    def append(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        """Write the rows about an image file, so that they outlive this process.

        Parameters
        ----------
        name : str
            The value of Path in each row.
        rows : sequence of sequences
            Values in the order of the columns.

        Raises
        ------
        OSError
            If they cannot be written; then the table is as it was before.
        """
        if self._file is None:
            self._file = open(self.path, "ab", buffering=0)  # noqa: SIM115 - it stays open until `close`
        first, text = self._file.seek(0, os.SEEK_END), _as_csv(rows)
        try:
            _write_all(self._file, text)
        except BaseException:
            self._file.truncate(first)
            raise
        if rows:
            self._add_stretch(name, first, first + len(text))

    def close(self) -> None:
        """Close the file; `append` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _parse_line(line: bytes) -> list[str]:
    """The values in a line; none if this module does not write such a line."""
    try:
        (values,) = csv.reader([line.decode("utf-8")], strict=True)
    except (csv.Error, UnicodeDecodeError):  # an open quote, a carriage return, a value of more than 131,072 characters
        return []
    return [] if b"\0" in line else values


def _write_all(file: io.FileIO, data: bytes) -> None:
    """Write to a file without a buffer; in one call of the system unless the system writes only a part."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _read_stretches(file: BinaryIO, stretches: Stretches) -> Iterator[bytes]:
    for first, end in stretches:
        file.seek(first)
        yield file.read(end - first)


def _as_csv(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")


@contextlib.contextmanager
def write_whole(path: str) -> Iterator[BinaryIO]:
    """A binary file that takes the place of `path` once it is whole."""
    with open(path + ".part", "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".part", path)


def one_line(text: Any) -> str:
    """Text that a table can hold: valid UTF-8 whatever a file is called, and no line break."""
    text = str(text).encode("utf-8", "backslashreplace").decode("utf-8")
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0")
