"""`emprox check` says what is wrong with a data directory, and `--mend` mends what can be computed."""

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from app.settings import MODELS_DIR
from app.storage.sqlite import DATABASE_FILE, open_sqlite_store
from tests.storage.released_databases import SCHEMAS, released

from .conftest import Emprox, Ran

LINES = ["database", "schema", "rows", "revisions", "encoders", "notations", "caches"]


@pytest.fixture
def data(emprox: Emprox, table: Path, tmp_path: Path) -> Path:
    """The data directory, with sixty observations and their cache."""
    assert emprox("import", table, "--metric", "val_accuracy=acc").status == 0
    return tmp_path / "data"


def wrong(ran: Ran) -> str:
    """The one line that says that something is wrong."""
    assert ran.status == 1
    (line,) = [line for line in ran.out.splitlines() if not line.startswith("ok    ")]
    return line


def change(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / DATABASE_FILE)) as connection, connection:
        connection.execute(statement)


def files(data: Path) -> dict[str, bytes]:
    """What is in the directory, but for what SQLite keeps beside a database."""
    found = (path for path in data.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm")))
    return {str(path.relative_to(data)): path.read_bytes() for path in found}


def test_a_sound_directory_is_ok_line_by_line_and_stays_as_it_is(emprox: Emprox, data: Path) -> None:
    before = files(data)

    ran = emprox("check")

    assert (ran.status, ran.err) == (0, "")
    assert [line.split()[:2] for line in ran.out.splitlines()] == [["ok", f"{line}:"] for line in LINES]
    assert "1 study, 60 observations" in ran.out
    assert "all 60 observations" in ran.out
    assert files(data) == before


def test_a_sample_is_said_to_be_one(emprox: Emprox, data: Path) -> None:
    ran = emprox("check", "--sample", 10)

    assert ran.status == 0
    assert "about 10 observations of each study" in ran.out


def test_a_directory_with_a_server_is_checked_beside_it(emprox: Emprox, data: Path) -> None:
    with closing(open_sqlite_store(data)):
        assert emprox("check").status == 0

        ran = emprox("check", "--mend")

    assert ran.error.startswith(f"data directory {data} is held by another emprox: stop that one")


@pytest.mark.parametrize("schema", SCHEMAS)
def test_databases_of_every_program_are_well_once_they_are_upgraded(
    emprox: Emprox, tmp_path: Path, schema: str
) -> None:
    data = released(schema, tmp_path / "data")
    if schema != SCHEMAS[-1]:
        assert "is of an older program than this one" in wrong(emprox("check"))
        open_sqlite_store(data).close()

    ran = emprox("check", "--mend")

    assert ran.status == 0, ran.out
    assert (data / "cache").is_dir()


def cut_short(data: Path) -> None:
    content = (data / DATABASE_FILE).read_bytes()
    (data / DATABASE_FILE).write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (cut_short, r"database: .*malformed.*: restore a backup"),
        ("DELETE FROM metrics", r"database: 60 rows of measurements belong to rows of metrics that are not there: "),
        ("UPDATE alembic_version SET version_num = '9999'", r"schema: 9999 is of a newer program .*: run that program"),
        ("DELETE FROM measurements WHERE observation_id = 7", r"rows: 1 completed trainings without a measurement, "),
        ("UPDATE studies SET revision = 3", r"revisions: study 'default' is at revision 3 and has rows of only 1 rev"),
        ("UPDATE studies SET revision = 0", r"revisions: study 'default' is at revision 0 and has rows of 1: restore"),
        (
            "UPDATE observations SET notation = '\"|conv~0|\"' WHERE id = 3",
            r"notations: study 'default': observation '[0-9a-f-]+' has a notation that is none: .*: amend or retract",
        ),
    ],
)
def test_what_is_wrong_with_the_database_is_told_with_the_way_out(
    emprox: Emprox, data: Path, spoil: str | Callable[[Path], None], expected: str
) -> None:
    if isinstance(spoil, str):
        change(data, spoil)
    else:
        spoil(data)

    assert re.match(f"WRONG {expected}", wrong(emprox("check")))


def test_an_architecture_id_that_its_notation_does_not_give_is_told(emprox: Emprox, data: Path) -> None:
    shutil.rmtree(data / "cache")
    change(data, "UPDATE observations SET architecture_id = 'abc' WHERE id = 3")

    line = wrong(emprox("check"))

    assert re.match(r"WRONG notations: .* has architecture abc, and its notation gives [0-9a-f]{32}", line)


def test_a_directory_without_a_database_is_told(emprox: Emprox, tmp_path: Path) -> None:
    assert wrong(emprox("check")) == f"WRONG database: there is no database {tmp_path / 'data' / DATABASE_FILE}"
    assert emprox("check", "--mend").error.startswith("there is no database")
    assert list(tmp_path.iterdir()) == []


def test_damaged_weights_are_told(emprox: Emprox, data: Path, tmp_path: Path) -> None:
    models = shutil.copytree(MODELS_DIR, tmp_path / "models")
    weights = models / "darts" / "1" / "weights.safetensors"
    weights.chmod(0o600)
    weights.write_bytes(weights.read_bytes()[:-1])

    line = wrong(emprox("check", "--models-dir", models))

    assert line.startswith(f"WRONG encoders: {weights} is damaged, its SHA-256 is ")


def cache_file(data: Path) -> Path:
    (path,) = (data / "cache").iterdir()
    return path


def rewritten(data: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    """Change a cache, and give it the checksum of that."""
    tensors = load(cache_file(data).read_bytes()[32:])
    change(tensors)
    body = save(tensors)
    cache_file(data).write_bytes(hashlib.sha256(body).digest() + body)


def damaged(data: Path) -> None:
    cache_file(data).write_bytes(cache_file(data).read_bytes()[:-1])


def stray(data: Path) -> None:
    shutil.copy(cache_file(data), cache_file(data).with_name("gone@0123456789abcdef.cache"))


def another_embedding(data: Path) -> None:
    def change(tensors: dict[str, np.ndarray]) -> None:
        tensors["architectures/columns"][3, 2] += 0.01

    rewritten(data, change)


def another_architecture(data: Path) -> None:
    def change(tensors: dict[str, np.ndarray]) -> None:
        tensors["architectures/ids"][3] = ord("0")

    rewritten(data, change)


def made_of_more_observations(data: Path) -> None:
    def change(tensors: dict[str, np.ndarray]) -> None:
        header = json.loads(tensors["header"].tobytes())
        header["notes"]["observations"] += 1
        tensors["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)

    rewritten(data, change)


def scales_of_another_encoder(data: Path) -> None:
    def change(tensors: dict[str, np.ndarray]) -> None:
        name = "models/val_accuracy/scales/log_scales"
        tensors[name] = tensors[name][:-1]

    rewritten(data, change)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (damaged, r"default@[0-9a-f]{16}\.cache is damaged"),
        (stray, r"gone@0123456789abcdef\.cache is of a study that is not there"),
        (another_embedding, r"cache of study 'default' has another embedding of architecture [0-9a-f]{32} than its"),
        (another_architecture, r"cache of study 'default' has architecture 0{32}, which was not observed"),
        (made_of_more_observations, "cache of study 'default' was made of more observations than there are"),
        (scales_of_another_encoder, r"cache of study 'default' has \d+ scales of 'val_accuracy' where the encoder has"),
    ],
)
def test_a_cache_that_does_not_agree_is_told_and_mended(
    emprox: Emprox, data: Path, spoil: Callable[[Path], None], expected: str
) -> None:
    before = files(data)[DATABASE_FILE]
    spoil(data)

    line = wrong(emprox("check"))
    mended = emprox("check", "--mend")

    assert re.match(f"WRONG caches: {expected}", line)
    assert "run 'emprox check --mend' while no server runs" in line
    assert mended.status == 0, mended.out
    assert re.fullmatch(r"caches of 1 studies computed anew, \d\.\d s\n", mended.err)
    assert len(list((data / "cache").iterdir())) == 1
    assert files(data)[DATABASE_FILE] == before


def test_a_missing_cache_is_nothing_wrong(emprox: Emprox, data: Path) -> None:
    shutil.rmtree(data / "cache")

    assert emprox("check").status == 0
