"""`emprox export`, and `emprox import` of what it wrote."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.domain.correction import Action, Correction
from app.domain.observation import Observation, Status
from app.domain.prediction import Estimate, Expectation
from app.domain.study import Direction, Metric, Study
from app.spaces.nasbench201 import NasBench201
from app.storage.sqlite import open_sqlite_store

from .conftest import Emprox

STUDY = Study("cells", "nasbench201", (Metric("val_accuracy", Direction.MAXIMIZE, "%", 10.0),), ("hint",))
NOON = datetime(2024, 5, 17, 12, 0, 0, 123456, tzinfo=UTC)
CELL = NasBench201().parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|none~1|skip_connect~2|")
NAMES = ["cells.csv", "cells.csv.gz", "cells.jsonl", "cells.parquet"]


def trained(i: int, **fields: Any) -> Observation:
    """A training of the cell."""
    known: dict[str, Any] = {"metrics": {"val_accuracy": 90.0 + i / 3}, "proxies": {"hint": i / 7}}
    return Observation(f"run-{i}", CELL.id, CELL.notation, observed_at=NOON, **known | fields)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Holds the study `cells`: six trainings, one of them failed and one retracted."""
    directory = tmp_path / "data"
    with closing(open_sqlite_store(directory)) as store:
        store.declare(STUDY)
        store.append("cells", [trained(i, seed=2**64 - 1, worker="é") for i in range(5)])
        store.append("cells", [trained(5, metrics={}, status=Status.FAILED)])
        store.correct("cells", [Correction("run-2", Action.RETRACT, "mara", "broken data")])
    return directory


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Another data directory."""
    return tmp_path / "elsewhere"


def stored(directory: Path, study: str = "cells") -> list[object]:
    with closing(open_sqlite_store(directory)) as store:
        return list(store.histories(study))


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_an_export_is_restored_without_loss_in_another_data_directory(
    emprox: Emprox, tmp_path: Path, data_dir: Path, elsewhere: Path, name: str
) -> None:
    exported = emprox("export", tmp_path / name, "--study", "cells")
    imported = emprox("import", tmp_path / name, "--study", "cells", "--data-dir", elsewhere)

    assert (exported.status, exported.out) == (0, "")
    assert exported.err == f"6 observations of 'cells' exported to {tmp_path / name}\n"
    assert imported.err == "6 observations imported into 'cells', 0 were there already\n"
    assert stored(elsewhere) == stored(data_dir)


def test_importing_again_is_harmless_and_says_so(emprox: Emprox, tmp_path: Path, data_dir: Path) -> None:
    emprox("export", tmp_path / "cells.jsonl", "--study", "cells")

    again = emprox("import", tmp_path / "cells.jsonl", "--study", "cells")

    assert again.err == "0 observations imported into 'cells', 6 were there already\n"


def test_a_study_is_exported_while_its_data_directory_is_held(emprox: Emprox, tmp_path: Path, data_dir: Path) -> None:
    with closing(open_sqlite_store(data_dir)) as server:
        server.append("cells", [trained(6)])

        ran = emprox("export", tmp_path / "cells.csv", "--study", "cells")

    assert ran.status == 0
    assert len(lines_of(tmp_path / "cells.csv")) == 1 + 7


def test_standard_output_takes_an_export(emprox: Emprox, tmp_path: Path, data_dir: Path) -> None:
    emprox("export", tmp_path / "cells.jsonl", "--study", "cells")

    assert emprox("export", "-", "--study", "cells").error == "say the format of standard output with --format"
    ran = emprox("export", "-", "--study", "cells", "--format", "ndjson")

    assert ran.out == (tmp_path / "cells.jsonl").read_text()


def test_a_revision_can_be_asked_for(emprox: Emprox, tmp_path: Path, data_dir: Path) -> None:
    emprox("export", tmp_path / "cells.jsonl", "--study", "cells", "--as-of", 1)

    study, *observations = map(json.loads, lines_of(tmp_path / "cells.jsonl"))
    assert study["study"]["revision"] == 1
    assert len(observations) == 5
    assert not any(each["retracted"] or each["corrections"] for each in observations)


def test_an_ending_that_names_no_format_is_told(emprox: Emprox, tmp_path: Path, data_dir: Path) -> None:
    error = emprox("export", tmp_path / "cells.xlsx", "--study", "cells").error

    assert error.endswith("cells.xlsx does not end in .csv, .jsonl, .ndjson, .parquet: say its format with --format")


def test_a_file_whose_name_says_nothing_is_to_be_renamed(emprox: Emprox, tmp_path: Path, data_dir: Path) -> None:
    emprox("export", tmp_path / "cells", "--study", "cells", "--format", "csv")

    error = emprox("import", tmp_path / "cells").error

    assert error.endswith("cells does not end in .csv, .jsonl, .ndjson, .parquet: rename it to what it is")


def test_the_store_of_a_newer_program_is_left_to_that(emprox: Emprox, tmp_path: Path, data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / "emprox.sqlite3")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE compatibility SET oldest = '9998'")

    error = emprox("export", tmp_path / "cells.csv", "--study", "cells").error

    assert "has schema 9999, and this program knows up to" in error
    assert error.endswith("run the newer emprox that made it, or restore an older backup")


def test_an_export_that_fails_leaves_the_file_that_was_there(
    emprox: Emprox, tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "cells.csv"
    out.write_text("what was there")

    def broken(*_: object) -> Iterator[object]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.exchange.text_stream.CsvStream.body", broken)
    error = emprox("export", out, "--study", "cells").error

    assert error == f"{out} cannot be written: No space left on device"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["cells.csv"]
    assert out.read_text() == "what was there"


def test_a_data_directory_and_a_study_that_are_not_there_are_told(
    emprox: Emprox, tmp_path: Path, data_dir: Path
) -> None:
    empty = emprox("export", tmp_path / "cells.csv", "--data-dir", tmp_path / "none").error
    unknown = emprox("export", tmp_path / "cells.csv", "--study", "none").error

    assert empty.startswith(f"data directory {tmp_path / 'none'} has no database")
    assert unknown == "there is no study 'none': declare it first"
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["cells.csv", "cells.jsonl"])
def test_a_bad_row_ends_the_import_and_nothing_of_its_batch_is_stored(
    emprox: Emprox, tmp_path: Path, data_dir: Path, elsewhere: Path, name: str
) -> None:
    path = tmp_path / name
    emprox("export", path, "--study", "cells")
    path.write_text(path.read_text().replace("completed", "complete", 3).replace("complete", "completed", 2))

    error = emprox("import", path, "--study", "cells", "--data-dir", elsewhere).error

    assert error == (
        f"row 3 of {path}: status: Input should be 'completed' or 'failed' (it is 'complete') "
        "(nothing was stored; --skip-invalid goes on without such rows)"
    )
    with closing(open_sqlite_store(elsewhere)) as store:
        assert [record.study.name for record in store.studies()] == ["default"]


def test_bad_rows_are_skipped_into_a_file(emprox: Emprox, tmp_path: Path, data_dir: Path, elsewhere: Path) -> None:
    path, skipped = tmp_path / "cells.csv", tmp_path / "skipped.jsonl"
    emprox("export", path, "--study", "cells")
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    rows[1][header.index("metrics.val_accuracy")] = "n/a"
    rows[2][header.index("observed_at")] = "0001-01-01T00:00:00+14:00"
    rows[4][header.index("architecture_id")] = "0" * 32
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows, ["short"]])

    ran = emprox("import", path, "--study", "cells", "--data-dir", elsewhere, "--skip-invalid", skipped)

    assert ran.err == "3 observations imported into 'cells', 0 were there already, 4 skipped\n"
    found = {row["row"]: row["reason"] for row in map(json.loads, lines_of(skipped))}
    assert found[2] == "metrics.val_accuracy: Input should be a valid number (it is 'n/a')"
    assert "does not exist in UTC" in found[3]
    assert found[5].endswith("leave it out to have it computed")
    assert found[7] == "it has 1 fields, and the header 15"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cells.parquet", b"PAR1 this is none PAR1"),
        ("cells.parquet", b""),
        ("cells.csv.gz", b"\x1f\x8b\x08 broken"),
        ("cells.jsonl", b"\xff\xfe"),
    ],
)
def test_a_damaged_file_is_told_and_leaves_the_store_as_it_was(
    emprox: Emprox, tmp_path: Path, elsewhere: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    error = emprox("import", path, "--study", "cells", "--data-dir", elsewhere).error

    assert error.startswith(f"{path} cannot be read")
    assert not elsewhere.exists()


def test_a_file_that_breaks_off_is_told(emprox: Emprox, tmp_path: Path, data_dir: Path, elsewhere: Path) -> None:
    path = tmp_path / "cells.csv.gz"
    emprox("export", path, "--study", "cells")
    path.write_bytes(path.read_bytes()[:-20])

    error = emprox("import", path, "--study", "cells", "--data-dir", elsewhere).error

    assert error.startswith(f"{path} cannot be read: ")


def test_an_export_of_another_study_is_not_mixed_in(emprox: Emprox, tmp_path: Path, data_dir: Path) -> None:
    emprox("export", tmp_path / "cells.jsonl", "--study", "cells")

    error = emprox("import", tmp_path / "cells.jsonl").error

    assert error == ("study 'default' has the proxies none, and the file hint: import it into another study")


@pytest.mark.parametrize("ours", [{}, {"epochs": 300}, {"subset": 1}])
def test_trainings_are_not_mixed_into_a_study_with_another_full_one(
    emprox: Emprox, tmp_path: Path, data_dir: Path, elsewhere: Path, ours: dict[str, float]
) -> None:
    with closing(open_sqlite_store(data_dir)) as store:
        store.declare(replace(STUDY, name="epochs", fidelity={"epochs": 200}))
        store.append("epochs", [trained(0, fidelity={"epochs": 12}), trained(1)])
    with closing(open_sqlite_store(elsewhere)) as store:
        store.declare(replace(STUDY, name="epochs", fidelity=ours))
    emprox("export", tmp_path / "cells.jsonl", "--study", "epochs")

    error = emprox("import", tmp_path / "cells.jsonl", "--study", "epochs", "--data-dir", elsewhere).error

    assert error.startswith("a full training of study 'epochs' is ")
    assert "and one of the file epochs 200, so that what was trained for less would count for more" in error
    assert error.endswith("import it into another study")
    assert stored(elsewhere, "epochs") == []


@pytest.mark.parametrize("name", NAMES)
def test_notes_of_a_study_without_fidelity_count_where_it_is_declared(
    emprox: Emprox, tmp_path: Path, data_dir: Path, elsewhere: Path, name: str
) -> None:
    """One of them was no number at first, and was corrected."""
    with closing(open_sqlite_store(data_dir)) as store:
        store.declare(replace(STUDY, name="notes"))
        store.append("notes", [trained(0, fidelity={"epochs": 200}), trained(1, fidelity={"epochs": "twelve"})])
        store.correct("notes", [Correction("run-1", Action.AMEND, changes={"fidelity": {"epochs": 12}})])
    with closing(open_sqlite_store(elsewhere)) as store:
        store.declare(replace(STUDY, name="epochs", fidelity={"epochs": 200, "subset": 1}))
    emprox("export", tmp_path / name, "--study", "notes")

    ran = emprox("import", tmp_path / name, "--study", "epochs", "--data-dir", elsewhere)

    assert ran.status == 0
    assert stored(elsewhere, "epochs") == stored(data_dir, "notes")


def test_a_csv_file_without_its_description_needs_the_study(
    emprox: Emprox, tmp_path: Path, data_dir: Path, elsewhere: Path
) -> None:
    path = tmp_path / "cells.csv"
    emprox("export", path, "--study", "cells")
    (tmp_path / "cells.study.json").unlink()

    error = emprox("import", path, "--study", "cells", "--data-dir", elsewhere).error
    with closing(open_sqlite_store(elsewhere)) as store:
        store.declare(STUDY)
    ran = emprox("import", path, "--study", "cells", "--data-dir", elsewhere)

    assert error == "there is no study 'cells', and the file does not describe it: declare it first"
    assert ran.status == 0
    assert stored(elsewhere) == stored(data_dir)


def test_an_observation_that_was_corrected_otherwise_here_is_a_bad_row(
    emprox: Emprox, tmp_path: Path, data_dir: Path
) -> None:
    emprox("export", tmp_path / "cells.jsonl", "--study", "cells")
    changed = (tmp_path / "cells.jsonl").read_text().replace('"mara"', '"noor"')
    (tmp_path / "cells.jsonl").write_text(changed)

    error = emprox("import", tmp_path / "cells.jsonl", "--study", "cells").error

    assert error.startswith(f"row 3 of {tmp_path / 'cells.jsonl'}: observation 'run-2' was corrected otherwise here")


@pytest.mark.parametrize(
    ("was", "becomes", "reason"),
    [
        ('"known":0', f'"known":{2**70}', "expected.val_accuracy.known: "),
        ('"score":92.0', '"score":1e300', "expected.val_accuracy.score: "),
        ('"revision":2,"action"', '"revision":1,"action"', "a correction has revision 1: after what came before it"),
    ],
)
def test_what_no_server_could_have_noted_is_a_bad_row(
    emprox: Emprox, tmp_path: Path, data_dir: Path, elsewhere: Path, was: str, becomes: str, reason: str
) -> None:
    path = tmp_path / "noted.jsonl"
    with closing(open_sqlite_store(data_dir)) as store:
        store.declare(replace(STUDY, name="noted"))
        expected = {"val_accuracy": Expectation(Estimate(92.0, None, None, None), 92.0, None, 0)}
        store.append("noted", [trained(0, expected=expected)])
        store.correct("noted", [Correction("run-0", Action.RETRACT)])
    emprox("export", path, "--study", "noted")
    path.write_text(path.read_text().replace(was, becomes))

    error = emprox("import", path, "--study", "noted", "--data-dir", elsewhere).error

    assert error.startswith(f"row 1 of {path}: {reason}")
