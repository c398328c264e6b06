"""What a training run keeps in its folder: settings, checkpoints while it runs, layers and facts when it is finished."""

import json
import os
import shutil

import numpy as np

from imagefocus import bundle

SETTINGS = "settings.json"  # in every run's folder


def read_run(run_folder):
    """The layers and the facts that `train` kept in its run folder."""
    if not os.path.isdir(run_folder):
        raise FileNotFoundError("there is no folder %s; name the one that `train --output` made." % run_folder)
    paths = [os.path.join(run_folder, name) for name in ("layers.npz", "run.json")]
    if not all(map(os.path.isfile, paths)):
        raise FileNotFoundError(
            "%s holds no finished training run; `train --output %s` goes on with it." % ((run_folder,) * 2)
        )
    with open(paths[1], encoding="utf-8") as file:
        return bundle.read_arrays(paths[0]), json.load(file)


def read_and_tell(run_folder):
    """Layers of a finished run, and what there is to tell of it in another run."""
    layers, run = read_run(run_folder)
    return layers, to_tell(run)


def read_runs(run_folders):
    """As `read_run`, of one run, or of several that went on from one network: the mean of their weights.

    Such a mean is often more accurate than each, and as fast (Wortsman et al., 2022, arXiv:2203.05482).

    Raises
    ------
    ValueError
        If several did not go on from one network, or had not the same images, or one is named twice.
    """
    layers, facts = zip(*map(read_run, run_folders))
    first, *others = facts
    if not others:
        return layers[0], first
    _check_alike(run_folders, facts)
    mean = {
        name: np.mean([of[name] for of in layers], axis=0, dtype=float).astype(array.dtype)
        for name, array in layers[0].items()
    }
    first.pop("held_out_score", None)  # not that of the mean
    return mean, {**first, "mean_with": [to_tell(run) for run in others]}


def _check_alike(run_folders, facts):
    if len(set(map(os.path.realpath, run_folders))) < len(run_folders):
        raise ValueError("a run is named twice: %s." % " ".join(run_folders))
    settings = [_read_settings(folder) for folder in run_folders]
    if not settings[0].get("start"):
        raise ValueError(
            "%s began with a new network; a mean of weights is that of runs with one --start." % run_folders[0]
        )
    compared = [
        {
            "--start": of.get("start"),
            "--images": (of["images"], run["left_out_images"]),
            "--leave-out": of["leave_out"],
        }
        for of, run in zip(settings, facts)
    ]
    differing = [option for option, value in compared[0].items() if any(of[option] != value for of in compared)]
    if differing:
        raise ValueError(
            "%s differ in %s; a mean of weights is that of runs with one --start and the same images."
            % (" and ".join(run_folders), " and ".join(differing))
        )


def to_tell(run):
    """What there is to tell of a run in another's facts."""
    return {name: run.get(name) for name in ("command", "seed", "steps", "minutes", "start")}


def _read_settings(run_folder):
    with open(os.path.join(run_folder, SETTINGS), encoding="utf-8") as file:
        return json.load(file)


def begin(run_folder, settings):
    """Make the run folder, or see that the run that was begun there had the same images and settings."""
    if os.path.exists(os.path.join(run_folder, "run.json")):
        raise FileExistsError("%s holds a finished run; name a new folder." % run_folder)
    path = os.path.join(run_folder, SETTINGS)
    if os.path.exists(os.path.join(run_folder, "checkpoints")):
        before = _read_settings(run_folder)
        changed = [name for name in settings if before.get(name) != settings[name]]
        if changed:
            raise ValueError(
                "%s was begun with other %s; repeat that command, or name a new folder."
                % (run_folder, " and ".join(changed))
            )
    os.makedirs(run_folder, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(settings, file)


def keep(run_folder, model, facts):
    """Keep the layers and the facts of a finished run, and not its checkpoints."""
    from . import network

    np.savez(os.path.join(run_folder, "layers.npz"), **network.folded_layers(model))
    with open(os.path.join(run_folder, "run.json"), "w") as file:
        json.dump(facts, file, indent=1)
    shutil.rmtree(os.path.join(run_folder, "checkpoints"))
