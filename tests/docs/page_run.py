"""Running the code of a page from top to bottom, as a reader does who has started a server.

- `sh` blocks run in a shell, in a folder with the server's `data` and the files of `tests/docs/example_files.py`. From
  a line on that says `with the server stopped`, the server is; after the block it runs again.
- The `json` block that follows one is what it prints. Without one, no answer may be an error.
- `python` blocks of a page run one after the other in one namespace.
- Blocks of other languages are shown, and not run.
"""

import json
import os
import subprocess
from contextlib import ExitStack
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

from tests.process.server_process import EMPROX, ServerProcess, serving

from .answers import differences, documents, made_up
from .code_blocks import CodeBlock, code_blocks

_HERE = "localhost:8000"
_STOPPED = "with the server stopped"
_SHELL = ("bash", "-euo", "pipefail", "-c")


def is_run(block: CodeBlock) -> bool:
    """Whether a reader would run it."""
    return block.language in {"sh", "python"}


class PageRun:
    """One page, and a server of its own.

    Args:
        folder: where the code runs; the server's data are in `data` there.
    """

    def __init__(self, page: Path, folder: Path) -> None:
        self._page = page
        self._folder = folder
        self._ids: dict[str, str] = {}
        self._namespace: dict[str, Any] = {"__name__": "__main__"}
        self._server: ServerProcess

    def run(self) -> None:
        """Run all blocks; an AssertionError names the line of the one that is not as the page says."""
        blocks = [*code_blocks(self._page), CodeBlock("", "", 0)]
        with ExitStack() as running:
            self._start(running)
            for block, following in pairwise(blocks):
                if block.language == "python":
                    self._run_python(block)
                if block.language == "sh":
                    printed = self._run_shell(block, running)
                    if following.language == "json":
                        self._compare(following, printed)
                    else:
                        self._refuse_problems(block, printed)

    def _start(self, running: ExitStack) -> None:
        self._server = running.enter_context(serving(self._folder / "data"))

    def _run_shell(self, block: CodeBlock, running: ExitStack) -> str:
        lines = block.code.splitlines(keepends=True)
        while_serving = list(takewhile(lambda line: _STOPPED not in line, lines))
        printed = self._shell(block, "".join(while_serving))
        if others := lines[len(while_serving) :]:
            running.close()
            printed += self._shell(block, "".join(others))
            self._start(running)
        return printed

    def _shell(self, block: CodeBlock, code: str) -> str:
        code = self._here(code).replace(".venv/bin/emprox", str(EMPROX))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("EMPROX_")}
        ran = subprocess.run(  # noqa: S603
            [*_SHELL, code],
            cwd=self._folder,
            env=inherited | {"no_proxy": "*"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, f"{self._at(block)}: exit status {ran.returncode}: {ran.stdout}{ran.stderr}"
        return ran.stdout

    def _run_python(self, block: CodeBlock) -> None:
        # Lines before it, so that a traceback tells the line of the page.
        code = "\n" * (block.line - 1) + self._here(block.code)
        exec(compile(code, str(self._page), "exec"), self._namespace)  # noqa: S102

    def _here(self, code: str) -> str:
        for printed, here in self._ids.items():
            code = code.replace(printed, here)
        return code.replace(_HERE, self._server.url.removeprefix("http://"))

    def _compare(self, block: CodeBlock, printed: str) -> None:
        told, answered = documents(block.code), documents(printed)
        self._ids |= made_up(told, answered)
        wrong = list(differences(told, answered))
        assert not wrong, f"{self._at(block)}: {'; '.join(wrong)}\n{printed}"

    def _refuse_problems(self, block: CodeBlock, printed: str) -> None:
        try:
            answered = documents(printed)
        except json.JSONDecodeError:  # CSV, or the words of a command
            return
        problems = [
            each for each in answered if isinstance(each, dict) and each.keys() >= {"title", "status", "detail"}
        ]
        assert not problems, f"{self._at(block)}: {problems}"

    def _at(self, block: CodeBlock) -> str:
        return f"{self._page.name}:{block.line}"
