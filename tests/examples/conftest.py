"""The examples as people run them, against a real server."""

import importlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emprox_client import Client, StudyHandle
from emprox_client.schemas import ObservationRecord

from tests.process.server_process import ServerProcess, serving

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
_numbers = itertools.count()


class Shell:
    """Runs commands from the root of the repository, with the server's URL set.

    Args:
        url: of the server.
        folder: for what a command writes.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self._folder = url, folder

    def __call__(self, *command: str, check: bool = True, **settings: str) -> "subprocess.CompletedProcess[str]":
        """What the command said; `python` is the one that runs the tests."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("EMPROX_", "SLURM_"))}
        environ = {**inherited, "EMPROX_URL": self.url, "SYNETUNE_FOLDER": str(self._folder), **settings}
        words = [sys.executable if word == "python" else word for word in command]
        result = subprocess.run(words, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result

    def observations(self, study: str) -> list[ObservationRecord]:
        """Of a study, oldest first."""
        with Client(self.url) as client:
            return list(client.observations(study=study))[::-1]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def shell(server: ServerProcess, tmp_path: Path) -> Shell:
    return Shell(server.url, tmp_path)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports an example by its name, as Python does that runs it."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


@pytest.fixture
def study(server: ServerProcess, module: Any) -> Iterator[StudyHandle]:
    """A study of the perceptrons of its own."""
    with Client(server.url) as client:
        client.declare_space("perceptrons", module("perceptron").SPACE)
        study = client.study(f"study-{next(_numbers)}")
        study.declare("perceptrons", ["val_accuracy"])
        yield study
