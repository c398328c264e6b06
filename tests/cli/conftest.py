"""A plate of images, and which of its files are rated."""

import os

import pytest

from helpers.command_runs import make_plate
from imagefocus.cli import processes


@pytest.fixture
def folder(tmp_path):
    """Five one-plane TIFFs, a to e."""
    return make_plate(tmp_path)


@pytest.fixture
def rated_files(monkeypatch):
    """Names of the files that are rated from here on."""
    names: list = []
    rate_file = processes.rate_file

    def note_and_rate(path, options):
        names.append(os.path.basename(path))
        return rate_file(path, options)

    monkeypatch.setattr(processes, "rate_file", note_and_rate)
    return names
