"""The table that `evaluate` prints and keeps in the model card."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Dict

from imagefocus.network import engines
from imagefocus.network import weights as weight_files

from . import evaluation, field_evaluation, metrics, plots, sparse, stress
from .card import write_card
from .images import Image, find_images, read_images
from .stacks import Stack, read_point_spread, read_stacks

Sections = Dict[str, Dict[str, Any]]  # name of a section -> name of a figure -> value


def measure(
    rater: evaluation.Rater,
    images: list[Image],
    log: Callable[[str], object],
    stacks: Sequence[Stack] = (),
    point_spread: tuple[Any, Any] | None = None,
    field: Sequence[field_evaluation.FieldImage] = (),
    stressed: bool = False,
) -> tuple[Sections, list[evaluation.Result], list[evaluation.StackResult]]:
    """Measure all that there is to measure of a network.

    Parameters
    ----------
    rater : evaluation.Rater
    images : list of images.Image
        In-focus images.
    log : callable
        Takes lines of progress.
    stacks : list of stacks.Stack
    point_spread : (kernels, discs), optional
        Of `stacks.read_point_spread`.
    field : list of field_evaluation.FieldImage
        Images as people have them.
    stressed : bool
        Also measure processed, shaded, empty and sparse pictures, which takes about 20 times as long.

    Returns
    -------
    dict of dicts of figures by section; list of evaluation.Result; list of evaluation.StackResult
    """
    limits = {"judged_certainty": rater.judged_certainty, "in_focus_expected_score": rater.in_focus_limit}
    results = evaluation.rate_pictures(evaluation.defocus_images(images), rater, log)
    sections = _summarize_sets(results, limits)
    sections["images as they are"] = evaluation.measure_without_defocus(images, rater)
    sections["noise alone"] = evaluation.measure_noise(rater)
    sections["gain, offset, bit depth"] = evaluation.measure_scaling(images, rater)
    sections["brightfield and phase (not supported)"] = evaluation.measure_unsupported(rater)
    if point_spread is not None:
        kernels, discs = point_spread
        sections["measured point spread function"] = evaluation.rank_measured_blur(images, rater, kernels, discs, log)
    sections["expected scores"] = metrics.measure_expected_scores(results)
    if stressed:
        sections.update(_measure_stress(rater, images, log))
    if field:
        sections.update(_measure_field(rater, list(field)))
    stack_results = evaluation.rate_stacks(stacks, rater)
    for result in stack_results:
        sections[f"stack {result.stack}"] = metrics.summarize_stack(result)
    return sections, results, stack_results


def _measure_stress(rater, images, log):
    return {
        "processed by software": stress.measure_processed(images, rater, log),
        "noise alone, processed": stress.measure_processed_noise(rater),
        "empty fields with shading": stress.measure_shaded_blanks(rater),
        "one cell in a field of 588 x 588": sparse.measure_one_cell(images, rater),
    }


def _measure_field(rater, field):
    return {
        "images as people have them": field_evaluation.measure_planes(field, rater),
        "stacks as people have them": field_evaluation.measure_stacks(field, rater),
        "warnings of images unlike fluorescence": field_evaluation.measure_warnings(field),
        "images that are not supported": field_evaluation.measure_unsupported(field, rater),
    }


def _summarize_sets(results, limits):
    """Figures of all images and, if there are several sets, of each."""
    sections = {"images at all levels": metrics.summarize(results, limits)}
    names = sorted({result.set_name for result in results})
    for name in names if len(names) > 1 else ():
        sections[f"set {name}"] = metrics.summarize([result for result in results if result.set_name == name], limits)
    return sections


def evaluate(options: argparse.Namespace, log: Callable[[str], object]) -> None:
    """Run `python -m model_export evaluate` with its parsed options."""
    folder = weight_files.find_weights(options.weights)
    weights = weight_files.Weights(folder)
    rater = evaluation.Rater(engines.build_network(weights, "numpy"), weights.card["limits"])
    stacks = read_stacks(options.stacks) if options.stacks else []
    point_spread = None
    if options.psf:
        path, table, first, last = options.psf
        point_spread = read_point_spread(path, table, int(first), int(last))
    field = field_evaluation.read_field(options.field) if options.field else []
    images = read_images(find_images(options.images, options.split), log)
    sections, results, stack_results = measure(rater, images, log, stacks, point_spread, field, options.stress)
    worst = metrics.describe_worst_images(results)
    print_table({weights.version: sections})
    print("\nworst images", *worst, sep="\n  ")
    if options.plots:
        plots.draw_plots(options.plots, results, stack_results, f"weights {weights.version}")
        print(f"\nplots: {os.path.abspath(options.plots)}")
    if options.write_card:
        keep_in_card(folder, weights.card, {**sections, "worst images": worst}, options)


def print_table(columns: dict[str, Sections]) -> None:
    """Print figures side by side.

    Parameters
    ----------
    columns : dict
        Name of a column -> section -> figure -> value.
    """
    first = next(iter(columns.values()))
    for section, figures in first.items():
        print(f"\n{section:54} {' '.join(f'{name:>12}' for name in columns)}")
        for name in figures:
            values = (column.get(section, {}).get(name) for column in columns.values())
            cells = ("-" if value is None else f"{value:.4g}" for value in values)
            print(f"  {name:52} {' '.join(f'{cell:>12}' for cell in cells)}")


def keep_in_card(folder: str, card: dict[str, Any], measured: dict[str, Any], options: argparse.Namespace) -> None:
    """Write what was measured into the model card, with its command, and count the looks at the data."""
    label = options.split or os.path.splitext(os.path.basename(os.path.abspath(options.images)))[0]
    command = "python -m model_export " + " ".join(sys.argv[1:])
    card["metrics"][label] = {"command": command, **measured}
    looked_at = {"stacks": options.stacks, "measured point spread function": options.psf, "field": options.field}
    data = [label, *(name for name, path in looked_at.items() if path)]
    for name in data:
        card["looks"][name] = card["looks"].get(name, 0) + 1
    write_card(folder, card)
