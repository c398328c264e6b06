"""What is wrong with an image file, where tifffile and Pillow would pass over it or ask for all the memory there is."""

import struct
import zlib

SPARE_BYTES = 1 << 26  # what a strip may hold beyond its pixels before it is looked at
# Bytes of pixels in a byte of the file: LZW's longest strings; Deflate reaches 1032, JPEG and PackBits less.
DENSEST = 1400
DEFLATE = (8, 32946)  # tag 259
BOUNDED = (5, 7, 8, 32773, 32946)  # tag 259: those whose density is at most DENSEST
FEWEST_BITS = {"1": 1, "P": 1, "L": 2}  # of a pixel in a PNG, by Pillow's mode; in the others it has at least 8
HEADER = 8  # bytes at the start of a TIFF that are no pixels


class Damaged(ValueError):
    """A file that lacks what its header promises."""


def check_pixels(page):
    """Raise Damaged if a file cannot hold the pixels that a page promises, before memory is taken for them.

    Parameters
    ----------
    page : tifffile.TiffPage or TiffFrame
    """
    keyframe, size = page.keyframe, page.parent.filehandle.size
    count = _product(keyframe.shaped)
    if not count:
        raise Damaged("its header tells of no pixels.")
    if keyframe.dtype is None:
        return  # tifffile says of which kind
    needed = -(-count * keyframe.bitspersample // 8)
    if keyframe.is_contiguous:  # then the sizes of strips do not count; those of some programs are wrong
        first = page.dataoffsets[0]
        _check_room(needed, size - first if first >= HEADER else 0)
        return
    _check_segments(page, keyframe, size)
    if keyframe.compression in BOUNDED:
        _check_room(needed, size * DENSEST)
    if keyframe.compression in DEFLATE:
        _check_deflated(page, _product(keyframe.chunks) * keyframe.dtype.itemsize)


def _product(lengths):
    product = 1  # in Python's numbers, which do not overflow
    for length in lengths:
        product *= length
    return product


def _check_room(needed, room):
    if needed > room:
        raise Damaged(
            f"it is cut, or its header is damaged: there is no room in it for the {needed} bytes of its pixels."
        )


def _check_segments(page, keyframe, size):
    """Strips or tiles that are not listed, or all of which are empty, would be rated as blank."""
    expected, sizes = _product(keyframe.chunked), page.databytecounts
    listed = min(len(page.dataoffsets), len(sizes))
    if listed < expected:
        raise Damaged(f"{int(expected - listed)} of the {expected} strips or tiles of its pixels are missing.")
    if not any(sizes):
        raise Damaged("all its strips or tiles are empty.")
    if max(sizes) > size:
        told = "it is cut, or its header is damaged: a strip or tile has %d bytes, the file %d."
        raise Damaged(told % (max(sizes), size))


def _check_deflated(page, expected):
    """Python's zlib, which tifffile uses where imagecodecs is missing, would inflate without an end."""
    file = page.parent.filehandle
    for offset, count in zip(page.dataoffsets, page.databytecounts):
        if count * DENSEST > expected + SPARE_BYTES:
            file.seek(offset)
            limit = expected + SPARE_BYTES
            if len(zlib.decompressobj().decompress(file.read(count), limit)) == limit:
                raise Damaged(f"a strip or tile holds more than its {expected} bytes of pixels.")


def check_picture(picture, size):
    """Raise Damaged if a file of `size` bytes cannot hold the pixels of a PNG or JPEG that Pillow has opened."""
    width, height = picture.size
    _check_room(width * height * FEWEST_BITS.get(picture.mode, 8) // 8, size * DENSEST)


def find_circle(tiff):
    """Number of pages before the chain of pages comes back to one of them; None if it does not.

    tifffile sees circles of fewer than 100 pages alone, and goes round in the others until the memory is full.
    """
    words, file, seen = tiff.tiff, tiff.filehandle, set()
    try:
        offset = tiff.pages[0].offset
    except IndexError:  # not even that is in the file
        return None
    while offset and offset not in seen:  # 0 ends the chain
        seen.add(offset)
        try:
            file.seek(offset)
            (tags,) = struct.unpack(words.tagnoformat, file.read(words.tagnosize))
            file.seek(offset + words.tagnosize + tags * words.tagsize)
            (offset,) = struct.unpack(words.offsetformat, file.read(words.offsetsize))
        except (struct.error, OSError, ValueError, OverflowError):  # beyond the file
            return None
    return len(seen) if offset else None


def find_lost_planes(tiff):
    """Number of planes in ImageJ's description, if they followed the only page and are cut; else 0."""
    page, planes = tiff.pages[0], int((tiff.imagej_metadata or {}).get("images", 1))
    if planes < 2 or not page.is_contiguous:
        return 0
    after = tiff.filehandle.size - page.dataoffsets[0] - page.nbytes
    # Other programs copy the description to a page that they take out of a stack; nothing follows its pixels then, or
    # the header does.
    return planes if after > 0 and page.offset < page.dataoffsets[0] else 0
