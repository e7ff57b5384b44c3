"""`emprox import --optuna`, of real Optuna studies in SQLite."""

import json
import sqlite3
import sys
from contextlib import closing
from datetime import UTC
from pathlib import Path

import optuna
import pytest

from app.domain.observation import Observation, Status
from app.domain.study import Direction, Metric, Study
from app.spaces.declared.reading import parse_declaration
from app.storage.sqlite import open_sqlite_store

from .conftest import Emprox

CHOICES = {
    "kind": "choices",
    "variables": [{"name": "kernel", "values": [3, 5, 7]}, {"name": "act", "values": ["relu", "gelu"]}],
}
STUDY = Study("blocks", "blocks", (Metric("acc"), Metric("latency", Direction.MINIMIZE, "ms")))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Has a study of a space of choices."""
    directory = tmp_path / "data"
    with closing(open_sqlite_store(directory)) as store:
        store.declare_space("blocks", parse_declaration(CHOICES).to_json())
        store.declare(STUDY)
    return directory


@pytest.fixture
def storage(tmp_path: Path) -> str:
    """Six trials of `search`: four completed, one failed, one pruned; and one of `other`."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = f"sqlite:///{tmp_path / 'trials.db'}"
    study = optuna.create_study(storage=url, study_name="search", directions=["maximize", "minimize"])
    for i in range(6):
        trial = study.ask()
        trial.suggest_categorical("kernel", [3, 5, 7])
        trial.suggest_categorical("act", ["relu", "gelu"])
        if i < 4:
            study.tell(trial, [90.0 + i, 1 / (i + 1)])
        else:
            study.tell(trial, state=[optuna.trial.TrialState.FAIL, optuna.trial.TrialState.PRUNED][i - 4])
    optuna.create_study(storage=url, study_name="other")
    return url


def stored(data_dir: Path, study: str = "blocks") -> list[Observation]:
    with closing(open_sqlite_store(data_dir)) as store:
        return list(store.observations(study))


def test_finished_trials_become_observations(emprox: Emprox, data_dir: Path, storage: str) -> None:
    ran = emprox("import", "--optuna", storage, "--optuna-study", "search", "--study", "blocks")

    assert ran.err == "5 observations imported into 'blocks', 0 were there already\n"
    found = stored(data_dir)
    trials = optuna.load_study(study_name="search", storage=storage).trials
    assert [o.notation for o in found] == [{"choices": trial.params} for trial in trials[:5]]
    assert [o.metrics for o in found] == [*({"acc": 90.0 + i, "latency": 1 / (i + 1)} for i in range(4)), {}]
    assert [o.status for o in found] == [Status.COMPLETED] * 4 + [Status.FAILED]
    assert trials[0].datetime_complete is not None
    assert found[0].observed_at == trials[0].datetime_complete.astimezone(UTC)
    assert found[0].metadata["optuna_trial"] == 0
    assert found[4].metadata["state"] == "FAIL"


def test_trials_that_were_imported_count_once(emprox: Emprox, data_dir: Path, storage: str) -> None:
    command = ["import", "--optuna", storage, "--optuna-study", "search", "--study", "blocks"]
    emprox(*command, "--limit", 2)

    again = emprox(*command)

    assert again.err == "3 observations imported into 'blocks', 2 were there already\n"


def test_an_objective_is_named_for_a_metric(emprox: Emprox, data_dir: Path, storage: str) -> None:
    command = ["import", "--optuna", storage, "--optuna-study", "search", "--study", "blocks"]

    wrong = emprox(*command, "--metric", "acc=1").error
    missing = emprox(*command, "--metric", "acc=2").error
    emprox(*command, "--metric", "latency=1")

    assert wrong.startswith("objective 1 is to minimize, and metric 'acc' to maximize")
    assert missing == "the Optuna study has 2 objectives, counted from 0, and none 2"
    assert stored(data_dir)[0].metrics == {"latency": 1.0}


def test_an_attribute_holds_the_architecture(emprox: Emprox, tmp_path: Path, notations: list[str]) -> None:
    url = f"sqlite:///{tmp_path / 'cells.db'}"
    study = optuna.create_study(storage=url, study_name="cells", direction="maximize")
    for cell in [*notations[:2], "no cell"]:
        trial = study.ask()
        trial.set_user_attr("cell", cell)
        study.tell(trial, 91.5)
    skipped = tmp_path / "skipped.jsonl"

    error = emprox("import", "--optuna", url).error
    ran = emprox("import", "--optuna", url, "--architecture", "cell", "--skip-invalid", skipped)

    assert error.startswith("search space 'nasbench201' is no space of choices: name the parameter or user attribute")
    assert ran.err == "2 observations imported into 'default', 0 were there already, 1 skipped\n"
    assert [o.notation for o in stored(tmp_path / "data", "default")] == notations[:2]
    assert json.loads(skipped.read_text())["row"] == 2


def test_a_storage_without_the_study_and_none_at_all_are_told(
    emprox: Emprox, tmp_path: Path, data_dir: Path, storage: str
) -> None:
    several = emprox("import", "--optuna", storage, "--study", "blocks").error
    unknown = emprox("import", "--optuna", storage, "--optuna-study", "none", "--study", "blocks").error
    absent = emprox("import", "--optuna", "sqlite:////none/none.db", "--study", "blocks").error

    assert several == "the Optuna storage has the studies other, search: name one with --optuna-study"
    assert unknown.endswith("'none' is none of them")
    assert absent.startswith("there is no Optuna storage ")


def test_without_optuna_the_way_to_install_it_is_told(
    emprox: Emprox, data_dir: Path, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)

    error = emprox("import", "--optuna", storage, "--study", "blocks").error

    assert error == "Optuna is not installed here: pip install 'emprox-server[optuna]'"


def test_a_file_and_a_storage_are_not_imported_at_once(emprox: Emprox, table: Path, storage: str) -> None:
    assert emprox("import", table, "--optuna", storage).error == (
        "name a file to import, or an Optuna storage with --optuna"
    )


def test_the_store_itself_is_no_storage_and_stays_as_it_is(emprox: Emprox, data_dir: Path) -> None:
    database = data_dir / "emprox.sqlite3"

    ran = emprox("import", "--optuna", f"sqlite:///{database}", "--study", "blocks")

    assert ran.error == f"{database} is no storage of Optuna: name its file as in sqlite:///trials.db"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'trials'").fetchall() == []


def test_a_storage_that_is_not_there_is_not_made(emprox: Emprox, data_dir: Path, tmp_path: Path) -> None:
    missing = tmp_path / "trails.db"

    ran = emprox("import", "--optuna", f"sqlite:///{missing}", "--study", "blocks")

    assert ran.error == f"there is no Optuna storage {missing}: name its file as in sqlite:///trials.db"
    assert not missing.exists()
