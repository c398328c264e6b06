import itertools
import os
import shutil

import numpy as np
import pytest

import imagefocus
from imagefocus.measurements import JUDGED_CERTAINTY
from imagefocus.network import engines
from imagefocus.network import weights as weight_files

BLANK = np.zeros((84, 84))
VERSION = weight_files.DEFAULT_WEIGHTS


@pytest.fixture
def copy(tmp_path):
    """A copy of the shipped weights that may be damaged."""
    return shutil.copytree(weight_files.find_weights(), str(tmp_path / "mine" / VERSION))


def flip_byte(path, position=100):
    with open(path, "r+b") as file:
        file.seek(position)
        byte = file.read(1)
        file.seek(position)
        file.write(bytes([byte[0] ^ 1]))


def test_weights_may_lie_in_a_folder_of_ones_own(copy):
    assert imagefocus.rate_image(BLANK, weights=copy).score == 5


@pytest.mark.parametrize("path", weight_files.list_files(weight_files.find_weights()))
def test_a_flipped_byte_in_any_file_is_refused_by_name(copy, path):
    whole = os.path.join(copy, path)
    for position in sorted({0, 40, 64, os.path.getsize(whole) // 2, os.path.getsize(whole) - 1}):
        flip_byte(whole, position)
        with pytest.raises(imagefocus.WeightsError, match="SHA-256 is|not listed|is missing|unreadable") as error:
            imagefocus.rate_image(BLANK, weights=copy)
        assert os.path.basename(path) in str(error.value) and "export it again" in str(error.value)
        flip_byte(whole, position)
    assert imagefocus.rate_image(BLANK, weights=copy).score == 5


def test_no_byte_of_the_checksums_can_be_changed_unseen(copy):
    path = os.path.join(copy, weight_files.CHECKSUMS)
    with open(path, "rb") as file:
        text = file.read()
    for position, replacement in itertools.product(range(len(text)), b"\x0b\r\n \ta0/"):
        if text[position] != replacement:
            with open(path, "wb") as file:
                file.write(text[:position] + bytes([replacement]) + text[position + 1 :])
            with pytest.raises(imagefocus.WeightsError):
                weight_files.verify_checksums(copy)


def test_an_altered_file_is_named_with_both_checksums(copy):
    flip_byte(os.path.join(copy, "weights.npz"))
    with pytest.raises(
        imagefocus.WeightsError, match=VERSION + r"/weights.npz: SHA-256 is \w{8}\.\.\., but SHA256SUMS says \w{8}"
    ):
        imagefocus.rate_image(BLANK, weights=copy)


def test_a_missing_file_is_named(copy):
    os.remove(os.path.join(copy, "golden.npz"))
    with pytest.raises(imagefocus.WeightsError, match=VERSION + "/golden.npz is missing"):
        imagefocus.rate_image(BLANK, weights=copy)


def test_a_file_that_is_not_listed_is_refused(copy):
    with open(os.path.join(copy, "saved_model", "extra.pb"), "w"):
        pass
    with pytest.raises(imagefocus.WeightsError, match=VERSION + "/saved_model/extra.pb is not listed"):
        imagefocus.rate_image(BLANK, weights=copy)


@pytest.mark.parametrize("text", [None, "", "only-one-word\n"])
def test_missing_checksums_are_refused(copy, text):
    path = os.path.join(copy, "SHA256SUMS")
    if text is None:
        os.remove(path)
    else:
        with open(path, "w") as file:
            file.write(text)
    with pytest.raises(imagefocus.WeightsError, match="name a folder that `model_export export` wrote"):
        imagefocus.rate_image(BLANK, weights=copy)


def test_a_plugin_without_its_weights_says_to_reinstall_it(tmp_path, monkeypatch):
    monkeypatch.setattr(weight_files, "WEIGHTS_FOLDER", str(tmp_path / "missing"))
    with pytest.raises(imagefocus.WeightsError, match=f"no weights {VERSION}: reinstall the plugin"):
        imagefocus.rate_image(BLANK)


@pytest.mark.parametrize("name", ["v99", "no/such/folder"])
def test_weights_that_do_not_exist_are_named_beside_those_that_do(name):
    with pytest.raises(imagefocus.WeightsError, match=f"no weights {name}.*{VERSION}"):
        imagefocus.rate_image(BLANK, weights=name)


def test_a_version_is_never_taken_from_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "v99").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(imagefocus.WeightsError, match="no weights v99"):
        imagefocus.rate_image(BLANK, weights="v99")


def test_arrays_are_never_unpickled(tmp_path):
    path = str(tmp_path / "pickled.npz")
    np.savez(path, array=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        weight_files.read_arrays(path)


@pytest.mark.parametrize("version", imagefocus.shipped_weights())
def test_a_version_is_small_and_its_card_complete(version):
    folder = weight_files.find_weights(version)
    assert sum(os.path.getsize(os.path.join(folder, path)) for path in weight_files.list_files(folder)) < 1_000_000
    card = engines.load_weights(version).card
    assert card["version"] == version and card["input_side_pixels"] == 84
    assert (
        1 < card["limits"]["in_focus_expected_score"] < 3
        and card["limits"]["judged_certainty"] == JUDGED_CERTAINTY == 0.3
    )
    assert [level["blur_disc_pixels"] for level in card["levels"]] == [round(k * 40 / 13, 2) for k in range(11)]
    assert all(about["licences"] and about["sources"] for about in card["training_sets"].values())
    assert card["calibration"]["left_out_sets"] and card["training"]["command"].startswith(
        "python -m model_export train"
    )
