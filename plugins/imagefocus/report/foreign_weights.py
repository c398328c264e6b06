"""Note of which weights a table is, where these are not the ones that the report knows."""

from __future__ import annotations

from collections import Counter

from ..measurements import WEIGHTS
from ..network.engines import load_weights


def note_weights(columns: dict[str, list[str]], notes: list[str]) -> None:
    """Add to the notes what the table's column Weights, if it has one, means for the limit and the thumbnails."""
    counts = Counter(filter(None, columns.get(WEIGHTS, ())))
    bundled = load_weights()
    others = [name for name in counts if name != bundled.fingerprint]
    if len(counts) > 1:
        kinds = ", ".join(f"{name} ({count} images)" for name, count in counts.items())
        notes.append(
            f"The table mixes ratings of more than one kind of weights: {kinds}. Their levels are not to be compared, "
            "nor has one limit a meaning for all of them: rate all images with the same weights."
        )
    if others:
        notes.append(
            f"Rated with weights {', '.join(others)}. The limit shown, {bundled.in_focus_limit:g}, is that of the "
            f"bundled weights, {bundled.fingerprint}: set it by hand to the one in the model card of "
            f"{' or '.join(others)} "
            "(model_card.json, in_focus_expected_score). Thumbnails are rated with the bundled weights."
        )
