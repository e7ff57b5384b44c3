"""The databases in `released/`, and what a store holds in the shape of the JSON beside them."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.domain.correction import Corrected
from app.domain.observation import Observation
from app.domain.prediction import Expectation
from app.predictor.store import ObservationStore, StudyRecord
from app.storage.sqlite import DATABASE_FILE

RELEASED = Path(__file__).with_name("released")
SCHEMAS = sorted(path.stem for path in RELEASED.glob("*.sqlite3"))


def released(schema: str, directory: Path) -> Path:
    """The data directory of a program of that time."""
    directory.mkdir(exist_ok=True)
    shutil.copy(RELEASED / f"{schema}.sqlite3", directory / DATABASE_FILE)
    return directory


def held_by(schema: str) -> dict[str, Any]:
    """What must be read from that."""
    held: dict[str, Any] = json.loads((RELEASED / f"{schema}.json").read_text())
    return held


def read(store: ObservationStore) -> dict[str, Any]:
    """All that a store holds."""
    spaces = [
        {"name": each.name, "declaration": each.declaration, "created_at": each.created_at.isoformat()}
        for each in store.spaces()
    ]
    return {"spaces": spaces, "studies": [_study(store, record) for record in store.studies()]}


def _study(store: ObservationStore, record: StudyRecord) -> dict[str, Any]:
    study = record.study
    return {
        "name": study.name,
        "space": study.space,
        "proxies": list(study.proxies),
        "fidelity": dict(study.fidelity),
        "revision": record.revision,
        "created_at": record.created_at.isoformat(),
        "encoder": record.encoder,
        "encoder_target": asdict(record.target) if record.target else None,
        "metrics": [
            {"name": m.name, "direction": m.direction, "unit": m.unit, "failure_value": m.failure_value}
            for m in study.metrics
        ],
        "observations": [
            {"observation_id": each.observation_id, "observed_at": each.observed_at.isoformat(), **_content(each)}
            for each in store.observations(study.name, retracted=True)
        ],
        "corrections": [_correction(each) for each in store.corrections(study.name)],
        "suggestions": [
            {
                "suggestion_id": each.suggestion_id,
                "architecture_id": each.architecture_id,
                "notation": each.notation,
                "origin": each.origin,
                "worker": each.worker,
                "created_at": each.created_at.isoformat(),
                "expires_at": each.expires_at.isoformat(),
            }
            for each in store.suggestions(study.name)
        ],
    }


def _content(observation: Observation) -> dict[str, Any]:
    return {
        "architecture_id": observation.architecture_id,
        "notation": observation.notation,
        "metrics": dict(observation.metrics),
        "status": observation.status,
        "proxies": dict(observation.proxies),
        "fidelity": dict(observation.fidelity),
        "seed": observation.seed,
        "worker": observation.worker,
        "metadata": dict(observation.metadata),
        "expected": {name: _expected(each) for name, each in observation.expected.items()},
        "retracted": observation.retracted,
        "revision": observation.revision,
    }


def _expected(expected: Expectation) -> list[float | None]:
    estimate = expected.estimate
    numbers = [estimate.score, estimate.std, estimate.lower, estimate.upper]
    return [*numbers, expected.nearest, expected.deviation, expected.known]


def _correction(corrected: Corrected) -> dict[str, Any]:
    return {
        "observation_id": corrected.before.observation_id,
        "revision": corrected.revision,
        "action": corrected.action,
        "actor": corrected.actor,
        "reason": corrected.reason,
        "corrected_at": corrected.corrected_at.isoformat(),
        "before": _content(corrected.before),
    }
