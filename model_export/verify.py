"""Check a folder of weights: its files, its card, and both engines."""

from __future__ import annotations

from imagefocus.network import engines
from imagefocus.network import weights as weight_files
from imagefocus.pixels import normalize

from .card import TOLERANCE, count_parameters, measure_files

SIZE_LIMIT = 1_000_000  # bytes of a version
ENGINES = ("numpy", "tensorflow")


def verify_weights(folder: str) -> float:
    """Check a weights folder: checksums, size, the card against the arrays, both engines against the golden examples.

    Returns
    -------
    float
        Largest difference of a probability from the golden one.

    Raises
    ------
    WeightsError
        If a file is missing or altered, or something disagrees.
    """
    weights = weight_files.Weights(folder)
    differences = compare_engines(weights)
    problems = [
        f"{engine} differs from golden.npz by {difference:.2g}"
        for engine, difference in differences.items()
        if not difference <= TOLERANCE  # nor is NaN
    ]
    problems += [*_find_wrong_sizes(folder, weights.card), *_find_wrong_facts(weights)]
    if problems:
        raise weight_files.WeightsError(f"{folder}: {'; '.join(problems)}.")
    return max(differences.values())


def compare_engines(weights: weight_files.Weights) -> dict[str, float]:
    """Largest difference of each engine's probabilities from the golden ones."""
    golden = weights.golden()
    patches = normalize(golden["patches"])
    answers = {engine: engines.build_network(weights, engine)(patches) for engine in ENGINES}
    return {engine: float(abs(answer - golden["probabilities"]).max()) for engine, answer in answers.items()}


def _find_wrong_sizes(folder, card):
    sizes = measure_files(folder)
    if sum(sizes.values()) > SIZE_LIMIT:
        yield f"the folder is {sum(sizes.values())} bytes, more than {SIZE_LIMIT}"
    for path, size in card["bytes"].items():
        if sizes.get(path) != size:
            yield f"{path} is {sizes.get(path)} bytes, the card says {size}"


def _find_wrong_facts(weights):
    count, card = count_parameters(weights.layers()), weights.card
    if count != card["parameters"]:
        yield f"weights.npz has {count} parameters, the card says {card['parameters']}"
    if weights.golden()["patches"].shape[1:] != (card["input_side_pixels"],) * 2:
        yield "golden.npz and the card differ in the input side"
