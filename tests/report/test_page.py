"""The report's page: what it holds, that a file's name stays a name, its pictures and its size."""

import base64
import hashlib
import html.parser
import io
import json
import re
import zlib

import numpy as np

from helpers.made_reports import BLANK, image_set, rated_file, report_of, write_csv
from imagefocus.network.engines import load_weights
from imagefocus.overlay import PALETTES, border_colors
from imagefocus.report import write_report
from imagefocus.report.page_data import COLOR_STEPS
from imagefocus.screens.wells import well_name

# What stands in the page


class Elements(html.parser.HTMLParser):
    """Start tags with their attributes, the text of scripts, and the text that is shown."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.scripts, self.shown = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, text):
        if self.cdata_elem == "script":
            self.scripts[-1] += text
        elif self.cdata_elem is None:
            self.shown += text


def data_of(page):
    return json.loads(zlib.decompress(base64.b64decode(Elements(page).scripts[0])))


def test_names_from_files_are_never_markup(tmp_path):
    evil = '</script><script>alert(1)</script><img src=x onerror=alert(2)>"&'
    rows = [image_set(1, well=evil, Metadata_Plate=evil, Metadata_Site=evil, FileName_DNA=evil, dna=("x" + evil,) * 4)]
    rows.append({**image_set(2), "FileName_DNA": evil + "2"})
    page, notes = report_of(tmp_path, rows)
    elements = Elements(page)
    assert [tag for tag, _ in elements.tags].count("script") == 2
    assert not [tag for tag, attributes in elements.tags if tag == "img" and not attributes["src"].startswith("data:")]
    assert not [name for _, attributes in elements.tags for name in attributes if name.startswith("on")]
    assert data_of(page)["load"]["Image_FileName_DNA"]["texts"] == [evil, evil + "2"]
    assert evil in elements.shown


def test_a_file_name_in_the_pages_title_is_escaped_too(tmp_path):
    path = write_csv(tmp_path / "<b>&Image.csv", [image_set(1)])
    write_report(path, str(tmp_path / "report.html"))
    assert "<title>Focus of &lt;b&gt;&amp;Image.csv</title>" in (tmp_path / "report.html").read_text()


def test_only_the_pages_own_script_may_run_and_nothing_is_loaded(tmp_path):
    page, _ = report_of(tmp_path, [image_set(1)])
    elements = Elements(page)
    policy = next(attributes["content"] for _, attributes in elements.tags if "http-equiv" in attributes)
    own = base64.b64encode(hashlib.sha256(elements.scripts[1].encode()).digest()).decode()
    assert "default-src 'none'" in policy and f"script-src 'sha256-{own}'" in policy
    assert set(re.findall(r"https?://[^\"' ]*", page)) == {"http://www.w3.org/2000/svg"}  # a name, no address
    assert not [tag for tag, _ in elements.tags if tag == "link"]


def test_every_control_has_a_label(tmp_path):
    page, _ = report_of(tmp_path, [image_set(1)])
    controls = re.findall(r"(<label>[^<]*)?\s*<(?:input|select)([^>]*)>", page)
    assert len(controls) == 7
    assert all(label or "aria-label=" in attributes for label, attributes in controls)


def test_numbers_reach_the_page_on_their_side_of_the_limit(tmp_path):
    limit = load_weights().in_focus_limit
    above, below = limit + 2e-6, 0.05 - 1e-6
    page, _ = report_of(tmp_path, [image_set(1, dna=(2, above, 0.5, below))])
    data = data_of(page)
    channel = data["channels"][0]
    assert data["limit"] == limit < channel["ExpectedScore"][0]
    assert channel["CertainFraction"][0] < data["blank"] == 0.05


def test_the_plates_have_the_colors_of_the_overlays(tmp_path):
    colors = data_of(report_of(tmp_path, [image_set(1)])[0])["palettes"]
    assert tuple(colors) == PALETTES
    for palette in PALETTES:
        for row, column in ((0, 50), (20, 50), (40, 50), (10, 20), (30, 10), (10, 5), (40, 0)):
            level, certainty = 10 * row / (COLOR_STEPS[0] - 1), column / (COLOR_STEPS[1] - 1)
            expected = border_colors([level], [certainty], palette)[0]
            assert colors[palette][row * COLOR_STEPS[1] + column] == "{:02x}{:02x}{:02x}".format(*tuple(expected))


# Pictures


def write_images(folder, count):
    """Pictures of noise, which compress worst; as large as a camera's, they would be shown as small."""
    import tifffile

    random = np.random.default_rng(0)
    for number in range(count):
        tifffile.imwrite(str(folder / (f"A01_s{number}.tif")), random.integers(0, 4000, (400, 500)).astype(np.uint16))


def pictures_of(page):
    """Names under the pictures of the worst and of the most uncertain images, and the pictures."""
    from PIL import Image

    section = page[page.index('id="thumbnails"') :]
    names = [re.findall(r'class="file">([^<]*)<', part) for part in section.split("<h3>")[1:]]
    found = re.findall(r'src="data:image/jpeg;base64,([^"]*)"', section)
    return names, [Image.open(io.BytesIO(base64.b64decode(text))) for text in found]


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


def test_the_page_tells_what_the_colors_of_pictures_and_plates_are(tmp_path):
    write_images(tmp_path, 2)
    shown = Elements(report_of(tmp_path, [rated_file("A01_s1.tif", folder=str(tmp_path))])[0]).shown
    assert (
        "the color of its most probable level (Score),\n  where a well on the plates has that of its ExpectedScore"
        in shown
    )


def test_images_beside_the_table_are_found_if_they_moved_with_it(tmp_path):
    write_images(tmp_path, 2)
    page, notes = report_of(tmp_path, [rated_file("A01_s1.tif", folder="/elsewhere")])
    assert len(pictures_of(page)[1]) == 2 and "thumbnail" not in " ".join(notes)


def test_images_moved_away_leave_a_report_that_says_so(tmp_path):
    page, notes = report_of(tmp_path, [rated_file("A01_s1.tif", folder="/elsewhere")])
    assert pictures_of(page)[1] == []
    assert "1 of the 1 images to show have no thumbnail; the first: there is no file /elsewhere/A01_s1.tif" in notes[-1]
    assert notes[-1] in Elements(page).shown


def test_an_image_that_is_none_any_more_leaves_a_report(tmp_path):
    (tmp_path / "A01_s1.tif").write_bytes(b"II*\0 and no more")
    _, notes = report_of(tmp_path, [rated_file("A01_s1.tif", folder=str(tmp_path))])
    assert "no thumbnail; the first: A01_s1.tif: the file is damaged" in notes[-1]


# Size


def many_rows(count):
    random = np.random.default_rng(0)
    for number in range(count):
        well, site = divmod(number, 9)
        name = f"Plate{int(well // 384):02}_{well_name(well % 384 // 24, well % 24)}_s{int(site + 1)}_w1.tif"
        level, certainty, fraction = random.random(3)
        yield rated_file(name, (int(9 * level), 9 * level, certainty, fraction), "/data/screen/images")


def test_ten_thousand_images_with_pictures_fit_in_5_megabytes(tmp_path):
    write_images(tmp_path, 12)
    rows = list(many_rows(10000))
    extremes = [(9, 9.9, 0.5, 0.9)] * 6 + [(1, 1.0, 0.0, 0.9)] * 6
    rows[:12] = [rated_file(f"A01_s{n}.tif", values, str(tmp_path)) for n, values in enumerate(extremes)]
    page, _ = report_of(tmp_path, rows)
    assert len(pictures_of(page)[1]) == 24
    assert len(page.encode()) < 5e6


def test_none_of_two_hundred_thousand_images_is_left_out(tmp_path):
    path = write_csv(tmp_path / "images.csv", list(many_rows(200000)))
    write_report(path, str(tmp_path / "report.html"))
    data = data_of((tmp_path / "report.html").read_text())
    assert len(data["channels"][0]["Score"]) == 200000
