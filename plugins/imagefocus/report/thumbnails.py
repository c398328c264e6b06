"""Small pictures, with overlays, of the worst and the most uncertain images."""

from __future__ import annotations

import base64
import io
import itertools
import os
from dataclasses import dataclass, field

import numpy as np

from ..files.read import Plane, read_planes
from ..measurements import BLANK_FRACTION, CERTAIN_FRACTION, CERTAINTY, EXPECTED_SCORE
from ..overlay import PALETTES
from ..rate import rate_image
from ..ratings import ImageRating
from .fields import Channel, Fields
from .planes import describe_file

COUNT = 6  # of each kind
SIDE_PIXELS = 360
LEAST_SIDE_PIXELS = 2 * SIDE_PIXELS  # of the picture in which borders are drawn


@dataclass
class Candidate:
    """An image that may be shown, and its numbers in the table."""

    channel: Channel
    row: int  # of the image set
    is_blank: bool
    expected_score: float
    certainty: float


@dataclass
class Thumbnail:
    """What the page shows of an image: data URIs of pictures by palette, or the problem for which there are none."""

    name: str
    place: str
    numbers: str
    pictures: dict[str, str] = field(default_factory=dict)
    problem: str = ""


def make_thumbnails(fields: Fields, table_folder: str) -> list[tuple[str, list[Thumbnail]]]:
    """Make pictures of the worst and of the most uncertain images; the notes of `fields` grow by those without.

    Parameters
    ----------
    fields : Fields
    table_folder : str
        Where images are looked for, too, if they are no longer where the table says.

    Returns
    -------
    list of (title, list of Thumbnail)
    """
    groups = [
        (title, [_make_thumbnail(fields, image, table_folder) for image in images])
        for title, images in _choose_images(fields)
    ]
    thumbnails = [thumbnail for _, group in groups for thumbnail in group]
    missing = [thumbnail for thumbnail in thumbnails if not thumbnail.pictures]
    if missing:
        fields.notes.append(
            f"{len(missing)} of the {len(thumbnails)} images to show have no thumbnail; the first: "
            f"{missing[0].problem}. If they were moved, put them back, or make the report where they are."
        )
    return groups


def _choose_images(fields: Fields) -> list[tuple[str, list[Candidate]]]:
    """Images with the highest level, then of the others those with the least certainty, blank ones last."""
    images = [image for channel in fields.channels for image in _list_candidates(channel)]
    images.sort(key=lambda image: (image.is_blank, -image.expected_score))
    worst = [image for image in images[:COUNT] if not image.is_blank]
    others = sorted(images[len(worst) :], key=lambda image: (image.is_blank, image.certainty))
    groups = [("Farthest out of focus", worst), ("Most uncertain", others[:COUNT])]
    return [(title, group) for title, group in groups if group]


def _list_candidates(channel: Channel) -> list[Candidate]:
    """Images of a channel that can be among the COUNT worst or most uncertain, to sort few of many."""
    level, certainty = channel.numbers[EXPECTED_SCORE.name], channel.numbers[CERTAINTY.name]
    judged = np.flatnonzero(channel.numbers[CERTAIN_FRACTION.name] >= BLANK_FRACTION)
    blank = np.flatnonzero(channel.numbers[CERTAIN_FRACTION.name] < BLANK_FRACTION)
    worst = judged[np.argsort(-level[judged], kind="stable")[: 2 * COUNT]].tolist()
    uncertain = judged[np.argsort(certainty[judged], kind="stable")[: 2 * COUNT]].tolist()
    blank = blank[np.argsort(certainty[blank], kind="stable")[:COUNT]].tolist()
    rows = sorted({*worst, *uncertain, *blank})
    return [Candidate(channel, row, row in blank, level[row], certainty[row]) for row in rows]


def _make_thumbnail(fields: Fields, image: Candidate, table_folder: str) -> Thumbnail:
    row = image.row
    site = fields.sites[row] and f"site {fields.sites[row]}"
    thumbnail = Thumbnail(
        describe_file(fields, image.channel, row),
        ", ".join(filter(None, [fields.plates[row], fields.wells[row], site, image.channel.name])),
        f"{EXPECTED_SCORE.name} {image.expected_score:.2f}, {CERTAINTY.name} {image.certainty:.2f}",
    )
    try:
        path, frame = _find_file(fields, image, table_folder)
    except (ValueError, OverflowError) as error:
        thumbnail.problem = str(error)
        return thumbnail
    try:
        thumbnail.pictures = _draw_pictures(path, frame)
    except (OSError, ValueError, ImportError) as error:
        thumbnail.problem = f"{thumbnail.name}: {str(error).rstrip('.')}"
    return thumbnail


def _find_file(fields: Fields, image: Candidate, table_folder: str) -> tuple[str, int]:
    """Path and frame of an image."""
    channel, row = image.channel, image.row
    if not channel.file_column:
        raise ValueError(f"{channel.name} was made in the pipeline and has no file")
    name, folder = fields.file_names(channel)[row], fields.folders(channel)[row]
    frame = channel.planes[row] or fields.frames(channel)[row] or "0"
    for place in (folder, os.path.join(table_folder, folder), table_folder):
        path = os.path.join(place, name)
        if os.path.isfile(path):
            return path, int(float(frame))
    raise ValueError(f"there is no file {os.path.join(folder, name)}")


def _draw_pictures(path: str, frame: int) -> dict[str, str]:
    """The image with its overlay in each palette, as data URIs."""
    pixels = _read_plane(path, frame)
    pixels, rating = _enlarge(pixels, rate_image(pixels))
    return {palette: _make_uri(rating.overlay(pixels, palette)) for palette in PALETTES}


def _read_plane(path: str, frame: int) -> np.ndarray:
    """One plane of an image file, counted from 0."""
    plane: Plane | None = next(itertools.islice(read_planes(path), frame, None), None)
    if plane is None:
        raise ValueError(f"it has no plane {frame}")
    if plane.error is not None:
        raise plane.error
    return plane.pixels


def _enlarge(pixels: np.ndarray, rating: ImageRating) -> tuple[np.ndarray, ImageRating]:
    """Image and rating with more pixels where the image is small: the borders, of fixed width, would hide it."""
    times = max(1, round(LEAST_SIDE_PIXELS / max(pixels.shape)))
    shape = tuple(times * length for length in rating.shape)
    limits = rating.judged_certainty, rating.in_focus_limit
    enlarged = np.repeat(np.repeat(pixels, times, axis=0), times, axis=1)
    return enlarged, ImageRating(rating.patches, shape, rating.step, rating.scale / times, *limits)


def _make_uri(pixels: np.ndarray) -> str:
    from PIL import Image

    picture = Image.fromarray(pixels)
    # Averages the borders, where others would skip them.
    picture.thumbnail((SIDE_PIXELS, SIDE_PIXELS), Image.BOX)  # type: ignore[attr-defined]
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")
