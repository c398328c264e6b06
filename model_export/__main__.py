"""Train the focus network and export its weights."""

import argparse
import os
import sys

LEAVE_OUT = ["dsb2018_u2os_360", "ht29_human"]


def main(arguments=None):
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        options.run(options)
    except ModuleNotFoundError as error:
        sys.exit("model_export %s: %s. Install what it needs: pip install .[export]" % (options.command, error))
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit("model_export %s: %s" % (options.command, error))


def _parser():
    parser = argparse.ArgumentParser(prog="python -m model_export", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="train on defocused in-focus images")
    train.add_argument("--images", required=True, metavar="DIR", help="folder with images.csv (columns split, file, set, licence, source) and the images it lists")
    train.add_argument("--output", required=True, metavar="RUN_DIR", help="folder to make for the result")
    train.add_argument("--leave-out", nargs="+", default=LEAVE_OUT, metavar="SET", help="sets to measure on instead")
    train.add_argument("--steps", type=int, default=11500, help="batches of 128 patches (default: %(default)s)")
    train.add_argument("--seed", type=int, default=1)
    train.set_defaults(run=_train)

    export = commands.add_parser("export", help="write a version of the weights from a training run")
    export.add_argument("--run", dest="run_folder", required=True, metavar="RUN_DIR")
    export.add_argument("--images", required=True, metavar="DIR", help="as for train: the sets left out fix the limit")
    export.add_argument("--output", required=True, metavar="DIR", help="for example plugins/imagefocus/weights/v1")
    export.set_defaults(run=_export)

    evaluate = commands.add_parser("evaluate", help="measure weights on in-focus images, defocused to all levels")
    evaluate.add_argument("--weights", metavar="NAME|DIR", help="default: the newest shipped")
    evaluate.add_argument("--images", required=True, metavar="DIR")
    evaluate.add_argument("--split", default="validation", help="of images.csv (default: %(default)s)")
    evaluate.add_argument("--write-card", action="store_true", help="keep the table in the model card, and count the look")
    evaluate.set_defaults(run=_evaluate)

    verify = commands.add_parser("verify", help="check the files, the card and both engines of weights")
    verify.add_argument("weights", nargs="?", metavar="NAME|DIR", help="default: the newest shipped")
    verify.set_defaults(run=_verify)
    return parser


def _train(options):
    from . import training

    training.train(options.images, options.output, options.leave_out, options.steps, options.seed)


def _export(options):
    from . import export

    export.export(options.run_folder, options.images, options.output)
    print("%s written and verified" % options.output)


def _evaluate(options):
    from imagefocus import bundle

    from . import dataset, evaluation, export

    folder = bundle.find_weights(options.weights)
    card = bundle.Bundle(folder).card
    images = dataset.read_images(options.images, options.split)
    results = evaluation.rate_defocused(images, folder, report=lambda line: print(line, file=sys.stderr, flush=True))
    tables = {"%s, all levels" % options.split: evaluation.summarise(results, card["limits"])}
    for set_name in sorted({image.set_name for image in images}):
        of_set = [result for result in results if result.set_name == set_name]
        tables["%s/%s" % (options.split, set_name)] = evaluation.summarise(of_set, card["limits"])
    for title, figures in tables.items():
        print("\n%s" % title)
        for name, value in figures.items():
            print("  %-50s %s" % (name, value))
    if options.write_card:
        card["metrics"].update(tables)
        looks = card.setdefault("looks", {})
        looks[options.split] = looks.get(options.split, 0) + 1
        export.write_card(folder, card)


def _verify(options):
    from imagefocus import bundle

    from . import export

    folder = bundle.find_weights(options.weights)
    print("%s: files, card and both engines agree; largest difference %.1e" % (folder, export.verify(folder)))


if __name__ == "__main__":
    main()
