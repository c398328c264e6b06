"""The pages for users: their links lead somewhere, and what they show is what the code does."""

import glob
import os
import re

import pytest

import imagefocus
from helpers.files import ROOT
from imagefocus.network import engines
from imagefocus.network.weights import DEFAULT_WEIGHTS
from model_export.demo_plate import make_plate

PAGES = sorted(
    os.path.relpath(path, ROOT).replace(os.sep, "/")
    for pattern in ("*.md", "docs/*.md", "example_pipelines/**/*.md", "benchmarks/**/*.md")
    for path in glob.glob(os.path.join(ROOT, pattern), recursive=True)
)
USER_PAGES = [page for page in PAGES if re.match(r"README|docs/|example_pipelines/", page)]


def read_page(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        return file.read()


def list_anchors(text):
    """Addresses of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings_of_the_repository(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", read_page(page)):
        path, _, anchor = target.partition("#")
        linked = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if target.startswith("https://"):
            continue
        if not os.path.exists(os.path.join(ROOT, linked)) or anchor and anchor not in list_anchors(read_page(linked)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize(
    "page", ["README.md", "docs/results.md", "docs/cellprofiler.md", "example_pipelines/README.md"]
)
def test_the_limit_that_a_page_states_is_that_of_the_default_weights(page):
    stated = re.findall(
        r"(?:above|maximum|which is|limit,) (\d\.\d+)", " ".join(read_page(page).split()).replace("| ", "")
    )
    assert set(stated) == {f"{engines.load_weights().in_focus_limit:.2f}"}


@pytest.mark.parametrize("page", USER_PAGES)
def test_pages_for_users_are_about_the_default_weights_alone(page):
    assert set(re.findall(r"\bv\d\b", read_page(page))) <= {DEFAULT_WEIGHTS}


def test_the_readme_fits_a_front_hall():
    assert len(read_page("README.md").split()) < 1000


@pytest.mark.parametrize("page", USER_PAGES)
def test_pages_for_users_name_no_folder_outside_the_repository(page):
    assert "../shared" not in read_page(page)


def test_the_readmes_python_prints_what_it_says(tmp_path, monkeypatch, capsys):
    tifffile = pytest.importorskip("tifffile")
    code, printed = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", read_page("README.md"), re.S).groups()
    make_plate(str(tmp_path / "demo_output" / "images"))
    monkeypatch.chdir(tmp_path)
    exec(code, {"imagefocus": imagefocus, "tifffile": tifffile})
    assert capsys.readouterr().out == printed
