"""Damage to image files that tifffile and Pillow miss, or at which they would ask for all the memory there is.

Pages and files are those of tifffile, whose types are not imported here.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import Any

SPARE_BYTES = 1 << 26  # what a strip may hold beyond its pixels before it is an error
# Bytes of pixels in a byte of the file: LZW's longest strings; Deflate reaches 1032, JPEG and PackBits less.
DENSEST = 1400
DEFLATE = (8, 32946)  # tag 259
BOUNDED = (5, 7, 8, 32773, 32946)  # tag 259: those whose density is at most DENSEST
FEWEST_BITS = {"1": 1, "P": 1, "L": 2}  # of a pixel in a PNG, by Pillow's mode; in the others it has at least 8
HEADER = 8  # bytes at the start of a TIFF that are no pixels


class Damaged(ValueError):
    """A file that lacks what its header promises."""


def check_pixels(page: Any) -> None:
    """Check that a file can hold the pixels that a page promises, before memory is taken for them.

    Parameters
    ----------
    page : tifffile.TiffPage or TiffFrame

    Raises
    ------
    Damaged
        If it cannot.
    """
    keyframe, size = page.keyframe, page.parent.filehandle.size
    count = _product(keyframe.shaped)
    if not count:
        raise Damaged("its header tells of no pixels.")
    if keyframe.dtype is None:
        return  # tifffile refuses it and says which kind of numbers it has
    needed = -(-count * keyframe.bitspersample // 8)
    if keyframe.is_contiguous:  # the sizes of strips are not needed then; some programs write wrong ones
        first = page.dataoffsets[0]
        _check_room(needed, size - first if first >= HEADER else 0)
        return
    _check_segments(page, keyframe, size)
    if keyframe.compression in BOUNDED:
        _check_room(needed, size * DENSEST)
    if keyframe.compression in DEFLATE:
        _check_deflated(page, _product(keyframe.chunks) * keyframe.dtype.itemsize)


def _product(lengths: Iterable[int]) -> int:
    product = 1  # Python's integers do not overflow as NumPy's would
    for length in lengths:
        product *= length
    return product


def _check_room(needed: int, room: int) -> None:
    if needed > room:
        raise Damaged(
            f"it is cut, or its header is damaged: there is no room in it for the {needed} bytes of its pixels."
        )


def _check_segments(page: Any, keyframe: Any, size: int) -> None:
    """Check strips and tiles; those that are not listed or empty would be read as blank."""
    expected, sizes = _product(keyframe.chunked), page.databytecounts
    listed = min(len(page.dataoffsets), len(sizes))
    if listed < expected:
        raise Damaged(f"{int(expected - listed)} of the {expected} strips or tiles of its pixels are missing.")
    if not any(sizes):
        raise Damaged("all its strips or tiles are empty.")
    if max(sizes) > size:
        raise Damaged(
            f"it is cut, or its header is damaged: a strip or tile has {int(max(sizes))} bytes, the file {int(size)}."
        )


def _check_deflated(page: Any, expected: int) -> None:
    """Check how much strips inflate to. tifffile sets no limit where it uses Python's zlib for want of imagecodecs."""
    file = page.parent.filehandle
    for offset, count in zip(page.dataoffsets, page.databytecounts):
        if count * DENSEST > expected + SPARE_BYTES:
            file.seek(offset)
            limit = expected + SPARE_BYTES
            if len(zlib.decompressobj().decompress(file.read(count), limit)) == limit:
                raise Damaged(f"a strip or tile holds more than its {expected} bytes of pixels.")


def check_picture(picture: Any, size: int) -> None:
    """Check that a PNG or JPEG file can hold its pixels, before memory is taken for them.

    Parameters
    ----------
    picture : PIL.Image.Image
        Opened, but not loaded.
    size : int
        Of the file, in bytes.

    Raises
    ------
    Damaged
        If it cannot.
    """
    width, height = picture.size
    _check_room(width * height * FEWEST_BITS.get(picture.mode, 8) // 8, size * DENSEST)


def find_circle(tiff: Any) -> int | None:
    """Find out whether the chain of pages of a tifffile.TiffFile comes back to one of them.

    tifffile notices circles of fewer than 100 pages only. In others it goes round until the memory is full.

    Returns
    -------
    int or None
        Number of pages before that; None if the chain ends.
    """
    words, file, seen = tiff.tiff, tiff.filehandle, set()
    try:
        offset = tiff.pages[0].offset
    except IndexError:  # the file has no page
        return None
    while offset and offset not in seen:  # 0 ends the chain
        seen.add(offset)
        try:
            file.seek(offset)
            (tags,) = struct.unpack(words.tagnoformat, file.read(words.tagnosize))
            file.seek(offset + words.tagnosize + tags * words.tagsize)
            (offset,) = struct.unpack(words.offsetformat, file.read(words.offsetsize))
        except (struct.error, OSError, ValueError, OverflowError):  # the offset is beyond the file
            return None
    return len(seen) if offset else None


def find_lost_planes(tiff: Any) -> int:
    """Number of planes in ImageJ's description, if they should follow the only page and are cut; else 0."""
    page, planes = tiff.pages[0], int((tiff.imagej_metadata or {}).get("images", 1))
    if planes < 2 or not page.is_contiguous:
        return 0
    after = tiff.filehandle.size - page.dataoffsets[0] - page.nbytes
    # Other programs copy the description to a page that they take out of a stack. Then nothing follows its pixels, or
    # its header does.
    return planes if after > 0 and page.offset < page.dataoffsets[0] else 0
