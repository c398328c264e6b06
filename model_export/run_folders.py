"""What a training run keeps in its folder: settings, checkpoints while it runs, layers and facts when it is finished."""

import json
import os
import shutil

import numpy as np

from imagefocus.network import weights as weight_files

SETTINGS = "settings.json"  # in every run's folder


def read_run(run_folder):
    """The layers and the facts that `train` kept in its run folder."""
    if not os.path.isdir(run_folder):
        raise FileNotFoundError(f"there is no folder {run_folder}; name the one that `train --output` made.")
    paths = [os.path.join(run_folder, name) for name in ("layers.npz", "run.json")]
    if not all(map(os.path.isfile, paths)):
        raise FileNotFoundError(
            "%s holds no finished training run; `train --output %s` goes on with it." % ((run_folder,) * 2)
        )
    with open(paths[1], encoding="utf-8") as file:
        return weight_files.read_arrays(paths[0]), json.load(file)


def read_and_tell(run_folder):
    """Layers of a finished run, and what there is to tell of it in another run."""
    layers, run = read_run(run_folder)
    return layers, to_tell(run)


def to_tell(run):
    """What there is to tell of a run in another's facts."""
    return {name: run.get(name) for name in ("command", "seed", "steps", "minutes", "start")}


def begin(run_folder, settings):
    """Make the run folder, or see that the run that was begun there had the same images and settings."""
    if os.path.exists(os.path.join(run_folder, "run.json")):
        raise FileExistsError(f"{run_folder} holds a finished run; name a new folder.")
    path = os.path.join(run_folder, SETTINGS)
    if os.path.exists(os.path.join(run_folder, "checkpoints")):
        with open(path, encoding="utf-8") as file:
            before = json.load(file)
        changed = [name for name in settings if before.get(name) != settings[name]]
        if changed:
            raise ValueError(
                "{} was begun with other {}; repeat that command, or name a new folder.".format(
                    run_folder, " and ".join(changed)
                )
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
