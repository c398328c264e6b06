"""Makes reports of a made-up 384-well plate and of stacks, and uses them in a browser; run.sh calls this."""

import csv
import json
import os
import sys

LIMIT = 3.0  # the slider is set to it
COLOR_TOLERANCE = 24  # of 255: the page has a table of colors, and takes the nearest


def check(folder, pictures):
    """Use the report as a reader would; raises AssertionError where it does not do what it says."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
        problems = _watch(page)
        _open(page, folder, "stacks.html")
        steps = [_stacks(page)]
        _open(page, folder, "screen.html")
        steps += [step(page, folder) for step in (_heat_maps, _keyboard, _limit, _table, _export)]
        steps.append(_palette(page, folder, pictures))
        _take_pictures(page, pictures)
        assert not problems, problems
        browser.close()
    print(
        f"check-browser: no console message, nothing loaded from elsewhere; {'; '.join(steps)}; pictures in "
        f"{os.path.basename(pictures)}."
    )


def _watch(page):
    """A list that grows with each console message, error and address from elsewhere."""
    problems = []

    def note_message(message):
        if message.type in ("error", "warning"):
            problems.append(message.text)

    def note_request(request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            problems.append(request.url)

    page.on("console", note_message)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", note_request)
    return problems


def _open(page, folder, name):
    page.goto("file://" + os.path.join(folder, name))
    page.wait_for_selector("body[data-ready]")


def _stacks(page):
    """Planes by name, weights in words, and only image sets and columns that LoadData can run."""
    from playwright.sync_api import expect

    notes = page.locator("#notes").inner_text()
    assert "2 file(s) have more than one plane" in notes and "Rated with weights v1 00000000" in notes, notes
    page.locator("#search").fill("w1 plane 3")
    expect(page.locator("#table .file")).to_have_text(["P_B03_s1_w1.tif, plane 3"])
    page.locator("#search").fill("")
    page.locator("#maps .well:not(.none)").first.click()
    assert "P_B03_s1_w2.tif, plane 2" in page.locator("#well").inner_text()
    saved = _save(page)
    assert len(saved) == 4 and all(all(row.values()) for row in saved) and "Image_FileName_w2" in saved[0], saved
    assert page.locator("#outcome .failed").inner_text().startswith("1 ")
    page.locator("#channels input").nth(1).uncheck()
    saved = _save(page)
    assert [row["Frame_w1"] for row in saved] == list("01230"), saved
    assert not [name for name in saved[0] if "w2" in name], saved
    return "stacks"


def _save(page):
    with page.expect_download() as download:
        page.locator("#export").click()
    return _read_table(download.value.path())


def _colors(page, folder, palette):
    """Compare the wells' colors with those that Python gives."""
    with open(os.path.join(folder, "colors.json"), encoding="utf-8") as file:
        expected = json.load(file)[palette]
    script = "wells => wells.map(well => [well.ariaLabel.split('\\n')[0], well.style.fill.match(/\\d+/g).map(Number)])"
    colors = page.locator("#maps .well:not(.none)").evaluate_all(script)
    differences = {name: max(abs(a - b) for a, b in zip(color, expected[name])) for name, color in colors}
    largest = max(differences, key=differences.get)
    assert len(differences) == 768 and differences[largest] <= COLOR_TOLERANCE, (largest, differences[largest])
    return differences[largest]


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
    unlabeled = (
        "[...document.querySelectorAll('input, select, button')]"
        ".filter(e => !(e.labels && e.labels.length) && !e.ariaLabel && !e.textContent)"
    )
    assert page.evaluate(unlabeled + ".length") == 0
    return "keyboard"


def _read_screen(folder):
    return _read_table(os.path.join(folder, "FocusImage.csv"))


def _read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _expected(folder, limit, channels=("DNA", "DNA_1")):
    """Rows kept, and how many are out of focus and blank, counted from the table."""
    kept, out, blank = [], 0, 0
    for row in _read_screen(folder):
        empty = [float(row["ImageFocus_CertainFraction_" + name]) < 0.05 for name in channels]
        above = [float(row["ImageFocus_ExpectedScore_" + name]) > limit for name in channels]
        if any(over and not no for over, no in zip(above, empty)):
            out += 1
        elif not all(row["FileName_" + name] for name in channels):
            continue
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
    return f"limit {LIMIT:g} keeps {len(kept)} of {len(_read_screen(folder))} fields, as counted from the table"


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
    saved = _save(page)
    wanted = [
        (row["FileName_DNA"], row["PathName_DNA_1"], row["Metadata_Plate"], row["Metadata_Site"])
        for row in _expected(folder, LIMIT)[0]
    ]
    names = ("Image_FileName_DNA", "Image_PathName_DNA_1", "Metadata_Plate", "Metadata_Site")
    assert [tuple(row[name] for name in names) for row in saved] == wanted
    return f"export of {len(saved)} image sets"


def _palette(page, folder, pictures):
    differences = [_colors(page, folder, "hue")]
    page.locator("#palette").select_option("blue to orange")
    differences.append(_colors(page, folder, "blue to orange"))
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=os.path.join(pictures, "blue_to_orange.png"))
    page.locator("#palette").select_option("hue")
    return f"both palettes, at most {differences[0]:.0f} and {differences[1]:.0f} of 255 from Python's colors"


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
        from browser_tables import make_reports

        make_reports(sys.argv[2])
    else:
        check(sys.argv[2], sys.argv[3])
