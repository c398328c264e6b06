"""The pictures of the worst and the most uncertain images."""

import base64
import io
import re

import numpy as np

from helpers.made_reports import BLANK, image_set, many_rows, rated_file, report_of, write_images
from helpers.report_pages import Elements


def pictures_of(page):
    """Names under the pictures of the worst and of the most uncertain images, and the pictures."""
    from PIL import Image

    section = page[page.index('id="thumbnails"') :]
    names = [re.findall(r'class="file">([^<]*)<', part) for part in section.split("<h3>")[1:]]
    pictures = re.findall(r'src="data:image/jpeg;base64,([^"]*)"', section)
    return names, [Image.open(io.BytesIO(base64.b64decode(text))) for text in pictures]


def test_the_worst_and_the_most_uncertain_are_shown_and_blank_ones_last(tmp_path):
    write_images(tmp_path, 16)
    rows = [rated_file("A01_s0.tif", BLANK, str(tmp_path))]
    rows += [rated_file(f"A01_s{n}.tif", (n // 2, n / 2, 0.1 + n / 100, 0.9), str(tmp_path)) for n in range(1, 16)]
    (worst, uncertain), pictures = pictures_of(report_of(tmp_path, rows)[0])
    assert worst == [f"A01_s{number}.tif" for number in range(15, 9, -1)]
    assert uncertain == [f"A01_s{number}.tif" for number in range(1, 7)]
    assert len(pictures) == 24 and {picture.size for picture in pictures} == {(360, 288)}


def test_a_picture_has_the_overlay_in_both_palettes(tmp_path, nuclei):
    import tifffile

    tifffile.imwrite(str(tmp_path / "A01_s1.tif"), (nuclei[:336, :336] * 4000).astype(np.uint16))
    _, pictures = pictures_of(report_of(tmp_path, [rated_file("A01_s1.tif", folder=str(tmp_path))])[0])
    hue, blue_to_orange = (np.asarray(picture, float) for picture in pictures)
    edge = hue[:, 1].mean(axis=0)  # inside the border at the left
    assert edge[2] > 1.5 * edge[0], "in-focus nuclei have a blue border"
    assert abs(hue - blue_to_orange).max() > 50


def test_a_volumes_picture_is_the_plane_that_was_measured(tmp_path, nuclei):
    import tifffile

    stack = np.random.default_rng(0).integers(0, 4000, (3, 336, 336)).astype(np.uint16)
    stack[2] = nuclei[:336, :336] * 4000
    tifffile.imwrite(str(tmp_path / "v.tif"), stack, photometric="minisblack")
    tifffile.imwrite(str(tmp_path / "plane.tif"), stack[2])
    volume = image_set(1, FileName_DNA="v.tif", Frame_DNA=1, ImageFocus_BestPlane_DNA=2, dna_1=("",) * 4)
    plane = image_set(1, FileName_DNA="plane.tif", dna_1=("",) * 4)
    (names, drawn), (_, expected) = (pictures_of(report_of(tmp_path, [row])[0]) for row in (volume, plane))
    assert names == [["v.tif, plane 2"]] and len(drawn) == 2
    assert all((np.asarray(a) == np.asarray(b)).all() for a, b in zip(drawn, expected))


def test_borders_leave_a_small_picture_to_be_seen(tmp_path, nuclei):
    import tifffile

    tifffile.imwrite(str(tmp_path / "A01_s1.tif"), (nuclei[:133, :133] * 4000).astype(np.uint16))
    _, pictures = pictures_of(report_of(tmp_path, [rated_file("A01_s1.tif", folder=str(tmp_path))])[0])
    colored = np.ptp(np.asarray(pictures[0], int), axis=2) > 60
    assert pictures[0].size == (360, 360) and 0.01 < colored.mean() < 0.07


def test_images_beside_the_table_are_found_if_they_moved_with_it(tmp_path):
    write_images(tmp_path, 2)
    page, notes = report_of(tmp_path, [rated_file("A01_s1.tif", folder="/elsewhere")])
    assert len(pictures_of(page)[1]) == 2 and "thumbnail" not in " ".join(notes)


def test_images_moved_away_leave_a_report_that_says_so(tmp_path):
    page, notes = report_of(tmp_path, [rated_file("A01_s1.tif", folder="/elsewhere")])
    assert pictures_of(page)[1] == []
    assert "1 of the 1 images to show have no thumbnail; the first: there is no file /elsewhere/A01_s1.tif" in notes[-1]
    assert notes[-1] in Elements(page).shown


def test_an_image_that_cannot_be_read_any_more_leaves_a_report(tmp_path):
    (tmp_path / "A01_s1.tif").write_bytes(b"II*\0 and no more")
    _, notes = report_of(tmp_path, [rated_file("A01_s1.tif", folder=str(tmp_path))])
    assert "no thumbnail; the first: A01_s1.tif: the file is damaged" in notes[-1]


def test_ten_thousand_images_with_pictures_fit_in_5_megabytes(tmp_path):
    write_images(tmp_path, 12)
    rows = list(many_rows(10000))
    extremes = [(9, 9.9, 0.5, 0.9)] * 6 + [(1, 1.0, 0.0, 0.9)] * 6
    rows[:12] = [rated_file(f"A01_s{n}.tif", values, str(tmp_path)) for n, values in enumerate(extremes)]
    page, _ = report_of(tmp_path, rows)
    assert len(pictures_of(page)[1]) == 24
    assert len(page.encode()) < 5e6
