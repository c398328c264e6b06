"""Settings of older revisions as those of revision 3."""

from __future__ import annotations

import logging

from .settings import SELECTED_IMAGES

LOGGER = logging.getLogger(__name__)


def upgrade_values(setting_values: list[str], variable_revision_number: int) -> dict[str, str]:
    """Setting values of revision 1 or 2 as the settings of revision 3 that they decide.

    Parameters
    ----------
    setting_values : list of str
        As the pipeline stores them: 1 of revision 1, 7 of revision 2.
    variable_revision_number : int

    Returns
    -------
    dict of str
        Attribute of the module -> text of its value. The settings that are not in it keep the value of a new module.
    """
    if variable_revision_number == 1:  # the module of Yang et al. (2018), which has one image alone
        return {"images_choice": SELECTED_IMAGES, "image_names": setting_values[0]}
    return _upgrade_2(setting_values)


def _upgrade_2(setting_values: list[str]) -> dict[str, str]:
    """Revision 2 measures one image; the name of its overlay is now a prefix."""
    image, patches, patches_name, overlay, overlay_name, engine, weights = setting_values
    if overlay == "Yes":
        LOGGER.warning(
            "MeasureImageFocus: the overlay %s is now named %s_%s; select it so in later modules.",
            overlay_name,
            overlay_name,
            image,
        )
    return {
        "images_choice": SELECTED_IMAGES,
        "image_names": image,
        "wants_patches": patches,
        "patches_name": patches_name,
        "wants_overlay": overlay,
        "overlay_prefix": overlay_name,
        "engine": engine,
        "weights": weights,
    }
