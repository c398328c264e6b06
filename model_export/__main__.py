"""Train the focus network, measure it, and export its weights."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

STEPS = 30000  # 25 to 30 minutes on two cores
IMAGES_HELP = (
    "folder of in-focus TIFF or PNG files, each sub-folder a set, "
    "or a CSV (column file; if wanted set, split, licence, source)"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line `arguments`, by default those of the process."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        options.run(options)
    except ModuleNotFoundError as error:
        sys.exit(f"model_export {options.command}: {error}. Install what it needs: pip install .[export]")
    except KeyboardInterrupt:
        again = (
            "; the same command goes on from the last checkpoint, of which there is one every 1000 steps"
            if options.command == "train"
            else ""
        )
        sys.exit(f"\nmodel_export {options.command}: interrupted{again}.")
    except Exception as error:
        if not isinstance(error, (OSError, ValueError, RuntimeError)) and not _raised_by_tensorflow(error):
            raise
        sys.exit(f"model_export {options.command}: {error}")


def _raised_by_tensorflow(error):
    """TensorFlow reports a full disk, for one, with exceptions of its own."""
    return type(error).__module__.startswith("tensorflow.")


def _parser():
    parser = argparse.ArgumentParser(prog="python -m model_export", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_train(commands)
    _add_export(commands)
    _add_evaluate(commands)
    _add_verify(commands)
    return parser


def _add_train(commands):
    train = commands.add_parser(
        "train", help="train on in-focus images; the same command again goes on after an interruption"
    )
    train.add_argument("--images", required=True, metavar="DIR|CSV", help=IMAGES_HELP)
    train.add_argument("--output", required=True, metavar="RUN_DIR", help="folder to make for the result")
    train.add_argument(
        "--hold-out",
        nargs="+",
        default=(),
        metavar="SET",
        help="sets to measure on instead (default: every tenth image)",
    )
    train.add_argument(
        "--keep-suspect", action="store_true", help="train on images too that look saturated, empty or blurred"
    )
    train.add_argument("--steps", type=int, default=STEPS, help="batches of 128 patches (default: %(default)s)")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument(
        "--start",
        metavar="RUN_DIR|NAME|DIR",
        help="train the network of a finished run, or of weights, further, with a seed of its own "
        "(default: a new network)",
    )
    train.add_argument(
        "--large",
        action="store_true",
        help="train a network that is more accurate and too slow for weights, to learn from",
    )
    train.add_argument(
        "--teacher",
        metavar="RUN_DIR",
        help="finished run of a large network, to learn from (default: learn from the labels alone)",
    )
    train.add_argument(
        "--field",
        action="store_true",
        help="also draw images as people have them: processed by software, empty, sparse, crowded and soft, "
        "through imperfect optics",
    )
    train.add_argument(
        "--learning-rate",
        type=float,
        metavar="RATE",
        help="of Adam at the start; it falls to 0 (default: 6e-3, with --start 1.5e-3, with --large 3e-3)",
    )
    train.set_defaults(run=_train)


def _add_export(commands):
    export = commands.add_parser(
        "export", help="write a version of the weights from a training run, or a model for Fiji"
    )
    export.add_argument("--run", dest="run_folder", metavar="RUN_DIR")
    export.add_argument("--output", metavar="DIR", help="folder to make, for example weights/v100")
    export.add_argument(
        "--calibrate-from",
        metavar="RUN_DIR",
        help="another run, that held whole sets out, to fix the in-focus limit and the temperature on "
        "(default: the run itself)",
    )
    export.add_argument("--fiji", metavar="DIR", help="folder to make for the SavedModel that Fiji reads")
    export.add_argument(
        "--weights", metavar="NAME|DIR", help="for --fiji alone: the weights (default: those that rate_image takes)"
    )
    export.set_defaults(run=_export)


def _add_evaluate(commands):
    evaluate = commands.add_parser("evaluate", help="measure weights where the truth is known")
    evaluate.add_argument("--weights", metavar="NAME|DIR", help="default: those that rate_image takes")
    evaluate.add_argument("--images", required=True, metavar="DIR|CSV", help=IMAGES_HELP)
    evaluate.add_argument("--split", help="of a CSV with that column (default: every row)")
    evaluate.add_argument(
        "--stacks", metavar="CSV", help="real z-stacks (columns stack, file, plane, z_um, blur_disc_px)"
    )
    evaluate.add_argument(
        "--psf",
        nargs=4,
        metavar=("TIFF", "CSV", "FIRST", "LAST"),
        help="measured point spread function, its table (columns plane, blur_disc_px) and the planes to use",
    )
    evaluate.add_argument(
        "--field", metavar="CSV", help="images as people have them (columns file, kind, judged, oversampled, source)"
    )
    evaluate.add_argument(
        "--stress",
        action="store_true",
        help="measure processed, shaded, empty and sparse pictures, too; this takes long",
    )
    evaluate.add_argument("--plots", metavar="DIR", help="folder for pictures of the results")
    evaluate.add_argument(
        "--write-card", action="store_true", help="keep the table in the model card, and count the look"
    )
    evaluate.set_defaults(run=_evaluate)


def _add_verify(commands):
    verify = commands.add_parser("verify", help="check the files, the card and both engines of weights")
    verify.add_argument("weights", nargs="?", metavar="NAME|DIR", help="default: those that rate_image takes")
    verify.set_defaults(run=_verify)


def _log(line):
    print(line, file=sys.stderr, flush=True)


def _train(options):
    from . import runs

    runs.train(
        options.images,
        options.output,
        hold_out=options.hold_out,
        steps=options.steps,
        seed=options.seed,
        keep_suspect=options.keep_suspect,
        start=options.start,
        large=options.large,
        teacher=options.teacher,
        learning_rate=options.learning_rate,
        field=options.field,
        log=_log,
    )
    following = "train --images DIR|CSV --teacher" if options.large else "export --run"
    print(f"{options.output} is trained; next: python -m model_export {following} {options.output} --output DIR")


def _export(options):
    from imagefocus.network import weights as weight_files

    from . import export, saved_model

    if options.fiji and (options.run_folder or options.output):
        raise ValueError("--fiji takes finished weights: export the run first, then name its folder with --weights.")
    if options.fiji:
        saved_model.export_for_fiji(weight_files.find_weights(options.weights), options.fiji)
        print(f"{options.fiji} written for Fiji")
    elif options.run_folder and options.output:
        export.export(options.run_folder, options.output, _log, options.calibrate_from)
        limit = weight_files.Weights(options.output).in_focus_limit
        print(f"{options.output} written and verified; out of focus is an ExpectedScore above {limit:.2f}")
    else:
        raise ValueError("--run and --output are needed, or --fiji.")


def _evaluate(options):
    from .evaluate import evaluate

    evaluate(options, _log)


def _verify(options):
    from imagefocus.network import weights as weight_files

    from .verify import verify_weights

    folder = weight_files.find_weights(options.weights)
    print(f"{folder}: files, card and both engines agree; largest difference {verify_weights(folder):.1e}")


if __name__ == "__main__":
    main()
