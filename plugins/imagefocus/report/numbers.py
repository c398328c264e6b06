"""The numbers of a rated image in a table, and why some rows have none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..measurements import Feature, measurement_name
from .tables import REPORT_FEATURES


@dataclass
class Numbers:
    """Numbers of the rows of a table.

    Attributes
    ----------
    values : dict of (rows,) float arrays
        By the names of the report's features; NaN in a row without a rating.
    errors : dict of int: str
        Why a row has no rating.
    """

    values: dict[str, np.ndarray]
    errors: dict[int, str]


def read_numbers(columns: dict[str, list[str]], image: str, notes: list[str]) -> Numbers:
    """Read the numbers of an image. A row of which one number is missing or out of range has no rating.

    Parameters
    ----------
    columns : dict of lists of str
        As `read_columns` returns them.
    image : str
        Its name in the pipeline; empty for the command line's table.
    notes : list of str
        Grows by what is missing.
    """
    texts = {feature.name: columns[measurement_name(feature, image)] for feature in REPORT_FEATURES}
    values = {name: _to_floats(column) for name, column in texts.items()}
    usable = {feature.name: _is_in_range(values[feature.name], feature) for feature in REPORT_FEATURES}
    rated = np.all(list(usable.values()), axis=0)
    reasons = columns.get("Error") or [""] * len(rated)  # that the table itself gives
    errors = {}
    for row in np.flatnonzero(~rated).tolist():
        bad = next(feature for feature in REPORT_FEATURES if not usable[feature.name][row])
        problem = f"{measurement_name(bad, image)} is {texts[bad.name][row]!r}, no number of 0 to {bad.largest}"
        errors[row] = reasons[row] or problem
    _note_errors(errors, reasons, image, notes)
    return Numbers({name: np.where(rated, column, np.nan) for name, column in values.items()}, errors)


def _is_in_range(values: np.ndarray, feature: Feature) -> np.ndarray:
    return (values >= 0) & (values <= feature.largest)


def _to_floats(texts: list[str]) -> np.ndarray:
    try:
        return np.array(texts, dtype=float)
    except ValueError:
        return np.array([_to_float(text) for text in texts])


def _to_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _note_errors(errors: dict[int, str], reasons: list[str], image: str, notes: list[str]) -> None:
    unexplained = [row for row in errors if not reasons[row]]
    of_image = f" of {image}" if image else ""
    if unexplained:
        row = unexplained[0]
        notes.append(
            f"{len(unexplained)} image(s){of_image} have no usable numbers; the first, row {row + 1}: {errors[row]}."
        )
    explained = len(errors) - len(unexplained)
    if explained:
        notes.append(f"{explained} image(s){of_image} could not be rated; the table gives the reason of each.")
