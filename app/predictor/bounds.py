"""How likely architectures keep the bounds that a suggestion is asked for with."""

from collections.abc import Mapping

import numpy as np

from app.predictor.metric_model import MetricModel
from app.predictor.observation_log import EmbeddingArray
from app.predictor.study_state import StudyState
from app.proximity.acquisition import Constraint, Posterior, probability_at_most
from app.proximity.kernel import FloatArray


class Bounds:
    """The constraints on a study's metrics; one on a metric without observations counts as met."""

    def __init__(self, state: StudyState, constraints: Mapping[str, Constraint]) -> None:
        self._bounded = [
            (name, state.models[name], constraint)
            for name, constraint in constraints.items()
            if len(state.models[name])
        ]

    def kept(self, columns: EmbeddingArray, posteriors: Mapping[str, Posterior]) -> FloatArray:
        """The probability that each of the candidates (n, d) meets all constraints.

        Args:
            posteriors: what is known already of the candidates' metrics.
        """
        probability = np.ones(len(columns))
        for name, model, constraint in self._bounded:
            posterior = posteriors.get(name) or model.posterior(columns)
            deviation = np.sqrt(posterior.deviation**2 + posterior.noise)
            probability *= _within(model, constraint, posterior.mean, deviation)
        return probability

    def roughly_kept(self, columns: EmbeddingArray) -> FloatArray:
        """The same, told from the candidates' nearest observations alone."""
        probability = np.ones(len(columns))
        for _, model, constraint in self._bounded:
            probability *= _within(model, constraint, *model.rough(columns))
        return probability

    def broken(self) -> set[int]:
        """Rows of the observed architectures whose mean is out of bounds."""
        found: set[int] = set()
        for _, model, constraint in self._bounded:
            exact = _within(model, constraint, model.scores, np.zeros(len(model)))
            found.update(model.rows[exact < 0.5].tolist())
        return found


def _within(model: MetricModel, constraint: Constraint, mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """P(a <= t <= b) = P(t <= b) + P(t >= a) - 1 for t of this mean and standard deviation."""
    probability = np.zeros(len(mean))
    for bound, side in ((constraint.at_most, 1.0), (constraint.at_least, -1.0)):
        probability += (
            1.0 if bound is None else probability_at_most(side * _score(model, bound), side * mean, deviation)
        )
    return np.maximum(probability - 1, 0)


def _score(model: MetricModel, value: float) -> float:
    return float(model.scores_of(np.array([value]))[0])
