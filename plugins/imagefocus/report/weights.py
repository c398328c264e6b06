"""Say of which weights a table is, where these are not the ones that the report knows."""

from collections import Counter

from ..network.engines import load_weights


def note_weights(columns, notes):
    """Add to the notes what the table's column Weights, if it has one, means for the limit and the thumbnails."""
    counts = Counter(filter(None, columns.get("Weights", ())))
    bundled = load_weights()
    others = [name for name in counts if name != bundled.fingerprint]
    if len(counts) > 1:
        kinds = ", ".join("%s (%d images)" % kind for kind in counts.items())
        notes.append(
            f"The table mixes ratings of more than one kind of weights: {kinds}. Their levels are not to be compared, nor has one "
            "limit a meaning for all of them: rate all images with the same weights."
        )
    if others:
        notes.append(
            "Rated with weights {}. The limit shown, {:g}, is that of the bundled weights, {}: set it by hand to the one in "
            "the model card of {} (model_card.json, in_focus_expected_score). Thumbnails are rated with the bundled weights.".format(
                ", ".join(others), bundled.in_focus_limit, bundled.fingerprint, " or ".join(others)
            )
        )
