"""A study in memory: what its observations say, ready to answer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from app.domain.architecture import Notation
from app.domain.errors import NoObservationsError
from app.domain.observation import Observation, Scalar, Status
from app.domain.prediction import Estimate, Expectation, Neighbor, Observed, Prediction
from app.domain.study import Metric, Study
from app.domain.suggestion import Origin, Suggestion
from app.predictor.encoding import Encoded, Encoding
from app.predictor.known_points import NewIndex
from app.predictor.metric_model import MetricModel
from app.predictor.observation_log import EmbeddingArray
from app.predictor.ports import Cached, Float32Array
from app.predictor.store import StudyRecord
from app.proximity.calibration import Calibration
from app.proximity.estimates import Estimates
from app.proximity.fidelity import FULL, level_of
from app.proximity.kernel import FloatArray
from app.proximity.scales import ColumnGroups
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
    predictions: list[Prediction]


class StudyState:
    """Everything of a study that estimates need. Belongs to one thread at a time.

    Args:
        cached: embeddings and scales of an earlier run.
    """

    def __init__(self, record: StudyRecord, encoding: Encoding, new_index: NewIndex, cached: Cached) -> None:
        study = self.study = record.study
        self.created_at = record.created_at
        self.encoding = encoding
        self.revision = 0
        self.n_observations = 0
        self.n_retracted = record.n_retracted
        self.corrected = record.corrected
        encoder = encoding.encoder
        self._new_index = new_index
        self._held_revision: int | None = None
        groups = self._groups = ColumnGroups.of(encoder.group_of_column, encoder.block_of_column, len(study.proxies))
        self.embeddings: dict[str, Float32Array] = {}
        self._proxies: dict[str, tuple[float, ...]] = {}
        self._notations: dict[str, Notation] = {}
        self._failures: Counter[str] = Counter()
        self._tried: set[str] = set()  # architectures that have been trained for less than in full, and never in full
        self.calibrations = {metric.name: Calibration() for metric in study.metrics}
        # Scales of another number of proxies are those of an older database that was put in place.
        kept = {name: found for name, found in cached.scales.items() if found[1].matches(groups)}
        self.fitted = {metric.name: kept.get(metric.name, (0, None)) for metric in study.metrics}
        self.models = {
            name: MetricModel(groups, new_index, scales, record.n_observations)
            for name, (_, scales) in self.fitted.items()
        }

    def apply(self, observations: Sequence[Observation], embeddings: Mapping[str, Float32Array], revision: int) -> None:
        """Take in stored observations.

        Args:
            embeddings: of their architectures, by id.
            revision: of the study, with the observations in it.
        """
        for observation in observations:
            key = observation.architecture_id
            self._note_fidelity(observation)
            self._notations.setdefault(key, observation.notation)
            self.embeddings.setdefault(key, embeddings[key])
            if observation.status is Status.COMPLETED:  # one that failed need not know them
                self._proxies.setdefault(key, self.study.proxy_values(observation.proxies))
            else:
                self._failures[key] += 1
            tests = observation.status is Status.COMPLETED and self.level(observation.fidelity) == FULL
            for name, expected in observation.expected.items() if tests else ():
                if not expected.known and expected.deviation is not None:
                    self.calibrations[name].add(expected.deviation)
        for metric in self.study.metrics:
            counted = [(o, value) for o in observations if (value := _counts_as(o, metric)) is not None]
            if counted:
                known = [
                    Encoded(o.architecture_id, embeddings[o.architecture_id], self.study.proxy_values(o.proxies))
                    for o, _ in counted
                ]
                ids = [each.architecture_id for each in known]
                values, levels = [value for _, value in counted], [self.level(o.fidelity) for o, _ in counted]
                self.models[metric.name].add(ids, self.columns(known), values, levels)
        self.n_observations += len(observations)
        self.revision = self._held_revision or revision

    def hold_revision(self) -> None:
        """Something was stored that only reading the study again can tell: whatever is taken in until then, answers do
        not claim a newer revision than this.
        """
        self._held_revision = self.revision

    def add_metric(self, study: Study, revision: int) -> None:
        """The study records another metric from now on, unless it was read with it already."""
        self.study = study
        metric = study.metrics[-1].name
        if metric in self.models:
            return
        self.fitted[metric] = (0, None)
        self.models[metric] = MetricModel(self._groups, self._new_index)
        self.calibrations[metric] = Calibration()
        self.revision = self._held_revision or revision

    def knows(self, architecture_id: str) -> bool:
        """Whether an architecture was trained, with success or not."""
        return architecture_id in self._notations

    def may_be_trained(self, architecture_id: str) -> bool:
        """Whether an architecture was trained for less than in full at most, as those that a search promotes."""
        return architecture_id not in self._notations or architecture_id in self._tried

    def answered(self, suggestion: Suggestion) -> bool:
        """Whether what was suggested has been trained: a promotion in full."""
        key = suggestion.architecture_id
        return not self.may_be_trained(key) if suggestion.origin is Origin.PROMOTION else self.knows(key)

    def level(self, fidelity: Mapping[str, Scalar]) -> float:
        """The level of fidelity of a training."""
        return level_of(self.study.share(fidelity)) if self.study.fidelity else FULL

    def notation(self, architecture_id: str) -> Notation:
        """An architecture that was trained, as it was sent first."""
        return self._notations[architecture_id]

    @property
    def n_failed(self) -> int:
        """Failed trainings."""
        return self._failures.total()

    def due_fits(self) -> dict[str, int]:
        """Metrics whose scales should be fitted again, with the number of observations to fit them to."""
        wanted = {name: model.to_fit for name, model in self.models.items()}
        return {name: n for name, n in wanted.items() if n > self.fitted[name][0]}

    def replace(self, metric: str, n: int, model: MetricModel) -> None:
        """Use a model whose scales were fitted to the first n observations, with what came since it was made."""
        if n > self.fitted[metric][0]:
            model.add_log(self.models[metric].log, model.n_observations)
            self.models[metric] = model
            self.fitted[metric] = (n, model.scales)

    def prepare(self) -> None:
        """Do now what the next answer would have to wait for."""
        for metric, model in self.models.items():
            n, scales = self.fitted[metric]
            if scales and not model.based:  # the scales come from an earlier run, which does not keep the basis
                self.models[metric] = MetricModel.of(model.log, self._groups, self._new_index, scales, n)
            elif len(model):
                model.prepare()

    def settle(self) -> None:
        """After something was taken in, do now what the next answer would have to wait for."""
        for model in self.models.values():
            if len(model):
                model.settle()

    def cached(self) -> Cached:
        """What is worth keeping across a restart."""
        scales = {name: (n, scales) for name, (n, scales) in self.fitted.items() if scales is not None}
        return Cached(dict(self.embeddings), scales, self.corrected)

    def expected(
        self, architectures: Sequence[Encoded], measured: Sequence[tuple[Mapping[str, float], float]]
    ) -> list[dict[str, Expectation]]:
        """What is predicted of architectures by default, for each metric that was observed before.

        What was trained for less than in full is no test of what is expected of a full training: nothing is then.

        Args:
            measured: what turned out, by metric, and the level of fidelity.
        """
        models = {name: model for name, model in self.models.items() if len(model) and model.level == FULL}
        if not models or all(level < FULL for _, level in measured):
            return [{} for _ in architectures]
        columns = self.columns(architectures)
        found: list[dict[str, Expectation]] = [{} for _ in architectures]
        for name, model in models.items():
            estimated = model.estimate(columns, Weighting.KRIGING, calibration=self.calibrations[name].factor)
            values = np.array([each.get(name, nan) for each, _ in measured])
            deviations = _nullable(model.deviations(estimated.estimates, values))
            nearest = estimated.nearest.tolist()
            for i, estimate in enumerate(_estimates(estimated.estimates)):
                observed = model.observed(architectures[i].architecture_id)
                known = observed.n if observed else 0
                found[i][name] = Expectation(estimate, nearest[i], deviations[i], known)
        return [each if level == FULL else {} for each, (_, level) in zip(found, measured, strict=True)]

    def predict(
        self,
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
        models = {name: self.models[name] for name in metrics if len(self.models[name])}
        if not models:
            raise NoObservationsError(
                f"study {self.study.name!r} has no observation of {', '.join(metrics)} yet: "
                "POST /observe some trained architectures first"
            )
        if not candidates:
            return Answer(self.revision, 0, {}, [])
        embeddings = self.columns(candidates)
        estimated = {
            name: model.estimate(embeddings, weighting, k, self.calibrations[name].factor)
            for name, model in models.items()
        }
        columns = {name: _estimates(result.estimates) for name, result in estimated.items()}
        novelty = _nullable(next(iter(estimated.values())).novelty)
        explained = self._neighbors(embeddings, models, weighting, k, neighbors)
        predictions = [
            Prediction(
                candidate.architecture_id,
                novelty[i],
                self._observed(candidate.architecture_id, models),
                {name: column[i] for name, column in columns.items()},
                explained[i] if explained else (),
                self._failures[candidate.architecture_id],
            )
            for i, candidate in enumerate(candidates)
        ]
        levels = {name: model.level for name, model in models.items()}
        return Answer(self.revision, max(result.k for result in estimated.values()), levels, predictions)

    def columns(self, architectures: Sequence[Encoded]) -> EmbeddingArray:
        """Embeddings with proxies, shape (n, d).

        Both are those of the first observation where there is one: an architecture embeds a little differently in
        another batch, and an observed one has to be at distance 0.
        """
        embeddings = np.stack([self.embeddings.get(each.architecture_id, each.embedding) for each in architectures])
        if not self.study.proxies:
            return embeddings
        proxies = [self._proxies.get(each.architecture_id, each.proxies) for each in architectures]
        return np.concatenate([embeddings, np.array(proxies)], axis=1)  # double precision: their units are any

    def _note_fidelity(self, observation: Observation) -> None:
        key = observation.architecture_id
        in_full = self.level(observation.fidelity) == FULL or observation.status is Status.FAILED
        if in_full:
            self._tried.discard(key)
        elif key not in self._notations:
            self._tried.add(key)

    def _observed(self, architecture_id: str, models: Mapping[str, MetricModel]) -> dict[str, Observed]:
        if architecture_id not in self._notations:
            return {}
        found = {name: model.observed(architecture_id) for name, model in models.items()}
        return {name: observed for name, observed in found.items() if observed is not None}

    def _neighbors(
        self,
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
                    key := first.id_of(label),
                    self._notations[key],
                    distance,
                    weight,
                    {name: observed.mean for name, observed in self._observed(key, models).items()},
                )
                for label, distance, weight in zip(*row, strict=True)
            )
            for row in zip(found.labels.tolist(), found.distances.tolist(), found.weights.tolist(), strict=True)
        ]


def _counts_as(observation: Observation, metric: Metric) -> float | None:
    """The value of a training; None where it does not count."""
    if observation.status is Status.COMPLETED:
        return observation.metrics.get(metric.name)
    return metric.failure_value  # what a failed training measured is of something else than the network


def _estimates(estimates: Estimates) -> list[Estimate]:
    columns = (_nullable(column) for column in (estimates.std, estimates.lower, estimates.upper))
    return [Estimate(*row) for row in zip(estimates.score.tolist(), *columns, strict=True)]


def _nullable(column: FloatArray) -> list[float | None]:
    return [None if isnan(value) else value for value in column.tolist()]
