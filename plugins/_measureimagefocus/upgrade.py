"""Settings of older revisions as those of today."""

from __future__ import annotations

import logging

from imagefocus.network.weights import DEFAULT_WEIGHTS

from .settings import SELECTED_IMAGES

LOGGER = logging.getLogger(__name__)


def upgrade(setting_values: list[str], variable_revision_number: int, defaults: list[str]) -> tuple[list[str], int]:
    """Setting values of an older revision as those of revision 3, and 3.

    Parameters
    ----------
    setting_values : list of str
    variable_revision_number : int
        1 is the module of Yang et al. (2018), which has one image alone.
    defaults : list of str
        Values of a new module.
    """
    if variable_revision_number == 1:
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
