"""The settings of MeasureImageFocus with their help, and those of older revisions as new ones."""

import logging

from cellprofiler_core.preferences import ABSOLUTE_FOLDER_NAME, DEFAULT_INPUT_FOLDER_NAME, DEFAULT_INPUT_SUBFOLDER_NAME
from cellprofiler_core.setting import Binary
from cellprofiler_core.setting.choice import Choice
from cellprofiler_core.setting.subscriber import ImageListSubscriber, LabelListSubscriber
from cellprofiler_core.setting.text import Directory, Float, LabelName
from cellprofiler_core.setting.text.alphanumeric import Alphanumeric

import imagefocus
from imagefocus.network.weights import DEFAULT_WEIGHTS
from imagefocus.overlay import PALETTES

LOGGER = logging.getLogger(__name__)

ALL_IMAGES, SELECTED_IMAGES = "All loaded images", "Select images"
SPACINGS = {"84 pixels: side by side": 84, "42 pixels: overlapping by half": 42}
PALETTE_NAMES = {"Blue to red": PALETTES[0], "Blue to orange": PALETTES[1]}
UNCERTAIN = {"Keep their mean level": None, "As in focus": 0.0, "As out of focus": 10.0}
FROM_WEIGHTS, CUSTOM = "From the weights", "Custom"
ENGINES = {"Automatic": "auto", "NumPy": "numpy", "TensorFlow": "tensorflow"}
OWN_WEIGHTS = "A folder of your own"
SMALLEST = 1e-6  # micrometers, or numerical aperture: a number above 0


def create_settings(module):
    """Give a module its settings."""
    module.images_choice = Choice(
        "Images to measure",
        [SELECTED_IMAGES, ALL_IMAGES],
        doc="""\
- *{SELECTED_IMAGES}*: those that you choose from a list.
- *{ALL_IMAGES}*: every image that the input modules load. This gives measurements and patches; for overlays and focus
  maps, select the images.""".format(**globals()),
    )
    module.image_names = ImageListSubscriber(
        "Select the images",
        [],
        doc="""\
Select the grayscale images whose focus is to be rated, all of one size. An image is measured once: no other
MeasureImageFocus in the pipeline may measure it too.""",
    )
    module.spacing = Choice(
        "Patch spacing",
        list(SPACINGS),
        doc="""\
Distance between the left or upper edges of neighboring patches of 84 x 84 pixels. Overlapping ones see objects that
would lie across the border of two patches, and give a finer focus map; they take four times as long.""",
    )
    module.wants_probabilities = Binary(
        "Measure the probability of each level?",
        False,
        doc="""\
Select *Yes* to measure *Probability00* to *Probability10* too, of the image and of each patch and object: what the
network answered, for your own statistics.""",
    )
    module.wants_patches = Binary(
        "Output the patches as objects?",
        False,
        doc="""\
Select *Yes* to make an object of each rated patch, with its own Score, ExpectedScore and Certainty. Later modules can
then filter, mask or relate by the focus of parts of the image.""",
    )
    module.patches_name = LabelName(
        "Name the patches", "FocusPatches", doc="*(Used only if the patches are output)* Name of the objects."
    )
    module.wants_objects = Binary(
        "Measure the focus of objects?",
        False,
        doc="""\
Select *Yes* to rate segmented objects: each by the 84 x 84 pixels centered on it, or as near to that as the border of
the image allows. This is a rating **of the surroundings of the object**, not of its own pixels alone.""",
    )
    module.object_names = LabelListSubscriber(
        "Select the objects", [], doc="*(Used only if objects are measured)* Select the objects to rate."
    )
    module.wants_overlay = Binary(
        "Output overlay images?",
        False,
        doc="""\
Select *Yes* to make a color picture of each image in which the border of each patch shows its rating: the hue is the
level and the lightness is the certainty; black is uncertain. Keep it with **SaveImages**.""",
    )
    module.overlay_prefix = Alphanumeric(
        "Prefix of the overlay images",
        "FocusOverlay",
        first_must_be_alpha=True,
        doc="""\
*(Used only if overlays are output)* The overlay of the image *DNA* is named by this, an underscore and *DNA*:
*FocusOverlay_DNA*.""",
    )
    module.palette = Choice(
        "Colors of the levels",
        list(PALETTE_NAMES),
        doc="""\
*(Used only if overlays are output)*

- *Blue to red*: blue (0, sharp) through green (5) to red (10), as published.
- *Blue to orange*: blue (0) through white (5) to orange (10), for readers with a color-vision deficiency.""",
    )
    module.wants_map = Binary(
        "Output focus maps?",
        False,
        doc="""\
Select *Yes* to make a grayscale picture of each image whose value is the mean ExpectedScore of the patches over each
pixel, divided by 10: 0 is sharp and 1 is level 10. **Threshold** it and use the result with **MaskImage** to keep the
region in focus. Where no patch is rated it is 1, and masked out.""",
    )
    module.map_prefix = Alphanumeric(
        "Prefix of the focus maps",
        "FocusMap",
        first_must_be_alpha=True,
        doc="*(Used only if focus maps are output)* The map of the image *DNA* is named *FocusMap_DNA*.",
    )
    module.uncertain = Choice(
        "Uncertain patches in the focus map",
        list(UNCERTAIN),
        doc="""\
*(Used only if focus maps are output)* What stands in the map for patches that cannot be judged, background above all.

- *{}*: the ExpectedScore that they have, near 5 when nothing is known.
- *{}*: 0. The map then shows where the image is surely blurred.
- *{}*: 10. The map then shows where the image is surely sharp.""".format(*UNCERTAIN),
    )
    module.wants_sampling = Binary(
        "Give the microscope's sampling?",
        False,
        doc="""\
Select *Yes* to measure the defocus in micrometers (*DefocusMicrons*), which needs to know the microscope, and to be
able to make images of high magnification smaller before they are rated.""",
    )
    module.pixel_size = Float(
        "Pixel size in micrometers",
        0.65,
        minval=SMALLEST,
        doc="""\
*(Used only if the sampling is given)* In the object: the pitch of the camera's pixels times the binning, divided by the
magnification.""",
    )
    module.numerical_aperture = Float(
        "Numerical aperture",
        0.5,
        minval=SMALLEST,
        doc="*(Used only if the sampling is given)* Of the objective; it is engraved on it after the magnification.",
    )
    module.refractive_index = Float(
        "Refractive index",
        1.0,
        minval=1,
        doc="*(Used only if the sampling is given)* Of what the objective is in: air 1, water 1.33, oil 1.515.",
    )
    module.wavelength = Float(
        "Wavelength in micrometers",
        0.5,
        minval=SMALLEST,
        doc="*(Used only if the sampling is given)* Of the light that the camera sees: about 0.46 for Hoechst or DAPI.",
    )
    module.wants_scale = Binary(
        "Make finely sampled images smaller?",
        True,
        doc="""\
*(Used only if the sampling is given)* At high magnification a sharp image spreads over many pixels, which looks like
defocus. Select *Yes* to rate the image made smaller, to the sampling that the network knows, where it is finer than
that. Patches are then larger than 84 pixels of the image; measurements and outputs are in its own pixels.""",
    )
    module.limits_choice = Choice(
        "Limits",
        [FROM_WEIGHTS, CUSTOM],
        doc="""\
What is in focus, and what can be judged, for *OutOfFocusFraction*, *CertainFraction* and the focus map.

- *{FROM_WEIGHTS}*: as the network's makers measured them.
- *{CUSTOM}*: numbers of your own.""".format(**globals()),
    )
    module.in_focus_limit = Float(
        "In-focus limit",
        1.73,
        minval=0,
        maxval=10,
        doc="*(Used only with custom limits)* A patch is out of focus when its ExpectedScore is above this.",
    )
    module.judged_certainty = Float(
        "Certainty needed",
        0.3,
        minval=0,
        maxval=1,
        doc="*(Used only with custom limits)* A patch can be judged when its Certainty is at least this.",
    )
    module.engine = Choice(
        "Engine",
        list(ENGINES),
        doc="""\
What runs the network; both give the same ratings.

- *Automatic*: NumPy, unless the image is very large and TensorFlow is installed.
- *NumPy*: needs nothing that CellProfiler does not ship.
- *TensorFlow*: must be installed in CellProfiler's Python.""",
    )
    module.weights = Choice(
        "Weights",
        (imagefocus.shipped_weights() or [DEFAULT_WEIGHTS]) + [OWN_WEIGHTS],
        value=DEFAULT_WEIGHTS,
        doc="""\
Version of the trained network. A pipeline keeps the version that it was made with, so that its measurements stay
comparable when newer weights are released. With *{OWN_WEIGHTS}* you name the folder that
``python -m model_export export`` wrote. Each of its files is checked against its *SHA256SUMS*, which detects damage,
not malice: with the engine TensorFlow such a folder is code that runs as you. Only use folders from people you trust,
or the engine *NumPy*.""".format(**globals()),
    )
    module.weights_folder = Directory(
        "Folder of the weights",
        dir_choices=[ABSOLUTE_FOLDER_NAME, DEFAULT_INPUT_FOLDER_NAME, DEFAULT_INPUT_SUBFOLDER_NAME],
        allow_metadata=False,
        doc="*(Used only with weights of your own)* The folder that holds *model_card.json*.",
    )


def upgrade(setting_values, variable_revision_number, defaults):
    """Setting values of an older revision as those of revision 3, and 3; `defaults` are the values of a new module."""
    if variable_revision_number == 1:  # the module of Yang et al. (2018): the image alone
        outputs = ["No", "FocusPatches", "No", "FocusOverlay"]
        setting_values = [setting_values[0]] + outputs + ["Automatic", DEFAULT_WEIGHTS]
        variable_revision_number = 2
    if variable_revision_number == 2:  # one image; the overlay's name is now a prefix
        image, patches, patches_name, overlay, overlay_name, engine, weights = setting_values
        if overlay == "Yes":
            LOGGER.warning(
                "MeasureImageFocus: the overlay %s is now named %s_%s; select it so in later modules.",
                overlay_name,
                overlay_name,
                image,
            )
        values = list(defaults)
        values[:2] = [SELECTED_IMAGES, image]
        values[4:6] = [patches, patches_name]
        values[8:10] = [overlay, overlay_name]
        values[23:25] = [engine, weights]
        setting_values, variable_revision_number = values, 3
    return setting_values, variable_revision_number
