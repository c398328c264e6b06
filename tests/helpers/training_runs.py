"""Run `python -m model_export train` on few images, for few steps."""

from __future__ import annotations

from collections.abc import Sequence

from model_export import __main__ as command


def train(images: str, run_folder: str, *more: str, hold_out: Sequence[str] = ("b",), steps: int = 1) -> None:
    """Train on the images of a folder or CSV, suspect or not, with more options of the command if any are given."""
    arguments = ["train", "--images", images, "--output", run_folder, "--keep-suspect", "--steps", str(steps)]
    sets = ["--hold-out", *hold_out] if hold_out else []
    command.main([*arguments, *sets, *more])
