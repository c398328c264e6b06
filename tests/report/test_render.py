"""The report's page: a file's name stays a name, and nothing else runs or is loaded."""

import base64
import hashlib
import re

from helpers.files import write_table
from helpers.made_reports import image_set, rated_file, report_of, write_images
from helpers.report_pages import Elements, data_of
from imagefocus.report import write_report


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
    path = write_table(tmp_path / "<b>&Image.csv", [image_set(1)])
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


def test_the_page_says_what_the_colors_of_pictures_and_plates_are(tmp_path):
    write_images(tmp_path, 2)
    shown = Elements(report_of(tmp_path, [rated_file("A01_s1.tif", folder=str(tmp_path))])[0]).shown
    assert (
        "the color of its most probable level (Score),\n  where a well on the plates has that of its ExpectedScore"
        in shown
    )
