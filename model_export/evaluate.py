"""The table that `evaluate` prints and keeps in the model card."""

import os
import sys

from imagefocus.network import engines
from imagefocus.network import weights as weight_files

from . import evaluation, export, images, plots, stacks
from . import metrics as merit


def measure(rater, read, report, stack_list=(), point_spread=None):
    """Everything that is measured of a network.

    Parameters
    ----------
    rater : evaluation.Rater
    read : list of images.Image
        In-focus images.
    report : callable
        Told lines of progress.
    stack_list : list of stacks.Stack
    point_spread : (kernels, discs), optional
        Of `stacks.read_point_spread`.

    Returns
    -------
    dict of dicts of figures by section; list of evaluation.Result; list of evaluation.StackResult
    """
    limits = {"judged_certainty": rater.judged_certainty, "in_focus_expected_score": rater.in_focus_limit}
    results = evaluation.rate_pictures(evaluation.defocused_pictures(read), rater, report)
    sections = {"images at all levels": merit.summarize(results, limits)}
    set_names = sorted({image.set_name for image in read})
    for name in set_names if len(set_names) > 1 else ():
        of_set = [result for result in results if result.set_name == name]
        sections[f"set {name}"] = merit.summarize(of_set, limits)
    sections["images as they are"] = evaluation.untouched(read, rater)
    sections["noise alone"] = evaluation.noise_only(rater)
    sections["gain, offset, bit depth"] = evaluation.scaling(read, rater)
    sections["brightfield and phase (not supported)"] = evaluation.unsupported(rater)
    if point_spread is not None:
        sections["measured point spread function"] = evaluation.measured_point_spread(
            read, rater, *point_spread, report
        )
    stack_results = evaluation.rate_stacks(stack_list, rater)
    for result in stack_results:
        sections[f"stack {result.stack}"] = merit.summarize_stack(result)
    return sections, results, stack_results


def evaluate(options, report):
    """Run `python -m model_export evaluate` with its parsed options."""
    folder = weight_files.find_weights(options.weights)
    weights = weight_files.Weights(folder)
    rater = evaluation.Rater(engines.network_of(weights, "numpy"), weights.card["limits"])
    stack_list = stacks.read_stacks(options.stacks) if options.stacks else []
    point_spread = None
    if options.psf:
        path, table, first, last = options.psf
        point_spread = stacks.read_point_spread(path, table, int(first), int(last))
    read = images.read_images(images.find_images(options.images, options.split), report)
    sections, results, stack_results = measure(rater, read, report, stack_list, point_spread)
    worst = merit.worst_images(results)
    print_table({weights.version: sections})
    print("\nworst images\n  {}".format("\n  ".join(worst)))
    if options.plots:
        plots.draw_plots(options.plots, results, stack_results, f"weights {weights.version}")
        print(f"\nplots: {os.path.abspath(options.plots)}")
    if options.write_card:
        label = options.split or os.path.splitext(os.path.basename(os.path.abspath(options.images)))[0]
        looked_at = [label] + ["stacks"] * bool(options.stacks) + ["measured point spread function"] * bool(options.psf)
        keep_in_card(folder, weights.card, label, sections, worst, looked_at)


def print_table(columns):
    """Print figures side by side.

    Parameters
    ----------
    columns : dict
        Name of a column -> section -> figure -> value.
    """
    first = next(iter(columns.values()))
    for section, figures in first.items():
        print("\n%-54s %s" % (section, " ".join("%12s" % name for name in columns)))
        for name in figures:
            values = (column.get(section, {}).get(name) for column in columns.values())
            print(
                "  %-52s %s" % (name, " ".join("%12s" % ("-" if value is None else f"{value:.4g}") for value in values))
            )


def keep_in_card(folder, card, label, sections, worst, looked_at):
    """Write what was measured into the model card, with its command, and count what was looked at."""
    command = "python -m model_export " + " ".join(sys.argv[1:])
    card["metrics"][label] = {"command": command, **sections, "worst images": worst}
    for name in looked_at:
        card["looks"][name] = card["looks"].get(name, 0) + 1
    export.write_card(folder, card)
