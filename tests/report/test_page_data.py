"""The data that the page's scripts work on."""

from helpers.files import write_table
from helpers.made_reports import image_set, many_rows, report_of
from helpers.report_pages import data_of
from imagefocus.network.engines import load_weights
from imagefocus.overlay import PALETTES, border_colors
from imagefocus.report import write_report
from imagefocus.report.page_data import COLOR_STEPS


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


def test_none_of_two_hundred_thousand_images_is_left_out(tmp_path):
    path = write_table(tmp_path / "images.csv", list(many_rows(200000)))
    write_report(path, str(tmp_path / "report.html"))
    data = data_of((tmp_path / "report.html").read_text())
    assert len(data["channels"][0]["Score"]) == 200000
