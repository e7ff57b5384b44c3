"""Between the dataclasses of the domain and the rows of the tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from app.domain.observation import Observation, Status
from app.domain.study import Direction, Metric, Study
from app.predictor.ports import StudyRecord

AnyRow = Row[*tuple[Any, ...]]


def study_record(row: AnyRow, metric_rows: Sequence[AnyRow]) -> StudyRecord:
    """A study from its row, which carries `n_observations`, and the rows of its metrics in order."""
    metrics = tuple(Metric(metric.name, Direction(metric.direction), metric.unit) for metric in metric_rows)
    study = Study(row.name, row.space, metrics, tuple(row.proxies))
    return StudyRecord(study, row.revision, row.n_observations, row.created_at)


def metric_rows(study_id: int, metrics: Sequence[Metric]) -> list[dict[str, object]]:
    """The rows of a study's metrics."""
    return [
        {"study_id": study_id, "position": i, "name": metric.name, "direction": metric.direction, "unit": metric.unit}
        for i, metric in enumerate(metrics)
    ]


def observation(row: AnyRow, metrics: Mapping[str, float]) -> Observation:
    """An observation from its row and what was measured."""
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
    )


def observation_row(observation: Observation, study_id: int, revision: int) -> dict[str, object]:
    """The row of an observation, without its number."""
    return {
        "study_id": study_id,
        "revision": revision,
        "observation_id": observation.observation_id,
        "architecture_id": observation.architecture_id,
        "notation": observation.notation,
        "status": observation.status,
        "proxies": dict(observation.proxies),
        "fidelity": dict(observation.fidelity),
        "seed": None if observation.seed is None else str(observation.seed),
        "worker": observation.worker,
        "metadata": dict(observation.metadata),
        "observed_at": observation.observed_at,
    }
