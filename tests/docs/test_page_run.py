"""A page that says what is not so fails its test, with the line."""

from pathlib import Path

import pytest

from .page_run import PageRun

ASK = "```sh\ncurl -s localhost:8000/health/live\n```\n\n"


def run(folder: Path, text: str) -> None:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    PageRun(page, folder).run()


def test_what_is_so_passes(tmp_path: Path) -> None:
    run(
        tmp_path,
        ASK
        + '```json\n{"status": "ok"}\n```\n\n'
        + "```bash\nexit 1\n```\n\n"
        + "```python\nstatus = 'ok'\n```\n\n```python\nassert status == 'ok'\n```\n\n"
        + "```sh\n.venv/bin/emprox restore nothing.sqlite3 || true  # with the server stopped\n```\n\n"
        + ASK,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ASK + '```json\n{"status": "asleep"}\n```\n', "page.md:6: .*asleep"),
        ("```sh\nexit 3\n```\n", "page.md:2: exit status 3"),
        ("```sh\ncurl -s localhost:8000/studies/nightly\n```\n", "page.md:2: .*unknown_study"),
        ("```python\nassert False, 'not so'\n```\n", "not so"),
    ],
)
def test_what_is_not_so_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        run(tmp_path, text)
