"""The model card and the checksums."""

import json

import pytest

import imagefocus
from imagefocus.network import weights as weight_files
from model_export.card import write_card


def test_the_card_says_what_was_trained_on_and_what_was_held_out(weights):
    card = weight_files.Weights(weights).card
    assert card["version"] == "v7" and card["training"]["steps"] == 4
    assert card["training_sets"] == {"a": {"images": 3, "licences": ["CC0"], "sources": ["made@1a2b"]}}
    assert list(card["held_out_sets"]) == list(card["calibration"]["left_out_sets"]) == ["b"]
    assert card["metrics"]["left out of the calibration's run"]["images"] == 3
    assert "held_out_images" not in json.dumps(card)  # where they lie is nobody's business


def test_weights_of_another_format_say_what_to_do(copy):
    write_card(copy, {**weight_files.Weights(copy).card, "format": 9})
    with pytest.raises(
        imagefocus.WeightsError, match="has weights of format 9, and this version of imagefocus reads format 2"
    ):
        weight_files.Weights(copy)
