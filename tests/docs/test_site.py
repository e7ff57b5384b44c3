"""The site is built without a warning, and shows itself without a network."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_LOADED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make docs` builds it: a broken link, or a page that the menu lacks, ends it."""
    folder = tmp_path_factory.mktemp("site")
    # Not --quiet, with which it hears no warning and is strict about none.
    built = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_there_and_so_are_those_from_outside_docs(site: Path) -> None:
    pages = {path.parent.name for path in site.glob("*/index.html")}

    assert {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"} <= pages
    assert {"figures", "changelog", "examples"} <= pages
    assert not list(site.rglob("*.py"))


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert [url for url in _LOADED.findall(page.read_text("utf-8")) if "canonical" not in url] == [], page
    assert "fonts.googleapis" not in "".join(path.read_text("utf-8") for path in site.rglob("*.css"))


def test_equations_are_there_without_a_script(site: Path) -> None:
    method = (site / "method" / "index.html").read_text("utf-8")

    assert method.count("<math") >= 5
    assert "arithmatex" not in method


def test_search_finds_words_of_a_page(site: Path) -> None:
    assert "kriging" in (site / "search" / "search_index.json").read_text("utf-8")
