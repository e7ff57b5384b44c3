"""What a study says of architectures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from app.domain.errors import NoObservationsError
from app.domain.prediction import Expectation, Neighbor, Observed, Prediction
from app.predictor.encoding import Encoded
from app.predictor.metric_model import MetricModel
from app.predictor.observation_log import EmbeddingArray
from app.predictor.predicted import Predicted, as_objects, nullable
from app.predictor.study_state import StudyState
from app.proximity.fidelity import FULL
from app.proximity.weighting import Weighting


@dataclass(frozen=True, slots=True)
class Answer:
    """Predictions for candidates.

    Args:
        k: neighbors weighed, the most over the metrics.
        levels: of fidelity that the estimates of each metric are of.
    """

    revision: int
    k: int
    levels: Mapping[str, float]
    predicted: Predicted

    @property
    def predictions(self) -> list[Prediction]:
        """An object for each candidate; made anew each time."""
        return self.predicted.predictions()


def predict(
    state: StudyState,
    candidates: Sequence[Encoded],
    metrics: Sequence[str],
    weighting: Weighting = Weighting.KRIGING,
    k: int | None = None,
    neighbors: int = 0,
) -> Answer:
    """Estimate candidates.

    Args:
        metrics: names of the study's metrics; those without any observation are left out.
        k: neighbors to weigh; default as many as pay.
        neighbors: how many to explain each estimate with.

    Raises:
        NoObservationsError: none of the metrics was observed yet.
    """
    models = {name: state.models[name] for name in metrics if len(state.models[name])}
    if not models:
        raise NoObservationsError(
            f"study {state.study.name!r} has no observation of {', '.join(metrics)} yet: "
            "POST /observe some trained architectures first"
        )
    if not candidates:
        return Answer(state.revision, 0, {}, Predicted.nothing())
    embeddings = state.columns(candidates)
    estimated = {
        name: model.estimate(embeddings, weighting, k, state.calibrations[name].factor)
        for name, model in models.items()
    }
    rows = [state.architectures.number(candidate.architecture_id) for candidate in candidates]
    predicted = Predicted(
        [candidate.architecture_id for candidate in candidates],
        next(iter(estimated.values())).novelty,
        [_observed(row, models) for row in rows],
        {name: result.estimates for name, result in estimated.items()},
        _neighbors(state, embeddings, models, weighting, k, neighbors),
        [state.failures(row) for row in rows],
    )
    levels = {name: model.level for name, model in models.items()}
    return Answer(state.revision, max(result.k for result in estimated.values()), levels, predicted)


def expected(
    state: StudyState, architectures: Sequence[Encoded], measured: Sequence[tuple[Mapping[str, float], float]]
) -> list[dict[str, Expectation]]:
    """What is predicted of architectures by default, for each metric that was observed before.

    What was trained for less than in full is no test of what is expected of a full training: nothing is then.

    Args:
        measured: what turned out, by metric, and the level of fidelity.
    """
    models = {name: model for name, model in state.models.items() if len(model) and model.level == FULL}
    if not models or all(level < FULL for _, level in measured):
        return [{} for _ in architectures]
    columns = state.columns(architectures)
    rows = [state.architectures.number(each.architecture_id) for each in architectures]
    found: list[dict[str, Expectation]] = [{} for _ in architectures]
    for name, model in models.items():
        estimated = model.estimate(columns, Weighting.KRIGING, calibration=state.calibrations[name].factor)
        values = np.array([each.get(name, nan) for each, _ in measured])
        deviations = nullable(model.deviations(estimated.estimates, values))
        nearest = estimated.nearest.tolist()
        for i, estimate in enumerate(as_objects(estimated.estimates)):
            row = rows[i]
            observed = None if row is None else model.observed(row)
            known = observed.n if observed else 0
            found[i][name] = Expectation(estimate, nearest[i], deviations[i], known)
    return [each if level == FULL else {} for each, (_, level) in zip(found, measured, strict=True)]


def _observed(row: int | None, models: Mapping[str, MetricModel]) -> dict[str, Observed]:
    if row is None:
        return {}
    found = {name: model.observed(row) for name, model in models.items()}
    return {name: observed for name, observed in found.items() if observed is not None}


def _neighbors(
    state: StudyState,
    embeddings: EmbeddingArray,
    models: Mapping[str, MetricModel],
    weighting: Weighting,
    k: int | None,
    n: int,
) -> list[tuple[Neighbor, ...]]:
    """The neighbors of each candidate, as the first of the metrics sees them."""
    if not n:
        return []
    first = next(iter(models.values()))
    found = first.neighbors(embeddings, weighting, k, n)
    return [
        tuple(
            Neighbor(
                state.architectures.id(row),
                state.architectures.notation(row),
                distance,
                weight,
                {name: observed.mean for name, observed in _observed(row, models).items()},
            )
            for row, distance, weight in zip(*each, strict=True)
        )
        for each in zip(
            first.rows[found.labels].tolist(), found.distances.tolist(), found.weights.tolist(), strict=True
        )
    ]
