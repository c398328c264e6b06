"""Find image files, and read their planes one at a time, so that memory does not grow with a stack."""

import contextlib
import glob
import logging
import os
import stat
import struct

import numpy as np

from .damage import check_picture, check_pixels, find_circle, find_lost_planes

ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg")  # of the files that are taken from a folder
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two of files above 4 GB
PICTURE_STARTS = (b"\x89PNG", b"\xff\xd8\xff")
FORMATS = ("PNG", "JPEG", "TIFF")  # of the many that Pillow reads, whatever a file is called
GRAY_TIFF, GRAY_DOWN_TIFF, COLOR_TIFF, PALETTE_TIFF = (1,), (0,), (2, 6), (3,)  # tag 262; gray "down" has white as 0
ALPHA = (1, 2)  # tag 338: a sample that is no light
REDUCED_OR_MASK = 1 | 4  # tag 254: a thumbnail or a mask beside the image


class Unreadable(ValueError):
    """A file, or a plane of it, that is no grayscale image."""


def find_images(inputs, left_out, warn):
    """List the files that files, folders and patterns stand for, each once, in order; sorted within a folder.

    Parameters
    ----------
    inputs : sequence of str
        A file is taken whatever its name; a folder, searched with those below, gives the files that end as images do.
    left_out : str
        A folder not to search.
    warn : callable
        Told a line about each folder that cannot be listed, and each pattern that matches nothing.

    Returns
    -------
    list of str
        Absolute paths. A file that was named is among them even if it does not exist.
    """
    seen_folders = {os.path.realpath(left_out)}
    paths = {}
    for name in inputs:
        found = [name] if os.path.lexists(name) else sorted(glob.glob(name, recursive=True))
        by_pattern = found != [name]
        if not found and glob.has_magic(name):
            warn(f"the pattern {name} matches no file.")
            continue
        for path in found or [name]:
            if os.path.isdir(path):
                paths.update((inside, None) for inside in _search(path, seen_folders, warn))
            elif not (found and by_pattern) or _looks_like_image(path):
                paths[os.path.abspath(path)] = None
    return list(paths)


def _looks_like_image(path):
    name = os.path.basename(path)
    return name.lower().endswith(ENDINGS) and not name.startswith(".")  # "._x.tif" is what macOS leaves beside x.tif


def _search(folder, seen, warn):
    """Paths of the images below a folder; `seen` keeps links to folders from leading round in circles."""
    for parent, folders, names in os.walk(os.path.abspath(folder), onerror=_warner(warn), followlinks=True):
        real = os.path.realpath(parent)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if real not in seen else []
        if real not in seen:
            yield from (os.path.join(parent, name) for name in sorted(names) if _looks_like_image(name))
        seen.add(real)


def _warner(warn):
    return lambda error: warn(f"the folder {error.filename} is skipped: {error.strerror}.")


def read_planes(path):
    """Read the planes of a TIFF, PNG or JPEG file in the order of the file.

    Yields
    ------
    (rows, columns) array, or the Unreadable that says why a plane is none

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
        yield from _attempt(_read_tiff, path)
    elif start.startswith(PICTURE_STARTS):
        yield from _attempt(_read_picture, path)
    else:
        raise Unreadable("it is empty." if not start else "it is no TIFF, PNG or JPEG file.")


def _attempt(read, *arguments):
    """What is read, and at its end what went wrong, if anything did."""
    try:
        yield from read(*arguments)
    except MemoryError:
        raise
    except Exception as error:  # libraries raise all kinds on damaged files
        yield error if isinstance(error, Unreadable) else Unreadable(_explain(error))


def _explain(error):
    """What a library says of a file; where it stumbled over the file, its words mean nothing to the file's owner alone."""
    stumbled = isinstance(error, (LookupError, TypeError, AttributeError, ArithmeticError, NameError, struct.error))
    return f"it cannot be read: {(f'it is damaged, or of an unknown kind ({error!r}).' if stumbled else error)}"


def _read_picture(path):
    return [_picture_plane(path)]


def _picture_plane(path):
    from PIL import Image

    with Image.open(path, formats=FORMATS) as picture:
        check_picture(picture, os.path.getsize(path))
        picture.verify()  # by a PNG's checksums; those of pixels are not looked at otherwise
    with Image.open(path, formats=FORMATS) as picture:
        if picture.mode == "P":
            picture = picture.convert("RGB")  # the numbers of colors in a palette are no light
        pixels = np.asarray(picture)
        if picture.mode in ("LA", "La"):
            return pixels[..., 0]
        if pixels.ndim == 2:
            return pixels
        return _gray_of_colors(pixels.transpose(2, 0, 1), "RGB" in picture.mode)


def _gray_of_colors(channels, is_rgb=True):
    """The plane of a picture in color, (channels, rows, columns), whose first three are equal."""
    if not is_rgb or len(channels) < 3 or (channels[1:3] != channels[0]).any():
        raise Unreadable("it is in color. Save each channel as a grayscale image of its own.")
    return channels[0]


def _read_tiff(path):
    import tifffile

    with _broken_chain() as complaints, tifffile.TiffFile(path) as tiff:
        circle = find_circle(tiff)
        count = circle or len(tiff.pages)
        hidden = _hidden_stack(tiff) if count == 1 and not circle else None
        if hidden is not None:
            for pixels in hidden:
                yield from _attempt(_planes_of_page, tiff.pages[0], pixels)
        else:
            images = [index for index in range(count) if not _is_beside_image(tiff, index)]
            for index in images or range(count):
                yield from _attempt(_read_page, tiff, index, path)
            lost = find_lost_planes(tiff) if count == 1 else 0
            if circle or complaints or lost or not count:
                yield Unreadable(_tell_what_is_lost(count, circle, lost))


def _is_beside_image(tiff, index):
    try:
        return bool(tiff.pages[index].keyframe.subfiletype & REDUCED_OR_MASK)
    except Exception:  # what is wrong with the page is told when it is read
        return False


def _tell_what_is_lost(count, circle, lost):
    if not count:
        return "the file is damaged: no plane can be found in it."
    if lost:
        return f"the file is damaged: it is cut after the first of its {int(lost)} planes."
    what = "was there before" if circle else "cannot be found"
    return f"the file is damaged: what comes after its plane {int(count - 1)} {what}."


@contextlib.contextmanager
def _broken_chain():
    """List of tifffile's complaints that it cannot find the next page; it logs them and goes on with those before."""
    complaints = []
    handler = logging.Handler()
    handler.emit = lambda record: complaints.extend([record] * ("TiffPages" in record.getMessage()))
    logger = logging.getLogger("tifffile")
    logger.addHandler(handler)
    try:
        yield complaints
    finally:
        logger.removeHandler(handler)


def _hidden_stack(tiff):
    """Planes that follow the only page without pages of their own, as ImageJ has them above 4 GB; None if there are none.

    OME-TIFF is left out: there the series goes on in other files, which are rated by themselves.
    """
    page, series = tiff.pages[0], None if tiff.is_ome else tiff.series[0]
    if series is None or series.size <= page.size or series.size % page.size:
        return None
    return series.asarray(out="memmap").reshape((-1,) + page.shaped)


def _read_page(tiff, index, path):
    page = tiff.pages[index]
    check_pixels(page)
    try:
        pixels = page.asarray(maxworkers=1)
    except ValueError as error:
        if "imagecodecs" not in str(error) or page.keyframe.photometric not in GRAY_TIFF + COLOR_TIFF:
            raise
        pixels = _read_with_pillow(path, index)
    return _planes_of_page(page, pixels)


def _read_with_pillow(path, index):
    """A page whose compression, LZW for one, tifffile alone does not know; its codecs weigh more than all the rest."""
    from PIL import Image

    with Image.open(path, formats=FORMATS) as picture:
        picture.seek(index)
        return np.asarray(picture)


def _planes_of_page(page, pixels):
    """List of the planes of a page; its samples are channels unless they are the colors of a picture."""
    keyframe = page.keyframe
    if keyframe.photometric in PALETTE_TIFF:
        return [_gray_of_colors(np.asarray(keyframe.colormap)[:, pixels.reshape(pixels.shape[-2:])])]
    separate, depth, rows, columns, together = keyframe.shaped
    samples = pixels.reshape(keyframe.shaped).transpose(1, 0, 4, 2, 3).reshape(depth, -1, rows, columns)
    if keyframe.photometric not in GRAY_TIFF + GRAY_DOWN_TIFF:
        return [_gray_of_colors(channels, keyframe.photometric in COLOR_TIFF) for channels in samples]
    alphas = sum(kind in ALPHA for kind in keyframe.extrasamples or ())
    planes = samples[:, : separate * together - alphas].reshape(-1, rows, columns)
    return list(_upside_down(planes) if keyframe.photometric in GRAY_DOWN_TIFF else planes)


def _upside_down(planes):
    return np.invert(planes) if planes.dtype.kind in "bu" else -planes
