"""The code of every page does what the page says."""

from pathlib import Path

import pytest

from .code_blocks import code_blocks
from .example_files import write_example_files
from .page_run import PageRun, is_run

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    page
    for page in [ROOT / "README.md", ROOT / "client" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    if any(map(is_run, code_blocks(page)))
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_the_page_does_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_example_files(tmp_path)
    monkeypatch.chdir(tmp_path)

    PageRun(page, tmp_path).run()
