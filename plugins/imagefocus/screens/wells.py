"""Wells: their names, their positions, and the plate that holds them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

PLATES = ((8, 12), (16, 24), (32, 48))  # rows and columns of 96, 384 and 1536 wells


def well_name(row: int, column: int) -> str:
    """Name of a well, "A01" for row 0 and column 0, "AF48" for the last of 1536."""
    letters = chr(ord("A") + row) if row < 26 else "A" + chr(ord("A") + row - 26)
    return f"{letters}{column + 1:02}"


@functools.lru_cache(maxsize=10000)  # many fields lie in one well
def well_position(well: str) -> tuple[int, int] | None:
    """Row and column of a well, from 0; None where the text is no well of a plate of up to 1536.

    Examples
    --------
    >>> well_position("b3"), well_position("AF48"), well_position("Z99")
    ((1, 2), (31, 47), None)
    """
    match = re.match(r"\s*([A-Za-z]{1,2})[ _-]*0*([1-9]\d?)\s*$", well)
    if not match:
        return None
    row = 0
    for letter in match.group(1).upper():
        row = 26 * row + ord(letter) - ord("A") + 1
    row, column = row - 1, int(match.group(2)) - 1
    return (row, column) if row < PLATES[-1][0] and column < PLATES[-1][1] else None


def tidy_well(well: str) -> str:
    """The well as "A01", or the text as it is where it is no well."""
    position = well_position(well)
    return well_name(*position) if position else well


def plate_size(positions: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Rows and columns of the smallest plate that has all these wells."""
    rows, columns = (max(numbers) for numbers in zip(*positions))
    return next(size for size in PLATES if rows < size[0] and columns < size[1])
