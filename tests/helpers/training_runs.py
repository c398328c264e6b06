"""Run `python -m model_export train` on few images, for one step."""

from model_export import __main__ as command


def train(training_images, run, *more):
    arguments = ["train", "--images", training_images, "--output", run, "--keep-doubtful", "--leave-out", "b"]
    command.main([*arguments, "--steps", "1", *more])
