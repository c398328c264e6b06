"""Read the planes of image files one at a time, so that memory does not grow with a stack."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import stat
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .damage import check_picture, check_pixels, find_circle, find_lost_planes

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two of files above 4 GB
PICTURE_STARTS = (b"\x89PNG", b"\xff\xd8\xff")
FORMATS = ("PNG", "JPEG", "TIFF")  # of the many that Pillow reads, whatever a file is called
GRAY_TIFF, GRAY_DOWN_TIFF, COLOR_TIFF, PALETTE_TIFF = (1,), (0,), (2, 6), (3,)  # tag 262; gray "down" has white as 0
ALPHA = (1, 2)  # tag 338: a sample that is transparency
REDUCED_OR_MASK = 1 | 4  # tag 254: a thumbnail or a mask beside the image


class Unreadable(ValueError):
    """A file, or a plane of it, that is no grayscale image."""


@dataclass
class Plane:
    """A plane of a file.

    Attributes
    ----------
    pixels : (rows, columns) array or None
        None where there is an error.
    error : Unreadable or None
        Why there are no pixels.
    """

    pixels: Any = None
    error: Unreadable | None = None


def read_planes(path: str) -> Iterator[Plane]:
    """Read the planes of a TIFF, PNG or JPEG file in the order of the file.

    Parameters
    ----------
    path : str

    Yields
    ------
    Plane
        One that cannot be read has the error and no pixels; others may follow.

    Raises
    ------
    Unreadable
        If the file is no image.
    OSError
        If it cannot be opened.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise Unreadable("it is no regular file.")
    with open(path, "rb") as file:
        start = file.read(4)
    if start in TIFF_STARTS:
        yield from _attempt(functools.partial(_read_tiff, path))
    elif start.startswith(PICTURE_STARTS):
        yield from _attempt(lambda: [Plane(_read_picture(path))])
    else:
        raise Unreadable("it is empty." if not start else "it is no TIFF, PNG or JPEG file.")


def _attempt(read: Callable[[], Iterable[Plane]]) -> Iterator[Plane]:
    """Read planes. Where that fails, the last one has the error."""
    try:
        yield from read()
    except MemoryError:
        raise
    except Exception as error:  # libraries raise all kinds on damaged files
        yield Plane(error=error if isinstance(error, Unreadable) else Unreadable(_explain(error)))


def _explain(error: Exception) -> str:
    """The message for an error of a library. Where it is a bug there, its text alone means nothing to users."""
    is_bug = isinstance(error, (LookupError, TypeError, AttributeError, ArithmeticError, NameError, struct.error))
    reason = f"it is damaged, or of an unknown kind ({error!r})." if is_bug else error
    return f"it cannot be read: {reason}"


def _read_picture(path: str) -> np.ndarray:
    from PIL import Image

    with Image.open(path, formats=FORMATS) as picture:
        check_picture(picture, os.path.getsize(path))
        picture.verify()  # compares the checksums of a PNG, which Pillow does not do when it reads the pixels
    with Image.open(path, formats=FORMATS) as picture:
        if picture.mode == "P":
            picture = picture.convert("RGB")  # numbers of colors in a palette are not intensities
        pixels = np.asarray(picture)
        if picture.mode in ("LA", "La"):
            return pixels[..., 0]
        if pixels.ndim == 2:
            return pixels
        return _take_gray(pixels.transpose(2, 0, 1), "RGB" in picture.mode)


def _take_gray(channels: np.ndarray, is_rgb: bool = True) -> np.ndarray:
    """The plane of a picture in color, (channels, rows, columns), if its red, green and blue are equal."""
    if not is_rgb or len(channels) < 3 or (channels[1:3] != channels[0]).any():
        raise Unreadable("it is in color. Save each channel as a grayscale image of its own.")
    return channels[0]


def _read_tiff(path: str) -> Iterator[Plane]:
    import tifffile

    with _collect_complaints() as complaints, tifffile.TiffFile(path) as tiff:
        circle = find_circle(tiff)
        count = circle or len(tiff.pages)
        hidden = _find_hidden_stack(tiff) if count == 1 and not circle else None
        if hidden is not None:
            for pixels in hidden:
                yield from _attempt(functools.partial(_planes_of_page, tiff.pages[0], pixels))
            return
        yield from _read_pages(tiff, count, path)
        lost = find_lost_planes(tiff) if count == 1 else 0
        if circle or complaints or lost or not count:
            yield Plane(error=Unreadable(_describe_loss(count, circle, lost)))


def _read_pages(tiff: Any, count: int, path: str) -> Iterator[Plane]:
    images = [index for index in range(count) if not _is_beside_image(tiff, index)]
    for index in images or range(count):
        yield from _attempt(functools.partial(_read_page, tiff, index, path))


def _is_beside_image(tiff: Any, index: int) -> bool:
    """Whether a page is a thumbnail or a mask."""
    try:
        return bool(tiff.pages[index].keyframe.subfiletype & REDUCED_OR_MASK)
    except Exception:  # a page that is damaged gets its error when it is read
        return False


def _describe_loss(count: int, circle: int | None, lost: int) -> str:
    if not count:
        return "the file is damaged: no plane can be found in it."
    if lost:
        return f"the file is damaged: it is cut after the first of its {lost} planes."
    what = "was there before" if circle else "cannot be found"
    return f"the file is damaged: what comes after its plane {count - 1} {what}."


@contextlib.contextmanager
def _collect_complaints() -> Iterator[list[logging.LogRecord]]:
    """Collect what tifffile logs when it cannot find the next page; it raises nothing and ends with those before."""
    complaints: list[logging.LogRecord] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "TiffPages" in record.getMessage():
                complaints.append(record)

    handler, logger = Collector(), logging.getLogger("tifffile")
    logger.addHandler(handler)
    try:
        yield complaints
    finally:
        logger.removeHandler(handler)


def _find_hidden_stack(tiff: Any) -> np.ndarray | None:
    """Planes that follow the only page without pages of their own, as ImageJ writes above 4 GB; None if there are none.

    OME-TIFF has none: there the series goes on in other files, which are rated by themselves.
    """
    page, series = tiff.pages[0], None if tiff.is_ome else tiff.series[0]
    if series is None or series.size <= page.size or series.size % page.size:
        return None
    return series.asarray(out="memmap").reshape((-1,) + page.shaped)


def _read_page(tiff: Any, index: int, path: str) -> list[Plane]:
    page = tiff.pages[index]
    check_pixels(page)
    try:
        pixels = page.asarray(maxworkers=1)
    except ValueError as error:
        if "imagecodecs" not in str(error) or page.keyframe.photometric not in GRAY_TIFF + COLOR_TIFF:
            raise
        pixels = _read_with_pillow(path, index)
    return _planes_of_page(page, pixels)


def _read_with_pillow(path: str, index: int) -> np.ndarray:
    """Read a page with a compression, such as LZW, for which tifffile needs imagecodecs, a large package."""
    from PIL import Image

    with Image.open(path, formats=FORMATS) as picture:
        picture.seek(index)
        return np.asarray(picture)


def _planes_of_page(page: Any, pixels: np.ndarray) -> list[Plane]:
    """The planes of a page; each of its samples is a channel, unless they are the colors of a picture."""
    keyframe = page.keyframe
    if keyframe.photometric in PALETTE_TIFF:
        return [Plane(_take_gray(np.asarray(keyframe.colormap)[:, pixels.reshape(pixels.shape[-2:])]))]
    separate, depth, rows, columns, together = keyframe.shaped
    samples = pixels.reshape(keyframe.shaped).transpose(1, 0, 4, 2, 3).reshape(depth, -1, rows, columns)
    if keyframe.photometric not in GRAY_TIFF + GRAY_DOWN_TIFF:
        return [Plane(_take_gray(channels, keyframe.photometric in COLOR_TIFF)) for channels in samples]
    alphas = sum(kind in ALPHA for kind in keyframe.extrasamples or ())
    planes = samples[:, : separate * together - alphas].reshape(-1, rows, columns)
    return [Plane(plane) for plane in (_turn_light(planes) if keyframe.photometric in GRAY_DOWN_TIFF else planes)]


def _turn_light(planes: np.ndarray) -> np.ndarray:
    """Planes whose largest number was black, with white as the largest."""
    return np.invert(planes) if planes.dtype.kind in "bu" else -planes
