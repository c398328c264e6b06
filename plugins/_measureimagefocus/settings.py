"""The settings of MeasureImageFocus with their help: a function makes each, with the value of a new module."""

from __future__ import annotations

from cellprofiler_core.setting import Binary
from cellprofiler_core.setting.choice import Choice
from cellprofiler_core.setting.subscriber import ImageListSubscriber, LabelListSubscriber
from cellprofiler_core.setting.text import LabelName
from cellprofiler_core.setting.text.alphanumeric import Alphanumeric

from imagefocus.overlay import PALETTES

ALL_IMAGES, SELECTED_IMAGES = "All loaded images", "Select images"
SPACINGS = {"84 pixels: side by side": 84, "42 pixels: overlapping by half": 42}
PALETTE_NAMES = {"Blue to red": PALETTES[0], "Blue to orange": PALETTES[1]}
KEEP_LEVEL, AS_IN_FOCUS, AS_OUT_OF_FOCUS = "Keep their mean level", "As in focus", "As out of focus"
UNCERTAIN_LEVELS = {KEEP_LEVEL: None, AS_IN_FOCUS: 0.0, AS_OUT_OF_FOCUS: 10.0}  # 0 to 10, in the focus map


def images_choice() -> Choice:
    return Choice(
        "Images to measure",
        [SELECTED_IMAGES, ALL_IMAGES],
        doc=f"""\
- *{SELECTED_IMAGES}*: those that you choose from a list.
- *{ALL_IMAGES}*: every image that the input modules load. This gives measurements and patches; for overlays and focus
  maps, select the images.""",
    )


def image_names() -> ImageListSubscriber:
    return ImageListSubscriber(
        "Select the images",
        [],
        doc="""\
Select the grayscale images whose focus is to be rated, all of one size. An image is measured once: no other
MeasureImageFocus in the pipeline may measure it too.""",
    )


def spacing() -> Choice:
    return Choice(
        "Patch spacing",
        list(SPACINGS),
        doc="""\
Distance between the left or upper edges of neighboring patches of 84 x 84 pixels. Overlapping ones see objects that
would lie across the border of two patches, and give a finer focus map; they take four times as long.""",
    )


def wants_probabilities() -> Binary:
    return Binary(
        "Measure the probability of each level?",
        False,
        doc="""\
Select *Yes* to measure *Probability00* to *Probability10* too, of the image and of each patch and object: what the
network answered, for your own statistics.""",
    )


def wants_patches() -> Binary:
    return Binary(
        "Output the patches as objects?",
        False,
        doc="""\
Select *Yes* to make an object of each rated patch, with its own Score, ExpectedScore and Certainty. Later modules can
then filter, mask or relate by the focus of parts of the image.""",
    )


def patches_name() -> LabelName:
    return LabelName(
        "Name the patches", "FocusPatches", doc="*(Used only if the patches are output)* Name of the objects."
    )


def wants_objects() -> Binary:
    return Binary(
        "Measure the focus of objects?",
        False,
        doc="""\
Select *Yes* to rate segmented objects: each by the 84 x 84 pixels centered on it, or as near to that as the border of
the image allows. This is a rating **of the surroundings of the object**, not of its own pixels alone.""",
    )


def object_names() -> LabelListSubscriber:
    return LabelListSubscriber(
        "Select the objects", [], doc="*(Used only if objects are measured)* Select the objects to rate."
    )


def wants_overlay() -> Binary:
    return Binary(
        "Output overlay images?",
        False,
        doc="""\
Select *Yes* to make a color picture of each image in which the border of each patch shows its rating: the hue is the
level and the lightness is the certainty; black is uncertain. Keep it with **SaveImages**.""",
    )


def overlay_prefix() -> Alphanumeric:
    return Alphanumeric(
        "Prefix of the overlay images",
        "FocusOverlay",
        first_must_be_alpha=True,
        doc="""\
*(Used only if overlays are output)* The overlay of the image *DNA* is named by this, an underscore and *DNA*:
*FocusOverlay_DNA*.""",
    )


def palette() -> Choice:
    return Choice(
        "Colors of the levels",
        list(PALETTE_NAMES),
        doc="""\
*(Used only if overlays are output)*

- *Blue to red*: blue (0, sharp) through green (5) to red (10), as published.
- *Blue to orange*: blue (0) through white (5) to orange (10), for readers with a color-vision deficiency.""",
    )


def wants_map() -> Binary:
    return Binary(
        "Output focus maps?",
        False,
        doc="""\
Select *Yes* to make a grayscale picture of each image whose value is the mean ExpectedScore of the patches over each
pixel, divided by 10: 0 is sharp and 1 is level 10. **Threshold** it and use the result with **MaskImage** to keep the
region in focus. Where no patch is rated it is 1, and masked out.""",
    )


def map_prefix() -> Alphanumeric:
    return Alphanumeric(
        "Prefix of the focus maps",
        "FocusMap",
        first_must_be_alpha=True,
        doc="*(Used only if focus maps are output)* The map of the image *DNA* is named *FocusMap_DNA*.",
    )


def uncertain() -> Choice:
    return Choice(
        "Uncertain patches in the focus map",
        list(UNCERTAIN_LEVELS),
        doc=f"""\
*(Used only if focus maps are output)* What stands in the map for patches that cannot be judged, background above all.

- *{KEEP_LEVEL}*: the ExpectedScore that they have, near 5 when nothing is known.
- *{AS_IN_FOCUS}*: 0. The map then shows where the image is surely blurred.
- *{AS_OUT_OF_FOCUS}*: 10. The map then shows where the image is surely sharp.""",
    )
