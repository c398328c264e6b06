"""Tables of other weights than the bundled ones."""

from helpers.made_reports import fields_of_rows, rated_file
from imagefocus.network.engines import load_weights


def rated_with(*weights):
    return [dict(rated_file(f"A{number:02}.tif"), Weights=name) for number, name in enumerate(weights, 1)]


def test_weights_other_than_the_bundled_ones_are_noted(tmp_path):
    own = load_weights().fingerprint
    limit = f"The limit shown, {load_weights().in_focus_limit:g}, is that of the bundled weights, {own}"
    for table, expected in (([own, own], ()), (["v1 0", "v1 0"], ["Rated with weights v1 0. " + limit])):
        notes = " ".join(fields_of_rows(tmp_path, rated_with(*table)).notes)
        assert all(text in notes for text in expected) and ("weights" in notes) == bool(expected)


def test_more_than_one_kind_of_weights_is_noted(tmp_path):
    own = load_weights().fingerprint
    notes = " ".join(fields_of_rows(tmp_path, rated_with(own, "v1 0", own, "")).notes)
    assert f"more than one kind of weights: {own} (2 images), v1 0 (1 images)" in notes
    assert "the model card of v1 0 " in notes
