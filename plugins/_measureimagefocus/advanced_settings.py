"""The settings of MeasureImageFocus for microscope, limits and network, with their help; made as in `settings`."""

from __future__ import annotations

from cellprofiler_core.preferences import ABSOLUTE_FOLDER_NAME, DEFAULT_INPUT_FOLDER_NAME, DEFAULT_INPUT_SUBFOLDER_NAME
from cellprofiler_core.setting import Binary
from cellprofiler_core.setting.choice import Choice
from cellprofiler_core.setting.text import Directory, Float

from imagefocus.measurements import JUDGED_CERTAINTY
from imagefocus.network.weights import DEFAULT_WEIGHTS
from imagefocus.optics import REFERENCE

from .bundled import list_bundled_versions, read_in_focus_limit

FROM_WEIGHTS, CUSTOM = "From the weights", "Custom"
ENGINES = {"Automatic": "auto", "NumPy": "numpy", "TensorFlow": "tensorflow"}
OWN_WEIGHTS = "A folder of your own"
SMALLEST = 1e-6  # micrometers, or numerical aperture: a number above 0
FALLBACK_LIMIT = 2.0  # shown where the bundled weights cannot be read


def wants_sampling() -> Binary:
    return Binary(
        "Give the microscope's sampling?",
        False,
        doc="""\
Select *Yes* to measure the defocus in micrometers (*DefocusMicrons*), which needs to know the microscope, and to be
able to make images of high magnification smaller before they are rated.""",
    )


def _optics(text: str, value: float, doc: str, minval: float = SMALLEST) -> Float:
    return Float(text, value, minval=minval, doc="*(Used only if the sampling is given)* " + doc)


def pixel_size() -> Float:
    return _optics(
        "Pixel size in micrometers",
        REFERENCE.pixel_micrometers,
        "In the object: the pitch of the camera's pixels times the binning, divided by the magnification.",
    )


def numerical_aperture() -> Float:
    return _optics(
        "Numerical aperture",
        REFERENCE.numerical_aperture,
        "Of the objective; it is engraved on it after the magnification.",
    )


def refractive_index() -> Float:
    return _optics(
        "Refractive index",
        REFERENCE.refractive_index,
        "Of what the objective is in: air 1, water 1.33, oil 1.515.",
        minval=1,
    )


def wavelength() -> Float:
    return _optics(
        "Wavelength in micrometers",
        REFERENCE.wavelength_micrometers,
        "Of the light that the camera sees: about 0.46 for Hoechst or DAPI.",
    )


def wants_scale() -> Binary:
    return Binary(
        "Make finely sampled images smaller?",
        True,
        doc="""\
*(Used only if the sampling is given)* At high magnification a sharp image spreads over many pixels, which looks like
defocus. Select *Yes* to rate the image made smaller, to the sampling that the network knows, where it is finer than
that. Patches are then larger than 84 pixels of the image; measurements and outputs are in its own pixels.""",
    )


def limits_choice() -> Choice:
    return Choice(
        "Limits",
        [FROM_WEIGHTS, CUSTOM],
        doc=f"""\
What is in focus, and what can be judged, for *OutOfFocusFraction*, *CertainFraction* and the focus map.

- *{FROM_WEIGHTS}*: as the network's makers measured them.
- *{CUSTOM}*: numbers of your own.""",
    )


def in_focus_limit() -> Float:
    limit = read_in_focus_limit()
    return Float(
        "In-focus limit",
        FALLBACK_LIMIT if limit is None else limit,
        minval=0,
        maxval=10,
        doc="*(Used only with custom limits)* A patch is out of focus when its ExpectedScore is above this.",
    )


def judged_certainty() -> Float:
    return Float(
        "Certainty needed",
        JUDGED_CERTAINTY,
        minval=0,
        maxval=1,
        doc="*(Used only with custom limits)* A patch can be judged when its Certainty is at least this.",
    )


def engine() -> Choice:
    return Choice(
        "Engine",
        list(ENGINES),
        doc="""\
What runs the network; both give the same ratings.

- *Automatic*: NumPy, unless the image is very large and TensorFlow is installed.
- *NumPy*: needs nothing that CellProfiler does not ship.
- *TensorFlow*: must be installed in CellProfiler's Python.""",
    )


def weights() -> Choice:
    return Choice(
        "Weights",
        [*list_bundled_versions(), OWN_WEIGHTS],
        value=DEFAULT_WEIGHTS,
        doc=f"""\
Version of the trained network. A pipeline keeps the version that it was made with, so that its measurements stay
comparable when newer weights are released. With *{OWN_WEIGHTS}* you name the folder that
``python -m model_export export`` wrote. Each of its files is checked against its *SHA256SUMS*, which detects damage,
not malice: with the engine TensorFlow such a folder is code that runs as you. Only use folders from people you trust,
or the engine *NumPy*.""",
    )


def weights_folder() -> Directory:
    return Directory(
        "Folder of the weights",
        dir_choices=[ABSOLUTE_FOLDER_NAME, DEFAULT_INPUT_FOLDER_NAME, DEFAULT_INPUT_SUBFOLDER_NAME],
        allow_metadata=False,
        doc="*(Used only with weights of your own)* The folder that holds *model_card.json*.",
    )
