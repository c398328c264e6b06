"""Whether an image file is there to its end.

CellProfiler reads a TIFF of which the end is missing, as a copy that broke off leaves it, without a word: what is
missing is black, and is measured so.
"""

import os
import struct

FORMATS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # TIFF types that offsets and counts come in
# Of strips and of tiles the offsets and byte counts; width, height, bits, compression, samples, rows in a strip,
# planes.
TAGS = {273, 279, 324, 325, 256, 257, 258, 259, 277, 278, 284}
PNG = b"\x89PNG\r\n\x1a\n"


def what_is_missing(path):
    """What is wrong with a file, or None; of formats other than TIFF and PNG only whether it is there and not empty."""
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            end = _end_of(file, size)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    except (struct.error, LookupError, ValueError, ArithmeticError):
        return f"{path} is cut off or damaged: its TIFF directory leads nowhere"
    if size == 0:
        return f"{path} is empty"
    return f"{path} is cut off: it has {size} bytes and needs {end}" if end > size else None


def _end_of(file, size):
    """How long the file must be, at least."""
    head = file.read(8)
    if head == PNG:
        file.seek(-min(12, size), os.SEEK_END)
        return size + (file.read()[4:8] != b"IEND")  # the last piece of each PNG
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return max(_ends_in_tiff(file, "<" if head[:2] == b"II" else ">", big=43 in head[2:4]))
    return 0


def _ends_in_tiff(file, order, big):
    yield 0
    width, seen = ("Q", 8) if big else ("I", 4), set()
    file.seek(8 if big else 4)
    (place,) = _read(file, order + width[0])
    while place and place not in seen:
        seen.add(place)
        file.seek(place)
        (count,) = _read(file, order + ("Q" if big else "H"))
        entries = [_read(file, f"{order}HH{width[0]}{width[1]}s") for _ in range(count)]
        (place,) = _read(file, order + width[0])
        tags = {entry[0]: _values(file, order, *entry[1:]) for entry in entries if entry[0] in TAGS}
        if 273 in tags and 279 in tags:
            yield from map(sum, zip(tags[273], _bytes_of_strips(tags)))
        if 324 in tags and 325 in tags:
            yield from map(sum, zip(tags[324], tags[325]))


def _bytes_of_strips(tags):
    """Byte counts of strips; of plain pixels no more than the rows need, as some programs write too large counts."""
    if tags.get(259, (1,))[0] != 1:
        return tags[279]
    width, height, bits = tags[256][0], tags[257][0], tags.get(258, (1,))[0]
    samples = tags.get(277, (1,))[0] if tags.get(284, (1,))[0] == 1 else 1
    rows = min(tags.get(278, (height,))[0], height)
    row, strips = (width * bits * samples + 7) // 8, -(-height // rows)
    last = height - (strips - 1) * rows
    return [min(n, row * (rows if (place + 1) % strips else last)) for place, n in enumerate(tags[279])]


def _values(file, order, kind, length, value):
    """Numbers of a tag: in its entry if they fit, else where that points to."""
    if not length:
        raise struct.error("no number")
    layout = f"{order}{length}{FORMATS[kind]}"
    if struct.calcsize(layout) <= len(value):
        return struct.unpack(layout, value[: struct.calcsize(layout)])
    file.seek(struct.unpack(order + {4: "I", 8: "Q"}[len(value)], value)[0])
    return _read(file, layout)


def _read(file, layout):
    length = struct.calcsize(layout)
    if length > os.fstat(file.fileno()).st_size:  # before memory is taken for it
        raise struct.error("more numbers than the file has bytes")
    return struct.unpack(layout, file.read(length))
