"""Between the dataclasses of the domain and the rows of the tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from app.domain.correction import Action, Corrected
from app.domain.observation import Observation, Status
from app.domain.prediction import Estimate, Expectation
from app.domain.study import Direction, Metric, Study
from app.predictor.ports import EncoderTarget
from app.predictor.store import StudyRecord, StudyVersion

AnyRow = Row[*tuple[Any, ...]]

_EXPECTED = ("score", "std", "lower", "upper", "nearest", "deviation", "known")
EXPECTED_COLUMNS = tuple(f"expected_{name}" for name in _EXPECTED)
MEASUREMENT_COLUMNS = ("observation_id", "metric_id", "value", *EXPECTED_COLUMNS)

_CORRECTABLE = (
    "architecture_id",
    "notation",
    "status",
    "proxies",
    "fidelity",
    "seed",
    "worker",
    "metadata",
    "retracted",
)
NEW_OBSERVATION_COLUMNS = ("study_id", "observation_id", "revision", "observed_at", *_CORRECTABLE)


def study_record(row: AnyRow, metric_rows: Sequence[AnyRow]) -> StudyRecord:
    """A study from its row, which carries its counts as well, and the rows of its metrics in order."""
    n_observations = row.n_stored - row.n_retracted
    return StudyRecord(
        _study(row, metric_rows),
        row.revision,
        n_observations,
        row.created_at,
        row.n_retracted,
        row.corrected or 0,
        row.encoder,
        _target(row),
        row.restored,
    )


def study_version(row: AnyRow, metric_rows: Sequence[AnyRow]) -> StudyVersion:
    """What tells whether a study is what it was, from its row with the last correction, and the rows of its metrics."""
    return StudyVersion(
        _study(row, metric_rows),
        row.created_at,
        row.revision,
        row.corrected or 0,
        row.encoder,
        _target(row),
        row.restored,
    )


def _target(row: AnyRow) -> EncoderTarget | None:
    return EncoderTarget(**row.encoder_target) if row.encoder_target else None


def metric_row(study_id: int, position: int, metric: Metric) -> dict[str, object]:
    """The row of a metric."""
    return {
        "study_id": study_id,
        "position": position,
        "name": metric.name,
        "direction": metric.direction,
        "unit": metric.unit,
        "failure_value": metric.failure_value,
    }


def observation(row: AnyRow, metrics: Mapping[str, float], expected: Mapping[str, Expectation]) -> Observation:
    """An observation from its row, what was measured, and what had been expected."""
    return Observation(
        observation_id=row.observation_id,
        architecture_id=row.architecture_id,
        notation=row.notation,
        metrics=metrics,
        observed_at=row.observed_at,
        status=Status(row.status),
        proxies=row.proxies,
        fidelity=row.fidelity,
        seed=None if row.seed is None else int(row.seed),
        worker=row.worker,
        metadata=row.metadata,
        expected=expected,
        retracted=row.retracted,
        revision=row.revision,
    )


def observation_row(observation: Observation) -> dict[str, object]:
    """The columns of an observation that a correction can change."""
    return dict(zip(_CORRECTABLE, _correctable(observation), strict=True))


def new_observation_row(observation: Observation, study_id: int, revision: int) -> tuple[object, ...]:
    """The values of `NEW_OBSERVATION_COLUMNS` of an observation that comes to a study with this revision."""
    of_study = (study_id, observation.observation_id, revision, observation.observed_at)
    return (*of_study, *_correctable(observation))


def measurement_rows(observation: Observation, number: int, metric_ids: Mapping[str, int]) -> list[tuple[object, ...]]:
    """The values of `MEASUREMENT_COLUMNS` for all that was measured, with what had been expected.

    Raises:
        KeyError: `metric_ids` lacks a metric.
    """
    expected = observation.expected
    return [
        (number, metric_ids[name], value, *_expected_values(expected.get(name)))
        for name, value in observation.metrics.items()
    ]


def expectation(values: Sequence[Any]) -> Expectation | None:
    """What had been expected, from the values of `EXPECTED_COLUMNS`."""
    score, std, lower, upper, nearest, deviation, known = values
    return None if known is None else Expectation(Estimate(score, std, lower, upper), nearest, deviation, known)


def content(observation: Observation) -> dict[str, object]:
    """An observation as the audit log keeps it, as JSON: all that can be corrected."""
    return {
        **observation_row(observation),
        "metrics": dict(observation.metrics),
        "expected": {name: _expected_values(each) for name, each in observation.expected.items()},
    }


def correction_row(made: Corrected, study_id: int, number: int) -> dict[str, object]:
    """The row of a correction of the observation in row `number`."""
    return {
        "study_id": study_id,
        "observation_id": number,
        "revision": made.revision,
        "action": made.action,
        "actor": made.actor,
        "reason": made.reason,
        "before": content(made.before),
        "corrected_at": made.corrected_at,
    }


def corrected(row: AnyRow, observation_id: str, observed_at: datetime, revision: int) -> Corrected:
    """An entry of the audit log from its row, and what of its observation never changes."""
    was = before(row, observation_id, observed_at, revision)
    return Corrected(row.revision, Action(row.action), row.actor, row.reason, was, row.corrected_at)


def before(row: AnyRow, observation_id: str, observed_at: datetime, revision: int) -> Observation:
    """The observation as it was before a correction, from the row of that and what of it never changes."""
    kept = row.before
    expected = {name: expectation(values) for name, values in kept["expected"].items()}
    return Observation(
        observation_id=observation_id,
        architecture_id=kept["architecture_id"],
        notation=kept["notation"],
        metrics=kept["metrics"],
        observed_at=observed_at,
        status=Status(kept["status"]),
        proxies=kept["proxies"],
        fidelity=kept["fidelity"],
        seed=None if kept["seed"] is None else int(kept["seed"]),
        worker=kept["worker"],
        metadata=kept["metadata"],
        expected={name: each for name, each in expected.items() if each is not None},
        retracted=kept["retracted"],
        revision=revision,
    )


def _correctable(observation: Observation) -> tuple[object, ...]:
    """The values of `_CORRECTABLE`."""
    return (
        observation.architecture_id,
        observation.notation,
        observation.status.value,
        _plain(observation.proxies),
        _plain(observation.fidelity),
        None if observation.seed is None else str(observation.seed),
        observation.worker,
        _plain(observation.metadata),
        observation.retracted,
    )


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return values if isinstance(values, dict) else dict(values)


def _expected_values(expected: Expectation | None) -> list[float | int | None]:
    if expected is None:
        return [None] * len(EXPECTED_COLUMNS)
    estimate = expected.estimate
    return [
        estimate.score,
        estimate.std,
        estimate.lower,
        estimate.upper,
        expected.nearest,
        expected.deviation,
        expected.known,
    ]


def _study(row: AnyRow, metric_rows: Sequence[AnyRow]) -> Study:
    metrics = tuple(
        Metric(metric.name, Direction(metric.direction), metric.unit, metric.failure_value) for metric in metric_rows
    )
    return Study(row.name, row.space, metrics, tuple(row.proxies), row.fidelity)
