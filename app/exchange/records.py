"""Between an observation with its history and its record in a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain.correction import Action, Corrected, History
from app.domain.observation import Observation, Status
from app.domain.prediction import Estimate, Expectation
from app.exchange.schemas import ContentRecord, ExpectationRecord, Record


def plain(history: History) -> dict[str, Any]:
    """A `Record` as plain JSON values: models would take ten times as long."""
    observation = history.observation
    return {
        "observation_id": observation.observation_id,
        **_content(observation),
        "observed_at": written_time(observation.observed_at),
        "revision": observation.revision,
        "corrections": [_correction(each) for each in history.corrections],
    }


def written_time(time: datetime) -> str:
    """RFC 3339 with microseconds, in UTC as all times of the domain are."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def history(record: Record) -> History:
    """The observation of a record; its architecture id is empty where the record leaves it out."""
    own = (record.observation_id, record.observed_at, record.revision)
    corrections = tuple(
        Corrected(
            each.revision,
            Action(each.action),
            each.actor,
            each.reason,
            _observation(each.before, *own),
            each.corrected_at,
        )
        for each in record.corrections
    )
    return History(_observation(record, *own), corrections)


def _content(observation: Observation) -> dict[str, Any]:
    return {
        "architecture_id": observation.architecture_id,
        "architecture": observation.notation,
        "status": observation.status.value,
        "metrics": dict(observation.metrics),
        "fidelity": dict(observation.fidelity),
        "proxies": dict(observation.proxies),
        "seed": observation.seed,
        "worker": observation.worker,
        "metadata": dict(observation.metadata),
        "retracted": observation.retracted,
        "expected": {name: _expected(each) for name, each in observation.expected.items()},
    }


def _expected(expected: Expectation) -> dict[str, float | None]:
    estimate = expected.estimate
    return {
        "score": estimate.score,
        "std": estimate.std,
        "lower": estimate.lower,
        "upper": estimate.upper,
        "nearest": expected.nearest,
        "deviation": expected.deviation,
        "known": expected.known,
    }


def _correction(made: Corrected) -> dict[str, Any]:
    return {
        "revision": made.revision,
        "action": made.action.value,
        "actor": made.actor,
        "reason": made.reason,
        "corrected_at": written_time(made.corrected_at),
        "before": _content(made.before),
    }


def _observation(content: ContentRecord, observation_id: str, observed_at: datetime, revision: int) -> Observation:
    return Observation(
        observation_id=observation_id,
        architecture_id=content.architecture_id or "",
        notation=content.architecture,
        metrics=content.metrics,
        observed_at=observed_at,
        status=Status(content.status),
        proxies=content.proxies,
        fidelity=content.fidelity,
        seed=content.seed,
        worker=content.worker,
        metadata=content.metadata,
        expected=_expectations(content.expected),
        retracted=content.retracted,
        revision=revision,
    )


def _expectations(records: Mapping[str, ExpectationRecord]) -> dict[str, Expectation]:
    return {
        name: Expectation(
            Estimate(each.score, each.std, each.lower, each.upper), each.nearest, each.deviation, each.known
        )
        for name, each in records.items()
    }
