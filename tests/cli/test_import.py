import asyncio
import json
from contextlib import closing
from pathlib import Path

import pytest

from app.bootstrap import open_predictor
from app.domain.study import Metric, Study
from app.predictor.requests import Description, PredictionQuery
from app.settings import Settings
from app.storage.data_directory import locked
from app.storage.sqlite import open_sqlite_store

from .conftest import Emprox
from .tables import accuracy, table_of

METRIC = "val_accuracy=acc"
NOT_A_CELL = "|conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Where the commands of these tests keep their store."""
    return tmp_path / "data"


def described(data_dir: Path) -> Description:
    """The default study, as the next server finds it."""
    predictor = open_predictor(Settings(data_dir))
    try:
        predictor.load()
        return asyncio.run(predictor.describe("default"))
    finally:
        predictor.close()


def test_the_rows_of_a_table_become_observations(emprox: Emprox, table: Path, data_dir: Path) -> None:
    ran = emprox("import", table, "--metric", METRIC)

    assert (ran.status, ran.out) == (0, "")
    assert "60 observations imported into 'default', 0 were there already" in ran.err
    assert described(data_dir).n_observations == 60


def test_a_table_of_quick_trainings_says_so(emprox: Emprox, table: Path, data_dir: Path) -> None:
    with closing(open_sqlite_store(data_dir)) as store:
        store.declare(Study("cells", "nasbench201", (Metric("val_accuracy"),), fidelity={"epochs": 200}))

    for fidelity in ("epochs=12", "epochs=acc"):
        ran = emprox("import", table, "--metric", METRIC, "--fidelity", fidelity, "--study", "cells")
        assert "60 observations imported into 'cells', 0 were there already" in ran.err
    again = emprox("import", table, "--metric", METRIC, "--fidelity", "epochs=12", "--study", "cells")
    wrong = emprox("import", table, "--metric", METRIC, "--fidelity", "epochs=300", "--study", "cells")

    assert "0 observations imported into 'cells', 60 were there already" in again.err
    assert wrong.status == 1
    assert "row 1" in wrong.err
    assert "fidelity 'epochs' is 300.0: it must be a number above 0 and at most 200" in wrong.err
    with closing(open_sqlite_store(data_dir)) as store:
        trained = list(store.observations("cells"))
    assert [each.fidelity for each in trained[:60]] == [{"epochs": 12}] * 60
    assert all(each.fidelity == {"epochs": each.metrics["val_accuracy"]} for each in trained[60:])


@pytest.mark.parametrize("fidelity", ["epoch=12", "Epochs=12", "=12", "subset=acc"])
def test_a_fidelity_that_the_study_does_not_declare_is_refused(
    emprox: Emprox, table: Path, data_dir: Path, fidelity: str
) -> None:
    with closing(open_sqlite_store(data_dir)) as store:
        store.declare(Study("cells", "nasbench201", (Metric("val_accuracy"),), fidelity={"epochs": 200}))

    ran = emprox("import", table, "--metric", METRIC, "--fidelity", fidelity, "--study", "cells")

    assert ran.status == 1
    name = fidelity.partition("=")[0]
    assert f"study 'cells' declares no fidelity {name!r}, so that all rows would count as full trainings" in ran.err
    assert "what it declares is epochs" in ran.err


@pytest.mark.parametrize("fidelity", ["=12", "Epochs=12", f"{'e' * 201}=12"])
def test_a_fidelity_that_no_study_could_declare_is_refused(emprox: Emprox, table: Path, fidelity: str) -> None:
    ran = emprox("import", table, "--metric", METRIC, "--fidelity", fidelity)

    assert ran.status == 1
    assert "is not 1 to 64 characters of a-z 0-9 . _ -" in ran.err


@pytest.mark.parametrize("of", [["cells.jsonl"], ["--optuna", "sqlite:///trials.db", "--metric", "val_accuracy"]])
@pytest.mark.parametrize("given", [["--fidelity", "epochs=12"], ["--proxy", "synflow"]])
def test_what_only_a_table_can_be_given_is_refused_elsewhere(emprox: Emprox, of: list[str], given: list[str]) -> None:
    error = emprox("import", *of, *given).error

    assert error.startswith("--proxy and --fidelity are of a table, whose columns --metric names")


@pytest.mark.parametrize("number", ["nan", "inf", "-Infinity", "1e400"])
def test_a_fidelity_that_is_no_finite_number_is_taken_for_a_column(emprox: Emprox, table: Path, number: str) -> None:
    ran = emprox("import", table, "--metric", METRIC, "--fidelity", f"epochs={number}")

    assert ran.status == 1
    assert f"has no column {number!r}" in ran.err


def test_a_value_is_stored_under_the_name_of_the_metric(
    emprox: Emprox, tmp_path: Path, notations: list[str], data_dir: Path
) -> None:
    emprox("import", table_of(tmp_path / "one.csv", notations[:1]), "--metric", METRIC)

    predictor = open_predictor(Settings(data_dir))
    try:
        predictor.load()
        answer = asyncio.run(predictor.predict(PredictionQuery("default", notations[:1])))
    finally:
        predictor.close()
    (prediction,) = answer.predictions
    assert not isinstance(prediction, Exception)
    assert prediction.metrics["val_accuracy"].score == pytest.approx(accuracy(notations[0]))


def test_a_compressed_table_is_read_as_a_plain_one(
    emprox: Emprox, tmp_path: Path, notations: list[str], data_dir: Path
) -> None:
    table = table_of(tmp_path / "table.csv.gz", notations)

    assert emprox("import", table, "--metric", METRIC).status == 0
    assert described(data_dir).n_observations == 60


def test_limit_takes_the_first_rows(emprox: Emprox, table: Path, data_dir: Path) -> None:
    ran = emprox("import", table, "--metric", METRIC, "--limit", 7)

    assert "7 observations imported" in ran.err
    assert described(data_dir).n_observations == 7


def test_importing_again_is_harmless_and_says_so(emprox: Emprox, table: Path, data_dir: Path) -> None:
    emprox("import", table, "--metric", METRIC, "--limit", 7)

    again = emprox("import", table, "--metric", METRIC)

    assert "53 observations imported into 'default', 7 were there already" in again.err
    assert described(data_dir).n_observations == 60


def test_rows_without_a_value_are_left_out(emprox: Emprox, table: Path, notations: list[str], data_dir: Path) -> None:
    table.write_text(f"arch,acc\n{notations[0]},\n{notations[1]},90\n")

    assert "1 observations imported" in emprox("import", table, "--metric", METRIC).err


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{NOT_A_CELL},90", "operation 'conv_5x5' of edge 0->1 is not one of"),
        (",90", "a NAS-Bench-201 cell lists the edges"),
        ("{cell},n/a", "'n/a' in column 'acc' is no finite number"),
        ("{cell},nan", "'nan' in column 'acc' is no finite number"),
    ],
)
def test_a_bad_row_is_told_by_its_number_and_nothing_of_its_batch_is_stored(
    emprox: Emprox, table: Path, notations: list[str], data_dir: Path, row: str, reason: str
) -> None:
    with table.open("a") as file:
        file.write(row.replace("{cell}", notations[0]) + f"\n{notations[1]},90\n")

    error = emprox("import", table, "--metric", METRIC).error

    assert error.startswith(f"row 61 of {table}: {reason}")
    assert described(data_dir).n_observations == 0


def test_the_batches_before_a_bad_row_stay(
    emprox: Emprox, tmp_path: Path, notations: list[str], data_dir: Path
) -> None:
    table = table_of(tmp_path / "long.csv", [*(notations * 17)[:1002], NOT_A_CELL])

    error = emprox("import", table, "--metric", METRIC).error

    assert error.startswith(f"row 1003 of {table}: ")
    assert described(data_dir).n_observations == 1000


def test_bad_rows_are_skipped_into_a_file_with_number_reason_and_content(
    emprox: Emprox, table: Path, notations: list[str], data_dir: Path, tmp_path: Path
) -> None:
    skipped = tmp_path / "skipped.jsonl"
    with table.open("a") as file:
        file.write(f"{NOT_A_CELL},90\n{notations[0]},n/a\n{notations[1]},90\n")

    ran = emprox("import", table, "--metric", METRIC, "--skip-invalid", skipped)

    assert "61 observations imported into 'default', 0 were there already, 2 skipped" in ran.err
    assert described(data_dir).n_observations == 61
    found = [json.loads(line) for line in skipped.read_text().splitlines()]
    assert {row["row"] for row in found} == {61, 62}
    by_number = {row["row"]: row for row in found}
    assert by_number[61]["reason"].startswith("operation 'conv_5x5' of edge 0->1 is not one of")
    assert by_number[61]["content"]["architecture"] == NOT_A_CELL
    assert by_number[62]["reason"] == "'n/a' in column 'acc' is no finite number"
    assert by_number[62]["content"] == {"arch": notations[0], "acc": "n/a"}


def test_the_table_itself_cannot_take_what_is_skipped(emprox: Emprox, table: Path) -> None:
    before = table.read_bytes()

    error = emprox("import", table, "--metric", METRIC, "--skip-invalid", table).error

    assert error == f"{table} is what is imported: name another file for what is skipped"
    assert table.read_bytes() == before


def test_a_table_without_a_metric_is_told_to_need_one(emprox: Emprox, table: Path, data_dir: Path) -> None:
    error = emprox("import", table).error

    assert error == f"{table} is no export of emprox: say what its columns are with --metric and --architecture"
    assert not data_dir.exists()


def test_another_column_may_hold_the_architecture(emprox: Emprox, tmp_path: Path, notations: list[str]) -> None:
    table = table_of(tmp_path / "table.csv", notations, column="cell")

    assert emprox("import", table, "--metric", METRIC, "--architecture", "cell").status == 0
    assert emprox("import", table, "--metric", METRIC).error.endswith("no column 'arch': its columns are cell, acc")


def test_an_unknown_column_is_told_with_those_that_there_are(emprox: Emprox, table: Path) -> None:
    error = emprox("import", table, "--metric", "val_accuracy=accuracy").error

    assert error == f"{table} has no column 'accuracy': its columns are arch, acc"


def test_an_unknown_study_is_told_with_the_way_to_declare_it(emprox: Emprox, table: Path) -> None:
    error = emprox("import", table, "--metric", METRIC, "--study", "mine").error

    assert error == "there is no study 'mine': declare it with PUT /studies/{name}"


def test_an_unknown_metric_is_told_with_those_that_the_study_records(emprox: Emprox, table: Path) -> None:
    error = emprox("import", table, "--metric", "acc").error

    assert error == (
        f"row 1 of {table}: study 'default' has no metric 'acc': it records val_accuracy "
        "(nothing was stored; --skip-invalid goes on without such rows)"
    )


def test_a_metric_that_is_given_twice_is_refused(emprox: Emprox, table: Path) -> None:
    error = emprox("import", table, "--metric", METRIC, "--metric", "val_accuracy=arch").error

    assert error == "metric 'val_accuracy' is given twice, as acc and as arch: give it once"


def test_an_absent_table_is_named(emprox: Emprox, tmp_path: Path) -> None:
    error = emprox("import", tmp_path / "absent.csv", "--metric", METRIC).error

    assert error.startswith(f"{tmp_path / 'absent.csv'} cannot be read as a CSV table")


def test_a_data_directory_that_a_server_holds_is_refused(emprox: Emprox, table: Path, data_dir: Path) -> None:
    with locked(data_dir):
        error = emprox("import", table, "--metric", METRIC).error

    assert error.startswith(f"data directory {data_dir} is held by another emprox")


def test_a_value_beyond_the_bound_is_refused_with_its_row(emprox: Emprox, tmp_path: Path, data_dir: Path) -> None:
    cell = "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"
    (tmp_path / "big.csv").write_text(f"arch,acc\n{cell},90\n{cell},1e308\n")

    ran = emprox("import", tmp_path / "big.csv", "--metric", METRIC)

    assert ran.status == 1
    assert "row 2" in ran.err
    assert "it must be a number from -1e+100 to 1e+100" in ran.err
    assert described(data_dir).n_observations == 0


def test_a_table_counts_once_whether_it_is_compressed_or_not(emprox: Emprox, tmp_path: Path, data_dir: Path) -> None:
    cells = ["|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"]
    plain, compressed = table_of(tmp_path / "one.csv", cells), table_of(tmp_path / "one.csv.gz", cells)

    emprox("import", plain, "--metric", METRIC)
    ran = emprox("import", compressed, "--metric", METRIC)

    assert "0 observations imported into 'default', 1 were there already" in ran.err
    assert described(data_dir).n_observations == 1


def test_proxies_are_imported_and_a_second_import_with_others_is_refused(
    emprox: Emprox, tmp_path: Path, notations: list[str], data_dir: Path
) -> None:
    table = tmp_path / "table.csv"
    rows = [f"{cell},90.{i},{i},{-i}" for i, cell in enumerate(notations[:3])]
    table.write_text("".join(f"{row}\n" for row in ["arch,val_accuracy,early,late", *rows]))
    store = open_sqlite_store(data_dir)
    store.declare(Study("hinted", "nasbench201", (Metric("val_accuracy"),), ("hint",)))
    store.close()
    command = ["import", table, "--metric", "val_accuracy", "--study", "hinted"]

    without = emprox(*command)
    ran = emprox(*command, "--proxy", "hint=early")
    other = emprox(*command, "--proxy", "hint=late")

    assert (without.status, ran.status, other.status) == (1, 0, 1)
    assert "row 1 of" in without.err
    assert "proxies are missing: hint" in without.err
    assert "it was imported before with other proxies: import it into another study" in other.err
    store = open_sqlite_store(data_dir)
    assert [observation.proxies for observation in store.observations("hinted")] == [{"hint": i} for i in range(3)]
    store.close()
