"""The numbers of the rated images, and why some have none."""

import numpy as np
import pytest

from helpers.made_reports import fields_of_rows, image_set, rated_file


@pytest.mark.parametrize("bad", ["abc", "", "nan", "inf", "-1", "11"])
def test_what_is_no_number_is_noted_and_not_rated(tmp_path, bad):
    fields = fields_of_rows(tmp_path, [image_set(1), image_set(2, dna=(1, bad, 0.5, 0.9))])
    channel = fields.channels[0]
    assert np.isnan(channel.numbers["Certainty"]).tolist() == [False, True]
    assert channel.errors == {1: f"ImageFocus_ExpectedScore_DNA is {bad!r}, no number of 0 to 10"}
    assert "1 image(s) of DNA have no usable numbers; the first, row 2" in " ".join(fields.notes)
    assert not fields.channels[1].errors


def test_files_that_could_not_be_rated_give_their_reason(tmp_path):
    fields = fields_of_rows(tmp_path, [rated_file("A01.tif"), rated_file("A02.tif", [""] * 4, error="it is empty.")])
    assert fields.channels[0].errors == {1: "it is empty."}
    assert "1 image(s) could not be rated" in " ".join(fields.notes)
