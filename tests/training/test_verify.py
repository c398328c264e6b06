"""The command `verify`."""

import os

import numpy as np
import pytest

import imagefocus
from imagefocus.network import weights as weight_files
from model_export import __main__ as command
from model_export.card import write_card, write_checksums
from model_export.verify import verify_weights


@pytest.mark.parametrize("version", imagefocus.shipped_weights())
def test_the_shipped_weights_verify(version, capsys):
    command.main(["verify", version])
    assert "both engines agree" in capsys.readouterr().out


@pytest.mark.parametrize(
    "entry, value, message",
    [
        ("parameters", 1, "the card says 1"),
        ("input_side_pixels", 64, "differ in the input side"),
        ("bytes", {"weights.npz": 5}, r"weights.npz is \d+ bytes, the card says 5"),
    ],
)
def test_verify_finds_a_card_that_disagrees_with_the_files(copy, entry, value, message):
    write_card(copy, {**weight_files.Weights(copy).card, entry: value})
    with pytest.raises(weight_files.WeightsError, match=message):
        verify_weights(copy)


def test_verify_finds_golden_examples_that_an_engine_misses(copy):
    golden = weight_files.Weights(copy).golden()
    golden["probabilities"][0, 0] += 0.01
    np.savez_compressed(os.path.join(copy, "golden.npz"), **golden)
    write_checksums(copy)
    with pytest.raises(weight_files.WeightsError, match="numpy differs from golden.npz.*tensorflow differs"):
        verify_weights(copy)
