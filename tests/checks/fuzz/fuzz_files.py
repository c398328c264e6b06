"""Image files for check.py: some good, many damaged, the same at every run, and what `rate` may say of them.

TIFF has no checksums: with a byte changed among raw pixels it is another picture, and with one changed in its header it
may be another, too. No reader can tell, so such a file may be rated as what it shows now (UNSEEN). What a file says
that cannot be, such as pixels that it does not hold, must be refused or make no difference (SEEN), and so must any byte
changed in a PNG or among Deflate's pixels, which have checksums.
"""

import io
import json
import struct
import zipfile
import zlib
from collections import namedtuple

import numpy as np
import tifffile
from PIL import Image

REFUSED, SAME, OTHER = "refused", "rated as the good one", "rated otherwise"
SEEN, UNSEEN = {REFUSED, SAME}, {REFUSED, SAME, OTHER}
Case = namedtuple("Case", "name good data allowed")  # good: name of the file that it was made of, or None
LONG = "long.tif"  # tifffile by itself sees circles of fewer than 100 pages alone
OME = """<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels
ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="130" SizeY="100" SizeZ="1000000000" SizeC="1" SizeT="1">
<Channel ID="Channel:0:0"/><TiffData IFD="0" PlaneCount="1000000000"/></Pixels></Image></OME>"""


def scene(blur, dtype=np.uint16, shape=(100, 130)):
    """Specks that are blurred a number of times."""
    random = np.random.default_rng(blur)
    light = (random.random(shape) > 0.99).astype(float)
    for _ in range(blur):
        light = sum(np.roll(light, shift, axis) for shift in (-1, 0, 1) for axis in (0, 1)) / 6
    top = {"u1": 250, "u2": 4000, "f4": 1}[np.dtype(dtype).str[1:]]
    return (light / light.max() * top + random.random(shape) * top / 300).astype(dtype)


def write_tiff(planes, described=False, **options):
    """Bytes of a TIFF; one that is not described says nothing of its planes beside them."""
    file = io.BytesIO()
    writer = {name: options.pop(name) for name in ("bigtiff", "byteorder", "ome", "imagej") if name in options}
    with tifffile.TiffWriter(file, **writer) as pages:
        for plane in [planes] if described else planes:
            metadata = {"axes": "ZYX"} if described else None
            pages.write(plane, photometric="minisblack", contiguous=described, metadata=metadata, **options)
    return file.getvalue()


def write_picture(plane, kind, **options):
    file = io.BytesIO()
    Image.fromarray(plane).save(file, kind, **options)
    return file.getvalue()


def good_files():
    """Bytes by name."""
    stack, small = np.stack([scene(blur) for blur in (0, 2, 4)]), scene(1, np.uint8)
    imagej = write_tiff(stack, True, imagej=True)
    return {
        "strip8.tif": write_tiff([small]),
        "strips16.tif": write_tiff([scene(2)], rowsperstrip=16),
        "float.tif": write_tiff([scene(3, np.float32)], byteorder=">"),
        "tiles.tif": write_tiff([scene(1)], tile=(64, 64)),
        "deflate_tiles.tif": write_tiff([scene(0)], compression="zlib", tile=(64, 64)),
        "deflate_strips.tif": write_tiff([scene(2)], compression="zlib", rowsperstrip=30),
        "lzw.tif": write_picture(scene(1), "TIFF", compression="tiff_lzw"),
        "planes.tif": write_tiff(stack),
        "big.tif": write_tiff(stack, bigtiff=True),
        "ome.tif": write_tiff(stack, True, ome=True),
        "imagej.tif": link_page(imagej, 0, 0),  # as ImageJ writes above 4 GB: the other planes follow without pages
        LONG: write_tiff([small] * 300),
        "8.png": write_picture(small, "PNG"),
        "16.png": write_picture(scene(3), "PNG"),
        "gray.jpg": write_picture(small, "JPEG", quality=90),
        "progressive.jpg": write_picture(scene(0, np.uint8), "JPEG", progressive=True),
    }


def link_page(data, page, offset):
    """A TIFF in which another offset follows a page; 0 ends the file's chain of pages."""
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        words, header, data = tiff.tiff, tiff.pages[page], bytearray(data)
        place = header.offset + words.tagnosize + len(header.tags) * words.tagsize
        struct.pack_into(words.offsetformat, data, place, offset)
    return bytes(data)


def offset_of_page(data, page):
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        return tiff.pages[page].offset


def damaged_files(good, random):
    """Cases of regular files."""
    for name, data in ((name, data) for name, data in good.items() if name != LONG):
        base, _, ending = name.rpartition(".")
        for label, damaged, allowed in damage(name, data, random):
            yield Case(f"{base}-{label}.{ending}", name, damaged, allowed)
    for name, data in impostors(good).items():
        yield Case(name, None, data, {REFUSED})
    for name, (original, data) in bombs(good).items():
        yield Case(name, original, data, SEEN)


def damage(name, data, random):
    """(label, bytes, what is allowed) of one file, cut and changed in many places."""
    ends = [0, 1, 3, 4, 8, 9, 16, len(data) - 1, len(data) - 5]
    for end in ends + sorted(random.integers(20, len(data), 10).tolist()):
        yield f"cut{end}", data[:end], SEEN
    checked = checked_bytes(name, data)
    header = random.integers(0, min(len(data), 300), 12).tolist()
    count = 80 if name.endswith(".png") else 12  # most break a PNG's Deflate, too
    anywhere = random.integers(0, len(data), count).tolist()
    for place in header + anywhere:
        changed = data[:place] + bytes([data[place] ^ int(random.integers(1, 256))]) + data[place + 1 :]
        yield f"byte{place}", changed, {REFUSED} if place < 2 else SEEN if checked[place] else UNSEEN
    if name.endswith(".tif"):
        yield from damage_fields(name, data)


def checked_bytes(name, data):
    """For each byte whether it is under a checksum."""
    checked = np.full(len(data), name.endswith(".png"))
    if name.startswith("deflate"):
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            for offset, count in zip(tiff.pages[0].dataoffsets, tiff.pages[0].databytecounts):
                checked[offset : offset + count] = True
    return checked


def damage_fields(name, data):
    """The fields of the first page's header overwritten, one at a time."""
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        order, word = tiff.byteorder, "Q" if tiff.tiff.version == 43 else "I"
        tags = [(tag.code, tag.offset) for tag in tiff.pages[0].tags.values()]
    size = struct.calcsize(word)
    top = 2 ** (8 * size) - 1
    fields = {"kind": (2, "H", (0, 2, 5, 99)), "count": (4, word, (0, 2, 50_000, top // 2 + 1, top))}
    fields["value"] = (4 + size, word, (0, 1, 7, 300, 65_535, 10**6, top // 2, top))
    for code, offset in tags:
        for field, (place, form, values) in fields.items():
            for value in values:
                changed = bytearray(data)
                struct.pack_into(order + form, changed, offset + place, value)
                yield f"{code}{field}{value}", bytes(changed), may_be(code, field, value)


def may_be(code, field, value):
    """A width, a height, or a place of pixels that is far outside the file must be noticed; the rest may make sense."""
    impossible = code in (256, 257, 273, 324) and field == "value" and value >= 10**6
    return SEEN if impossible else UNSEEN


def impostors(good):
    """Other things that are called TIFF, PNG or JPEG, by name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("strip8.tif", good["strip8.tif"])
    texts = {"zip": archive.getvalue(), "text": b"Well,Score\nA01,3\n", "html": b"<!DOCTYPE html><title>404</title>"}
    texts.update(pdf=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", zeros=bytes(5000), gif=b"GIF89a\x01\0\x01\0\0\0\0;")
    texts.update(magic=b"II\x2b\x2a" + good["strip8.tif"][4:], header=b"II*\0", chain=b"II*\0" + b"\xff" * 4)
    texts.update(
        no_pages=b"MM\0*\0\0\0\0", no_tags=b"II*\0\x08\0\0\0" + bytes(6), many_tags=b"II*\0\x08\0\0\0" + b"\xff" * 600
    )
    return {f"impostor-{text}.{ending}": data for text, data in texts.items() for ending in ("tif", "png", "jpg")}


def bombs(good):
    """(name of the good file, bytes) by name: chains of pages that go round, and files that claim endless pixels."""
    cases = {}
    for name, last, target in [
        ("strip8", 0, 0),
        ("lzw", 0, 0),
        ("planes", 2, 2),
        ("planes", 1, 0),
        ("big", 2, 1),
        ("ome", 2, 0),
    ]:
        data = good[name + ".tif"]
        cases[f"circle-{name}-{last}-{target}.tif"] = (
            name + ".tif",
            link_page(data, last, offset_of_page(data, target)),
        )
    cases["circle-of-200.tif"] = LONG, link_page(good[LONG], 299, offset_of_page(good[LONG], 100))
    cases["beyond.tif"] = "planes.tif", link_page(good["planes.tif"], 1, 2**32 - 2)
    cases.update((f"inflates-{size}.tif", (None, inflating(size))) for size in (10**8, 4 * 10**8))
    for depth, side in [(8, 9000), (16, 9000), (16, 13_000), (8, 2**31 - 1)]:
        cases[f"large-{depth}-{side}.png"] = None, large_png(good["8.png"], depth, side)
    for side in (9000, 13_000, 65_500):
        cases[f"large-{side}.jpg"] = None, large_jpeg(good["gray.jpg"], side)
    for kind, text in [("imagej", "ImageJ=1.53\nimages=1000000\nslices=1000000\n"), ("ome", OME)]:
        cases[f"described-{kind}.tif"] = "strip8.tif", write_tiff([scene(1, np.uint8)], description=text)
    text = json.dumps({"shape": [10**6, 100, 130]})
    cases["described-shape.tif"] = "strip8.tif", write_tiff([scene(1, np.uint8)], description=text)
    return cases


def inflating(size):
    """A Deflate TIFF of 100 x 130 bytes whose only strip inflates to `size` zeros."""
    pack, data = zlib.compressobj(9), bytearray(write_tiff([scene(0, np.uint8)], compression="zlib", rowsperstrip=100))
    strip = b"".join([pack.compress(bytes(10**6)) for _ in range(size // 10**6)] + [pack.flush()])
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as tiff:
        tags = tiff.pages[0].tags
    for code, value in ((273, len(data)), (279, len(strip))):
        struct.pack_into("<HII", data, tags[code].offset + 2, 4, 1, value)
    return bytes(data) + strip


def large_png(data, depth, side):
    """A PNG, header intact, that claims more pixels than it holds."""
    header = b"IHDR" + struct.pack(">IIB", side, side, depth) + data[25:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


def large_jpeg(data, side):
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", side, side) + data[place + 4 :]
