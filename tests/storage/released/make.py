"""Makes a database as programs of a schema left it, with what must be read from it: `SCHEMA.sqlite3`, `SCHEMA.json`.

    PYTHONPATH=. python tests/storage/released/make.py 0005

Run it once for a new migration, with what that migration can hold added below, and commit both files. Never make one
again that was committed: it stands for the databases that are out there. Rows are inserted into the tables as the
migration left them, and not by today's program.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, insert

from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space
from app.spaces.nasbench201 import NasBench201
from app.spaces.space import SearchSpace
from app.storage.schema import MIGRATIONS
from app.storage.sqlite import sqlite_engine

START = datetime(2026, 3, 1, 23, 59, 59, 123456, tzinfo=UTC)
CHAINS = parse_declaration(
    {
        "kind": "graph",
        "operations": ["conv", "pool"],
        "skeleton": {"nodes": 5, "edges": [[0, 1], [1, 2], [2, 3], [3, 4]]},
    }
)
EXPECTED = [91.5, 0.8, 90.2, 92.8, 91.25, 1.125, 0]  # score, std, lower, upper, nearest, deviation, known
COLUMNS = ("score", "std", "lower", "upper", "nearest", "deviation", "known")


def contents(schema: str) -> dict[str, Any]:
    """What a database of a schema holds, as the newest program reads it."""
    spaces = [{"name": "chains", "declaration": CHAINS.to_json(), "created_at": moment(0)}]
    studies = [default_study(schema), second_study(schema)]
    return {"spaces": spaces if schema >= "0002" else [], "studies": studies}


def default_study(schema: str) -> dict[str, Any]:
    """Cells, some trained more than once, some that failed."""
    rng = np.random.default_rng(int(schema))
    space = NasBench201()
    metrics = [metric("val_accuracy", "maximize", "%"), metric("latency", "minimize", "ms")]
    observations: list[dict[str, Any]] = []
    for i in range(30):
        architecture = space.sample(rng)
        if i % 10 == 9:
            architecture = space.parse(observations[0]["notation"])  # trained again, with another seed
        failed = i % 7 == 6
        observations.append(
            observation(i, architecture.id, architecture.notation)
            | {
                "metrics": {} if failed else {"val_accuracy": 80 + i / 3, "latency": 1e-3 * (i + 1)},
                "status": "failed" if failed else "completed",
                "seed": [None, 0, 777, 2**63, 2**64 - 1, 1 - 2**63][i % 6],
                "revision": i // 3 + 1,  # sent three at a time
            }
        )
    study = {"name": "default", "space": "nasbench201", "created_at": moment(1), "revision": 10, "proxies": []}
    study |= {"metrics": metrics, "observations": observations, "corrections": [], "suggestions": []}
    if schema >= "0003":
        study["proxies"] = ["params", "accuracy_12_epochs"]
        for each in observations:
            if each["status"] == "completed":
                each["proxies"] = {"params": 1.5e6 + each["revision"], "accuracy_12_epochs": 0.1}
    if schema >= "0004":
        add_corrections(study)
    if schema >= "0005":
        add_suggestions(study, space, rng)
    if schema >= "0006":
        study |= {"encoder": "1", "encoder_target": None}
    if schema >= "0007":
        study["fidelity"] = {"epochs": 200, "subset": 1.0}
    return study


def second_study(schema: str) -> dict[str, Any]:
    """Chains of a space that was declared; before there were such spaces, cells of another study."""
    rng = np.random.default_rng(100 + int(schema))
    space = declared_space("chains", CHAINS) if schema >= "0002" else NasBench201()
    architectures = [space.sample(rng) for _ in range(6)]
    observations = [
        observation(i, each.id, each.notation) | {"metrics": {"top-1.err": 10.0 - i}, "revision": 1}
        for i, each in enumerate(architectures)
    ]
    study = {"name": "nightly.run-2", "space": space.name, "created_at": moment(2), "revision": 1, "proxies": []}
    study |= {"metrics": [metric("top-1.err", "minimize", "")], "observations": observations}
    if schema >= "0006":
        study |= {"encoder": None, "encoder_target": {"version": None, "only_if_better": True}}
    if schema >= "0007":
        study["fidelity"] = {}
    return study | {"corrections": [], "suggestions": []}


def add_corrections(study: dict[str, Any]) -> None:
    """What failures count as, what was expected, a metric added, and observations amended, retracted and restored."""
    study["metrics"][0]["failure_value"] = 10.0
    study["metrics"].append(metric("energy", "minimize", "J"))  # at revision 11, which leaves no other trace
    for each in study["observations"][3:]:
        each["expected"] = {"val_accuracy": EXPECTED} if "val_accuracy" in each["metrics"] else {}
    for number, revision, action, changes in [
        (1, 12, "amend", {"metrics": {"val_accuracy": 61.5}, "metadata": {"why": "falsches Maß"}}),
        (2, 13, "retract", {"retracted": True}),
        (4, 13, "retract", {"retracted": True}),
        (4, 14, "restore", {"retracted": False}),
    ]:
        corrected = study["observations"][number]
        before = {name: corrected[name] for name in corrected if name not in {"observation_id", "observed_at"}}
        study["corrections"].append(
            {
                "observation_id": corrected["observation_id"],
                "revision": revision,
                "action": action,
                "actor": None if action == "restore" else "zoë",
                "reason": "the split was wrong: 验证",
                "corrected_at": moment(1000 + revision),
                "before": before,
            }
        )
        corrected |= changes
    study["revision"] = 14


def add_suggestions(study: dict[str, Any], space: SearchSpace, rng: np.random.Generator) -> None:
    """Two that wait for their trainings; one expired long ago, the other expires when we are all gone."""
    for i, (worker, expires) in enumerate([(None, 2000), ("gpu-7", 5_000_000_000)]):
        architecture = space.sample(rng)
        study["suggestions"].append(
            {
                "suggestion_id": f"suggested-{i}",
                "architecture_id": architecture.id,
                "notation": architecture.notation,
                "origin": ["sample", "mutation"][i],
                "worker": worker,
                "created_at": moment(1500),
                "expires_at": moment(expires),
            }
        )


def metric(name: str, direction: str, unit: str) -> dict[str, Any]:
    """A metric whose failures do not count."""
    return {"name": name, "direction": direction, "unit": unit, "failure_value": None}


def observation(number: int, architecture_id: str, notation: object) -> dict[str, Any]:
    """A training that ended well, with all that a worker can say of it."""
    return {
        "observation_id": f"run-{number}",
        "architecture_id": architecture_id,
        "notation": notation,
        "observed_at": moment(60 * number),
        "status": "completed",
        "proxies": {},
        "fidelity": {"epochs": 12 + number, "subset": 0.5},
        "seed": None,
        "worker": None if number % 2 else "gpu-7 λ",
        "metadata": {"note": "naïve Überprüfung 验证 🙂", "ok": True, "none": None, "lr": 0.1},
        "expected": {},
        "retracted": False,
    }


def moment(seconds: float) -> str:
    """A point in time, after the start of it all."""
    return (START + timedelta(seconds=seconds)).isoformat()


def store(connection: Connection, held: dict[str, Any]) -> None:
    """Insert what a database holds; a column that its schema lacks is left out."""
    tables = MetaData()
    tables.reflect(connection)

    def add(table: str, row: dict[str, Any]) -> int:
        columns = tables.tables[table].c
        values = {name: _value(name, value) for name, value in row.items() if name in columns and value is not None}
        connection.execute(insert(tables.tables[table]), values)
        return int(connection.exec_driver_sql("SELECT last_insert_rowid()").scalar_one())

    for space in held["spaces"]:
        add("spaces", space)
    for study in held["studies"]:
        study_id = add("studies", study)
        metric_ids = {
            each["name"]: add("metrics", each | {"study_id": study_id, "position": position})
            for position, each in enumerate(study["metrics"])
        }
        numbers = {}
        for each in study["observations"]:
            number = numbers[each["observation_id"]] = add("observations", each | {"study_id": study_id})
            for row in measurement_rows(each):
                add("measurements", row | {"observation_id": number, "metric_id": metric_ids[row["name"]]})
        for each in study["corrections"]:
            before = {name: value for name, value in each["before"].items() if name != "revision"}
            before["seed"] = _value("seed", before["seed"])
            owner = {"study_id": study_id, "observation_id": numbers[each["observation_id"]]}
            add("corrections", each | owner | {"before": before})
        for each in study["suggestions"]:
            add("suggestions", each | {"study_id": study_id})


def measurement_rows(observation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What was measured, with what had been expected."""
    for name, value in observation["metrics"].items():
        expected = observation["expected"].get(name, [None] * len(COLUMNS))
        yield {"name": name, "value": value} | {f"expected_{c}": e for c, e in zip(COLUMNS, expected, strict=True)}


def _value(column: str, value: Any) -> Any:
    if column.endswith("_at"):
        return datetime.fromisoformat(value)
    return str(value) if column == "seed" and value is not None else value


def make(schema: str, folder: Path) -> None:
    """Write both files of a schema."""
    path = folder / f"{schema}.sqlite3"
    if path.exists():
        sys.exit(f"{path} is there already, and stands for the databases of its time: make one for a new schema")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    held = contents(schema)
    engine = sqlite_engine(path)
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, schema)
        store(connection, held)
    engine.dispose()
    (folder / f"{schema}.json").write_text(json.dumps(held, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    make(sys.argv[1], Path(__file__).parent)
