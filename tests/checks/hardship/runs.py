"""How the check runs `imagefocus rate`, and how it compares what two runs wrote."""

import os
import sys

RATE = [sys.executable, "-m", "imagefocus", "rate", "--patches", "--overlay"]


def list_files(folder):
    """Paths of all files in a folder and below it."""
    return {os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names}


def read_files(folder):
    """Bytes of the files in a folder by their paths in it."""
    files = {}
    for path in list_files(folder):
        with open(path, "rb") as file:
            files[os.path.relpath(path, folder)] = file.read()
    return files


def list_differing(files, expected):
    """Names of the files that are missing, differ, or are too many."""
    return sorted(name for name in files.keys() | expected.keys() if files.get(name) != expected.get(name))
