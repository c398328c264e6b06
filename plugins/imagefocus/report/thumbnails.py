"""Small pictures, with overlays, of the worst and the most uncertain images."""

from __future__ import annotations

import base64
import io
import itertools
import os

import numpy as np

from ..files.read import Plane, read_planes
from ..measurements import BLANK_FRACTION, CERTAIN_FRACTION, CERTAINTY, EXPECTED_SCORE
from ..overlay import PALETTES
from ..rate import rate_image
from ..ratings import ImageRating
from .planes import name_with_plane

COUNT = 6  # of each kind
SIDE = 360  # pixels
LEAST_SIDE = 2 * SIDE  # of the picture in which borders are drawn


def make_thumbnails(fields, table_folder):
    """Pictures of the worst and of the most uncertain images.

    Parameters
    ----------
    fields : Fields
    table_folder : str
        Where images are looked for, too, if they are no longer where the table says.

    Returns
    -------
    list of (title, list of dict)
        With `name`, `place`, `numbers` and either `pictures`, data URIs by palette, or `problem`.
    """
    groups = []
    for title, chosen in _choose(fields):
        groups.append((title, [_thumbnail(fields, channel, row, table_folder) for channel, row in chosen]))
    shots = [shot for _, shots in groups for shot in shots]
    missing = [shot for shot in shots if "pictures" not in shot]
    if missing:
        fields.notes.append(
            f"{len(missing)} of the {len(shots)} images to show have no thumbnail; the first: {missing[0]['problem']}. "
            "If they were moved, put them back, or make the report where they are."
        )
    return groups


def _choose(fields):
    """(title, list of (Channel, row)) of the images with the highest level and with the least certainty."""
    images = [
        (channel, row, channel.numbers[CERTAIN_FRACTION.name][row] < BLANK_FRACTION)
        for channel in fields.channels
        for row in _candidates(channel.numbers)
    ]
    images.sort(key=lambda image: (image[2], -image[0].numbers[EXPECTED_SCORE.name][image[1]]))
    worst = [image for image in images[:COUNT] if not image[2]]
    others = sorted(images[len(worst) :], key=lambda image: (image[2], image[0].numbers[CERTAINTY.name][image[1]]))[
        :COUNT
    ]
    titles = ("Farthest out of focus", "Most uncertain")
    return [(title, [image[:2] for image in chosen]) for title, chosen in zip(titles, (worst, others)) if chosen]


def _candidates(numbers):
    """Rows of a channel that can be among the COUNT worst or most uncertain, to sort few of many."""
    judged = np.flatnonzero(numbers[CERTAIN_FRACTION.name] >= BLANK_FRACTION)
    blank = np.flatnonzero(numbers[CERTAIN_FRACTION.name] < BLANK_FRACTION)
    worst = judged[np.argsort(-numbers[EXPECTED_SCORE.name][judged], kind="stable")[: 2 * COUNT]]
    uncertain = judged[np.argsort(numbers[CERTAINTY.name][judged], kind="stable")[: 2 * COUNT]]
    blank = blank[np.argsort(numbers[CERTAINTY.name][blank], kind="stable")[:COUNT]]
    return sorted({*worst.tolist(), *uncertain.tolist(), *blank.tolist()})


def _thumbnail(fields, channel, row, table_folder):
    numbers = channel.numbers
    place = [fields.plates[row], fields.wells[row], fields.sites[row] and "site " + fields.sites[row], channel.name]
    shot = {
        "name": name_with_plane(fields, channel, row),
        "place": ", ".join(filter(None, place)),
        "numbers": f"ExpectedScore {numbers['ExpectedScore'][row]:.2f}, Certainty {numbers['Certainty'][row]:.2f}",
    }
    try:
        path, frame = _find(fields, channel, row, table_folder)
    except (ValueError, OverflowError) as error:
        return {**shot, "problem": str(error)}
    try:
        shot["pictures"] = _draw(path, frame)
    except (OSError, ValueError, ImportError) as error:
        shot["problem"] = f"{shot['name']}: {str(error).rstrip('.')}"
    return shot


def _find(fields, channel, row, table_folder):
    """Path and frame of an image."""
    if not channel.file_column:
        raise ValueError(f"{channel.name} was made in the pipeline and has no file")
    name = fields.load[channel.file_column][row]
    folder = fields.load.get("Image_PathName_" + channel.name, {row: ""})[row]
    frame = channel.planes[row] or fields.load.get("Frame_" + channel.name, {row: ""})[row]
    for place in (folder, os.path.join(table_folder, folder), table_folder):
        if os.path.isfile(os.path.join(place, name)):
            return os.path.join(place, name), int(float(frame or 0))
    raise ValueError(f"there is no file {os.path.join(folder, name)}")


def _draw(path, frame):
    """The image with its overlay in each palette, as data URIs."""
    image = _read_plane(path, frame)
    image, rating = _enlarge(image, rate_image(image))
    return {palette: _as_uri(rating.overlay(image, palette)) for palette in PALETTES}


def _enlarge(image, rating):
    """Image and rating with more pixels where the image is small: the borders, of fixed width, would hide it."""
    times = max(1, round(LEAST_SIDE / max(image.shape)))
    patches, shape = rating.patches, tuple(times * length for length in rating.shape)
    limits = rating.judged_certainty, rating.in_focus_limit
    enlarged = np.repeat(np.repeat(image, times, axis=0), times, axis=1)
    return enlarged, ImageRating(patches, shape, rating.step, rating.scale / times, *limits)


def _as_uri(pixels):
    from PIL import Image

    picture = Image.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE), Image.BOX)  # type: ignore[attr-defined]  # averages the borders, where others would skip them
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _read_plane(path, frame):
    """One plane of an image file, counted from 0."""
    plane: Plane | None = next(itertools.islice(read_planes(path), frame, None), None)
    if plane is None:
        raise ValueError(f"it has no plane {frame}")
    if plane.error is not None:
        raise plane.error
    return plane.pixels
