"""No command writes over the store that it reads."""

from pathlib import Path

import pytest

from .conftest import Emprox

OWN = ["emprox.sqlite3", "emprox.sqlite3-wal", "emprox.sqlite3-shm", "emprox.sqlite3-journal", "emprox.lock"]


@pytest.fixture
def data(emprox: Emprox, table: Path, tmp_path: Path) -> Path:
    """The data directory, with sixty observations."""
    assert emprox("import", table, "--metric", "val_accuracy=acc").status == 0
    return tmp_path / "data"


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(
    "command",
    [
        ("export", "--format", "csv"),
        ("backup", "--force"),
        ("import", "{table}", "--metric", "val_accuracy=acc", "--skip-invalid"),
    ],
    ids=lambda command: command[0],
)
def test_the_store_is_not_written_over(
    emprox: Emprox, data: Path, table: Path, command: tuple[str, ...], name: str
) -> None:
    before = (data / "emprox.sqlite3").read_bytes()

    ran = emprox(*(word.format(table=table) for word in command), data / name)

    assert ran.error == f"{data / name} is a file of the store in {data}: name another file to write"
    assert (data / "emprox.sqlite3").read_bytes() == before


def test_another_name_of_the_database_is_the_database(emprox: Emprox, data: Path, tmp_path: Path) -> None:
    (tmp_path / "cells.csv").symlink_to(data / "emprox.sqlite3")

    assert "is a file of the store" in emprox("export", tmp_path / "cells.csv").error
