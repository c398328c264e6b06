"""What the settings and the help state of the bundled weights.

CellProfiler hides a module that cannot be imported or made. So nothing here fails where the weights are damaged or
missing: the module loads all the same, and says so as soon as it is to run.
"""

from __future__ import annotations

import imagefocus
from imagefocus.network.engines import load_weights
from imagefocus.network.weights import DEFAULT_WEIGHTS


def list_bundled_versions() -> list[str]:
    """Names of the bundled weights, oldest first; the default's where none can be listed."""
    try:
        return imagefocus.shipped_weights() or [DEFAULT_WEIGHTS]
    except OSError:
        return [DEFAULT_WEIGHTS]


def read_in_focus_limit() -> float | None:
    """The in-focus limit of the default weights, a level of 0 to 10, or None if they cannot be read."""
    try:
        return load_weights().in_focus_limit
    except (imagefocus.WeightsError, OSError, KeyError, ValueError):
        return None


def describe_in_focus_limit() -> str:
    """The in-focus limit with the weights that it is of, in words."""
    limit = read_in_focus_limit()
    return "the in-focus limit" if limit is None else f"{limit:.2f}, the in-focus limit of weights {DEFAULT_WEIGHTS}"
