"""The module's page in CellProfiler's help."""

from __future__ import annotations

from imagefocus.measurements import BLANK_FRACTION, JUDGED_CERTAINTY

from .bundled import describe_in_focus_limit

HELP = f"""\
MeasureImageFocus
=================

**MeasureImageFocus** rates how far an image is out of focus, with a pretrained network that is bundled with the module:
there is no threshold to tune for your data and nothing to download.

The image is cut into patches of 84 x 84 pixels. The network gives each patch a probability for each of 11 defocus
levels, from 0 (sharp) to 10, and the patches' probabilities are combined into a rating of the image. A patch without
anything to judge (background, noise), or whose level the network cannot tell to one or so, is rated as uncertain and
hardly counts.

|

============ ============ ===============
Supports 2D? Supports 3D? Respects masks?
============ ============ ===============
YES          YES          YES
============ ============ ===============

What do I need as input?
^^^^^^^^^^^^^^^^^^^^^^^^

Grayscale fluorescence images of one size, at least 84 x 84 pixels, of any bit depth and intensity scale: each patch is
normalized by its own mean and standard deviation. The network was trained on stained nuclei and some cytoplasm;
brightfield and phase contrast are not supported: such an image gets a warning in the log. Rate the image as it was
taken, before any module that smooths or sharpens it. If the image is masked, patches of which more than half is masked
out are left out.

Each plane of a volume is rated; the measurements are those of the sharpest plane that can be judged.

An image that is finely sampled, with nuclei of more than about 60 pixels across, is blurred in pixels even in focus:
give the microscope's sampling, and it is made smaller before it is rated.

What do I get as output?
^^^^^^^^^^^^^^^^^^^^^^^^

- Measurements of each image, see below.
- The patches as objects with a rating each, for **FilterObjects**, **MaskImage** or **RelateObjects**.
- Ratings of objects that you have segmented. **A rating is of the 84 x 84 pixels about the object, not of the object
  alone**: a neighbor counts as well.
- An overlay picture in which the border of each patch shows its level as hue (blue is sharp, red is level 10) and its
  certainty as lightness (black is uncertain).
- A focus map: the level over the image as a grayscale picture, for **Threshold** and **MaskImage**.

To find out-of-focus images with **FlagImage**, flag an image when its *ExpectedScore* is above
{describe_in_focus_limit()}, or when its *CertainFraction* is below {BLANK_FRACTION};
the latter means that there is nothing to judge, for example because the field is empty.

How much the neighbors of an object count was measured with real nuclei of about 40 pixels across, in focus and at level
6 in turn like the squares of a chessboard. The share of them on the right side of the in-focus limit:

============================ ==== ==== ==== ==== ==== ====
Distance of neighbors, px    42   54   66   84   120  160
============================ ==== ==== ==== ==== ==== ====
Right side of the limit, %   53   82   99   100  99   100
============================ ==== ==== ==== ==== ==== ====

Measurements made by this module
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

Of each image:

- *Score*: the most probable defocus level, 0 (sharp) to 10.
- *ExpectedScore*: the probability-weighted mean level, 0.0 to 10.0.
- *Certainty*: 0.0 (all levels equally probable) to 1.0 (sure).
- *PatchCount*: the number of patches rated.
- *CertainFraction*: the share of the rated patches that can be judged, those with a certainty of at least
  {JUDGED_CERTAINTY}.
- *OutOfFocusFraction*: the share of those whose ExpectedScore is above the in-focus limit.
- *Probability00* to *Probability10*, if asked for: the probability of each level.
- *DefocusMicrons*, if the sampling is given: the distance from focus that blurs as much as ExpectedScore.
- *BestPlane*, of volumes: the index, from 0, of the plane that is measured.

No measurement is ever missing. A constant or fully masked image has Score 5, ExpectedScore 5.0 and Certainty 0. A blank
field, which holds noise, has any Score and a Certainty near 0. Its *CertainFraction* is near 0 too, and its
*DefocusMicrons* means nothing.

Of each patch and object, for each image: *Score*, *ExpectedScore* and *Certainty*, and the probabilities if asked for.
Of each patch: *GridRow* and *GridColumn*, its place in the grid, from 0; its *Location* and *Number*.

Of the experiment: *Weights*, the version of the network and the first 8 digits of its checksum.

Technical notes
^^^^^^^^^^^^^^^

Level *k* is the blur of *k* x 2 micrometers of defocus at a numerical aperture of 0.5 and 0.65 micrometers per pixel: a
disc of 3.08 *k* pixels. At another objective or camera the same level is the same blur in pixels and another distance:
an object *z* out of focus is blurred to a disc of diameter 2 *z* NA / *n* (Born & Wolf), so that

*DefocusMicrons* = *ExpectedScore* x 3.08 x pixel size x *n* / (2 NA).

In focus, diffraction spreads a point over a multiple of wavelength / NA, which is 1.54 pixels where the levels are
defined. Where it is more, and you choose so, the image is made smaller by 1.54 / (wavelength / NA / pixel size) before
it is rated, and *DefocusMicrons* is divided by that factor.

The object of a patch is the part of the image nearest to its center, so that objects never overlap; its rating is of
the whole 84 x 84 window. Where a side of the image is no multiple of 84 the last patches overlap their neighbors. A
patch is an object if any of the images rates it; for an image that does not, it has nothing to judge. In a volume the
patches lie in the best plane of the first image, and objects are rated in the plane of their center.

References
^^^^^^^^^^

- Yang SJ, Berndl M, Ando DM, et al. (2018) "Assessing microscope image focus quality with deep learning." *BMC
  Bioinformatics* 19:77. `doi:10.1186/s12859-018-2087-4 <https://doi.org/10.1186/s12859-018-2087-4>`_
- Born M, Wolf E (1999) *Principles of Optics*, 7th edition, section 8.8. Cambridge University Press.
  `doi:10.1017/CBO9781139644181 <https://doi.org/10.1017/CBO9781139644181>`_
"""
