"""Makes the report of a made-up 384-well plate, and uses it in a browser; called by tools/check_browser.sh."""

import csv
import os
import sys

LIMIT = 3.0  # the slider is set to it


def make_table(folder):
    """Write an Image.csv of two channels with a drift, a tilt, blank wells and awkward names; the demo plate's images lie beside it.

    Returns
    -------
    str
        Path of the table.
    """
    import numpy as np

    from example_pipelines.demo_plate import make_plate

    images = [field.file_name for field in make_plate(os.path.join(folder, "images"))]
    random = np.random.default_rng(0)
    path = os.path.join(folder, "FocusImage.csv")
    features = ("Score", "ExpectedScore", "Certainty", "CertainFraction")
    names = ["ImageNumber", "FileName_DNA", "PathName_DNA", "FileName_DNA_1", "PathName_DNA_1"]
    names += ["Metadata_Plate", "Metadata_Well", "Metadata_Site"]
    names += ["ImageFocus_%s_%s" % (feature, channel) for channel in ("DNA", "DNA_1") for feature in features]
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(names)
        for number in range(384 * 4):
            table.writerow(_row(number, images, os.path.join(folder, "images"), random))
    return path


def _row(number, images, folder, random):
    well, site = divmod(number, 4)
    row, column = divmod(well, 24)
    files = [images[number % len(images)], "Plate <script>alert(1)</script>_%04d.tif" % number]
    cells = [number + 1, files[0], folder, files[1], folder]
    cells += ["Plate & <b>1</b>", "Z99" if number == 1535 else "%s%02d" % (chr(65 + row), column + 1), site + 1]
    for channel in range(2):
        blank = well % 97 == 5
        level = min(10.0, 0.5 + 2.2 * (column / 23) ** 3 * (1 + channel) + number / 2000 + random.gamma(0.6, 0.6))
        level = 5 + random.random() / 2 if blank else max(level, 8.0) if random.random() < 0.02 else level
        certainty = 0.01 if blank else 0.75 - 0.04 * level + 0.1 * random.random()
        cells += [round(level), level, certainty, 0 if blank else 0.9]
    return cells


def check(folder, pictures):
    """Use the report as a reader would; raises AssertionError where it does not do what it says."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
        problems = []
        page.on(
            "console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: (
                problems.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None
            ),
        )
        page.goto("file://" + os.path.join(folder, "report.html"))
        page.wait_for_selector("body[data-ready]")
        done = [step(page, folder) for step in (_heat_maps, _keyboard, _limit, _table, _export, _palette)]
        _take_pictures(page, pictures)
        assert not problems, problems
        browser.close()
    print(
        "check-browser: no console message, nothing loaded from elsewhere; %s; pictures in %s."
        % ("; ".join(done), os.path.basename(pictures))
    )


def _heat_maps(page, folder):
    assert page.locator("#maps svg").count() == 2
    well = page.locator("#maps .well:not(.none)").nth(30)
    well.hover()
    tip = page.locator("#tip")
    assert tip.is_visible() and "B07, DNA" in tip.inner_text() and "4 fields" in tip.inner_text(), tip.inner_text()
    well.click()
    assert page.locator("#well tbody tr").count() == 8
    assert "B07" in page.locator("#well h3").inner_text()
    return "hover and click on a well"


def _keyboard(page, folder):
    page.locator("#maps .well[tabindex='0']").nth(1).focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("B03, DNA_1")
    assert "well B03" in page.locator("#well h3").inner_text() and page.locator("#tip").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#tip").is_visible()
    unlabelled = "[...document.querySelectorAll('input, select, button')].filter(e => !(e.labels && e.labels.length) && !e.ariaLabel && !e.textContent)"
    assert page.evaluate(unlabelled + ".length") == 0
    return "keyboard"


def _read_table(folder):
    with open(os.path.join(folder, "FocusImage.csv"), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _expected(folder, limit, channels=("DNA", "DNA_1")):
    """Rows kept, and how many are out of focus and blank, counted from the table."""
    kept, out, blank = [], 0, 0
    for row in _read_table(folder):
        empty = [float(row["ImageFocus_CertainFraction_" + name]) < 0.05 for name in channels]
        above = [float(row["ImageFocus_ExpectedScore_" + name]) > limit for name in channels]
        if any(over and not no for over, no in zip(above, empty)):
            out += 1
        elif any(empty):
            blank += 1
        else:
            kept.append(row)
    return kept, out, blank


def _limit(page, folder):
    page.locator("#limit-number").fill(str(LIMIT))
    page.locator("#limit-number").press("Enter")
    page.locator("#limit").press("ArrowRight")
    page.locator("#limit").press("ArrowLeft")
    page.wait_for_timeout(1000)
    kept, out, blank = _expected(folder, LIMIT)
    numbers = [int(text.split()[0].replace(",", "")) for text in page.locator("#outcome dd").all_inner_texts()]
    assert numbers[:3] == [len(kept), out, blank], (numbers, len(kept), out, blank)
    page.locator("#channels input").nth(1).uncheck()
    alone = page.locator("#outcome dd").first.inner_text().split()[0].replace(",", "")
    assert int(alone) == len(_expected(folder, LIMIT, ["DNA"])[0])
    page.locator("#channels input").nth(1).check()
    return "limit %g keeps %d of %d fields, as counted from the table" % (LIMIT, len(kept), len(kept) + out + blank)


def _table(page, folder):
    from playwright.sync_api import expect

    page.locator("#table th button", has_text="ExpectedScore").click()
    page.locator("#table th button", has_text="ExpectedScore").click()
    levels = [float(text) for text in page.locator("#table tbody td:nth-child(6)").all_inner_texts()]
    assert len(levels) == 100 and levels == sorted(levels, reverse=True)
    page.locator("#search").fill("p24 dna_1")
    expect(page.locator("#table-count")).to_contain_text("of 3 images")
    assert set(page.locator("#table tbody td:nth-child(2)").all_inner_texts()) == {"P24"}
    page.locator("#search").fill("z99 <script>")
    expect(page.locator("#table tbody tr")).to_have_count(1)
    assert "<script>" in page.locator("#table tbody").inner_text()
    page.locator("#search").fill("")
    page.locator("#table-state").select_option("blank")
    page.wait_for_timeout(500)
    assert set(page.locator("#table tbody td:nth-child(9)").all_inner_texts()) == {"– blank"}
    page.locator("#table-state").select_option("")
    return "sort, search and filter"


def _export(page, folder):
    with page.expect_download() as download:
        page.locator("#export").click()
    with open(download.value.path(), newline="", encoding="utf-8") as file:
        saved = list(csv.DictReader(file))
    wanted = [
        (row["FileName_DNA"], row["PathName_DNA_1"], row["Metadata_Plate"], row["Metadata_Site"])
        for row in _expected(folder, LIMIT)[0]
    ]
    names = ("Image_FileName_DNA", "Image_PathName_DNA_1", "Metadata_Plate", "Metadata_Site")
    assert [tuple(row[name] for name in names) for row in saved] == wanted
    return "export of %d image sets" % len(saved)


def _palette(page, folder):
    before = page.locator("#maps .well").first.get_attribute("style")
    page.locator("#palette").select_option("blue to orange")
    assert page.locator("#maps .well").first.get_attribute("style") != before
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=os.path.join(os.environ["PICTURES"], "blue_to_orange.png"))
    page.locator("#palette").select_option("hue")
    return "both palettes"


def _take_pictures(page, pictures):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=os.path.join(pictures, scheme + ".png"))
        page.screenshot(path=os.path.join(pictures, scheme + "_whole.png"), full_page=True)
    page.emulate_media(color_scheme="light")
    page.pdf(path=os.path.join(pictures, "print.pdf"), format="A4")
    page.set_viewport_size({"width": 420, "height": 900})
    page.screenshot(path=os.path.join(pictures, "narrow.png"))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        from imagefocus.report import write_report

        write_report(make_table(sys.argv[2]), os.path.join(sys.argv[2], "report.html"))
    else:
        check(sys.argv[2], sys.argv[3])
