"""Files of the repository that lie outside docs/ and are pages of the site; links to them lead there.

On a code host the same links lead to the files themselves.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
PAGES = {"benchmarks/RESULTS.md": "figures.md", "CHANGELOG.md": "changelog.md", "examples/README.md": "examples.md"}


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """The pages of docs/ and these."""
    for path, page in PAGES.items():
        files.append(File.generated(config, page, content=_as_page((ROOT / path).read_text(encoding="utf-8"))))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """A page whose links to these files lead to their pages."""
    for path, page in PAGES.items():
        markdown = markdown.replace(f"](../{path}", f"]({page}")
    return markdown


def _as_page(text: str) -> str:
    to_other_files = re.compile(r"\[([\w.]+)\]\(\1\)")  # of the folder that the text is from
    return to_other_files.sub(r"`\1`", text).replace("](docs/", "](")
