"""The folder of a training run."""

import pytest

from helpers.training_runs import train
from model_export import __main__ as command


def test_a_folder_without_a_finished_run_is_named(tmp_path):
    with pytest.raises(SystemExit, match="holds no finished training run"):
        command.main(["export", "--run", str(tmp_path), "--output", str(tmp_path / "v8")])
    with pytest.raises(SystemExit, match="there is no folder .*missing"):
        command.main(["export", "--run", str(tmp_path / "missing"), "--output", str(tmp_path / "v8")])


def test_a_run_folder_is_not_mixed_with_another_run(training_images, run_folder, tmp_path):
    with pytest.raises(SystemExit, match="holds a finished run"):
        train(training_images, run_folder, steps=4)
    run = tmp_path / "run"
    run.mkdir()
    (run / "checkpoints").mkdir()
    (run / "settings.json").write_text('{"seed": 5, "steps": 4, "hold_out": []}')
    with pytest.raises(SystemExit, match="was begun with other images and seed; repeat that command"):
        train(training_images, str(run), hold_out=(), steps=4)
