"""A folder of weights: model card, checksums, and the network's arrays."""

from __future__ import annotations

import hashlib
import json
import os
import re

import numpy as np

WEIGHTS_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "weights")
DEFAULT_WEIGHTS = "v5"
CHECKSUMS = "SHA256SUMS"
FORMAT = 2  # of a folder of weights, as its card states it


class WeightsError(RuntimeError):
    """The weights asked for are missing, altered or of a format that this version cannot read."""


class Weights:
    """Weights that passed their checksums.

    Each file of the folder is compared with its SHA256SUMS, and one that is missing, altered or not listed is refused,
    as is a card of another format. That detects damage, not malice: who can write the folder can write its SHA256SUMS.
    The NumPy engine reads arrays alone, without pickle; the SavedModel that TensorFlow runs is code.
    `python -m model_export verify` checks that the engines reproduce golden.npz.

    Attributes
    ----------
    folder : str
    card : dict
        The model card.
    version : str
        Its name, as in "v5".
    judged_certainty : float
        A patch is judged when its certainty is at least this.
    in_focus_limit : float
        Out of focus: expected score above this.
    fingerprint : str
        Version and first 8 digits of the SHA-256 of the folder's SHA256SUMS, which stand for all its files.
    saved_model : str
        Folder of the TensorFlow SavedModel: tag "inference", signature "serving_default".
    """

    def __init__(self, folder: str) -> None:
        verify_checksums(folder)
        self.folder = folder
        with open(os.path.join(folder, "model_card.json"), encoding="utf-8") as file:
            self.card = json.load(file)
        if self.card.get("format") != FORMAT:
            raise WeightsError(
                f"{folder} has weights of format {self.card.get('format', 1)}, and this version of imagefocus reads "
                f"format {FORMAT}: install the version that they were made for, or export them again."
            )
        self.version = self.card["version"]
        self.fingerprint = f"{self.version} {sha256(os.path.join(folder, CHECKSUMS))[:8]}"
        self.judged_certainty = float(self.card["limits"]["judged_certainty"])
        self.in_focus_limit = float(self.card["limits"]["in_focus_expected_score"])
        self.saved_model = os.path.join(folder, "saved_model")

    def layers(self) -> dict[str, np.ndarray]:
        """Arrays of the network by name.

        strides (m,) int and padded (m,) bool of its convolutions; kernel0 (side, side, in, out), bias0 (out,), ...,
        dense_kernel (in, 11), dense_bias (11,), all float16; and doubt float64, the arguments of
        `imagefocus.levels.abstain` after the first, by the name that format 2 of the files gives them.
        """
        return read_arrays(os.path.join(self.folder, "weights.npz"))

    def golden(self) -> dict[str, np.ndarray]:
        """Example patches (n, 84, 84) uint8 and the probabilities (n, 11) that both engines must give for them."""
        return read_arrays(os.path.join(self.folder, "golden.npz"))


def read_arrays(path: str) -> dict[str, np.ndarray]:
    """Read an .npz file without pickle, so that it can hold nothing but arrays."""
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def find_weights(weights: str | None = None) -> str:
    """Folder of shipped weights by name (default: the newest), or of one's own by path, which is used as it is found.

    Raises
    ------
    WeightsError
        If there is no such folder.
    """
    name = DEFAULT_WEIGHTS if weights is None else str(weights)
    folder = os.path.join(WEIGHTS_FOLDER, name) if _is_version(name) else os.path.abspath(name)
    if not os.path.isdir(folder):
        shipped = ", ".join(shipped_weights())
        cure = f"choose {shipped} or an existing folder." if shipped else "reinstall the plugin, it lost its own."
        raise WeightsError(f"There are no weights {name}: {cure}")
    return folder


def shipped_weights() -> list[str]:
    """Names of the weights that came with the package, oldest first."""
    if not os.path.isdir(WEIGHTS_FOLDER):
        return []
    return sorted(filter(_is_version, os.listdir(WEIGHTS_FOLDER)), key=lambda name: int(name[1:]))


def _is_version(name):
    return re.fullmatch("v[0-9]+", name) is not None


def verify_checksums(folder: str) -> None:
    """Compare every file of a weights folder with its SHA256SUMS.

    Raises
    ------
    WeightsError
        If a file is missing, altered or not listed. Checksums detect damage, not malice.
    """
    label = os.path.join(*os.path.normpath(folder).split(os.sep)[-2:])
    shipped = os.path.dirname(os.path.abspath(folder)) == WEIGHTS_FOLDER
    cure = "reinstall the plugin" if shipped else "name a folder that `model_export export` wrote, or export it again"
    try:
        listed = _read_checksums(os.path.join(folder, CHECKSUMS))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{label}: {CHECKSUMS} is missing or unreadable; {cure}.") from error
    present = set(list_files(folder)) - {CHECKSUMS}
    for path in sorted(present | set(listed)):
        where = f"{label.replace(os.sep, '/')}/{path}"
        if path not in present:
            raise WeightsError(f"{where} is missing; {cure}.")
        if path not in listed:
            raise WeightsError(f"{where} is not listed in {CHECKSUMS}; remove it, or {cure}.")
        actual = sha256(os.path.join(folder, path))
        if actual != listed[path]:
            raise WeightsError(
                f"{where}: SHA-256 is {actual[:8]}..., but {CHECKSUMS} says {listed[path][:8]}...; {cure}."
            )


def list_files(folder: str) -> list[str]:
    """Paths of all files below a folder, relative to it, with forward slashes."""
    return sorted(
        os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/")
        for parent, _, names in os.walk(folder)
        for name in names
    )


def sha256(path: str) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _read_checksums(path):
    """Digests by path; strict, so that no byte of the file can be altered unseen."""
    with open(path, encoding="utf-8", newline="") as file:
        matches = [re.fullmatch(r"([0-9a-f]{64})  (\S[^\r\n]*)\n", line) for line in file]
    digests = {match.group(2): match.group(1) for match in matches if match}
    if not all(matches):
        raise ValueError("a line is no checksum and path")
    return digests
