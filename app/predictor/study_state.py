"""A study in memory: what its observations say, ready to answer."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from app.domain.observation import Observation, Scalar, Status
from app.domain.study import Metric, Study
from app.domain.suggestion import Origin, Suggestion
from app.predictor.architectures import Architectures
from app.predictor.encoding import Encoded, Encoding
from app.predictor.known_points import NewIndex
from app.predictor.metric_model import MetricModel
from app.predictor.observation_log import EmbeddingArray
from app.predictor.ports import Float32Array, Int64Array
from app.predictor.snapshot import Fit, Snapshot
from app.predictor.store import StudyIdentity, StudyRecord
from app.proximity.calibration import Calibration
from app.proximity.fidelity import FULL, level_of
from app.proximity.scales import ColumnGroups, Scales


class StudyState:
    """Everything of a study that estimates need. Belongs to one thread at a time.

    Attributes:
        n_kept: observations of the last snapshot.
    """

    def __init__(self, record: StudyRecord, encoding: Encoding, new_index: NewIndex) -> None:
        study = self.study = record.study
        self.created_at = record.created_at
        self.encoding = encoding
        self.revision = 0
        self.n_observations = 0
        self.n_kept = 0
        self.n_retracted = record.n_retracted
        self.corrected = record.corrected
        self.restored = record.restored
        encoder = encoding.encoder
        self._new_index = new_index
        self._held_revision: int | None = None
        self._last_observation = ""
        self._groups = ColumnGroups.of(encoder.group_of_column, encoder.block_of_column, len(study.proxies))
        self._expected_size = record.n_observations
        self.architectures = Architectures(len(encoder.block_of_column), len(study.proxies))
        self._failures: Counter[int] = Counter()
        self._tried: set[int] = set()  # architectures that have been trained for less than in full, and never in full
        self.calibrations = {metric.name: Calibration() for metric in study.metrics}
        self.fitted: dict[str, tuple[int, Scales | None]] = {metric.name: (0, None) for metric in study.metrics}
        self.models = {
            name: MetricModel(self._groups, self._index_of(name), None, self._expected_size) for name in self.fitted
        }

    def apply(self, observations: Sequence[Observation], embeddings: Mapping[str, Float32Array], revision: int) -> None:
        """Take in stored observations; they count from the next answer on.

        Args:
            embeddings: of their architectures, by id.
            revision: of the study, with the observations in it.
        """
        self.note(observations, embeddings, revision)
        for model in self.models.values():
            model.take_in()

    def note(self, observations: Sequence[Observation], embeddings: Mapping[str, Float32Array], revision: int) -> None:
        """Take note of stored observations; they count once others are applied, or it is prepared.

        Args:
            embeddings, revision: see `apply`.
        """
        if not observations:
            return
        ids = [each.architecture_id for each in observations]
        rows = self._added(observations, [embeddings[key] for key in ids], ids)
        levels = np.array([self.level(each.fidelity) for each in observations])
        for metric in self.study.metrics:
            values = [_counts_as(each, metric) for each in observations]
            counted = np.array([value is not None for value in values])
            if counted.any():
                known = np.array([value for value in values if value is not None])
                self.models[metric.name].note(rows[counted], known, self.architectures.columns, levels[counted])
        self.n_observations += len(observations)
        self._last_observation = observations[-1].observation_id
        self.revision = self._held_revision or revision

    def _added(
        self, observations: Sequence[Observation], embeddings: Sequence[Float32Array], ids: Sequence[str]
    ) -> Int64Array:
        """The row of the architecture of each observation, with all that is known of it apart from metrics."""
        so_far = len(self.architectures)
        proxies = [self.study.proxy_values(each.proxies) for each in observations]
        rows = self.architectures.add(ids, [each.notation for each in observations], embeddings, proxies)
        for observation, row in zip(observations, rows.tolist(), strict=True):
            failed = observation.status is Status.FAILED
            in_full = self.level(observation.fidelity) == FULL
            if failed:
                self._failures[row] += 1
            if in_full or failed:
                self._tried.discard(row)
            elif row == so_far:
                self._tried.add(row)
            so_far = max(so_far, row + 1)
            for name, expected in observation.expected.items() if in_full and not failed else ():
                if not expected.known and expected.deviation is not None:
                    self.calibrations[name].add(expected.deviation)
        return rows

    def _index_of(self, metric: str) -> NewIndex:
        """Indexes of what this study says of a metric, as it was corrected last."""
        encoder = self.encoding.encoder.checksum
        key = f"{self.study.name} {self.created_at.isoformat()} {self.rewritten} {metric} {encoder}"
        return lambda dimension, size, of: self._new_index(dimension, size, f"{key} {of}")

    @property
    def identity(self) -> StudyIdentity:
        """What tells it from another one of its name, or of its space's."""
        declared = self.encoding.declared
        return StudyIdentity(self.created_at, declared.declaration if declared else None)

    @property
    def rewritten(self) -> int:
        """Grows whenever observations change that were there, or come among them, and with nothing else."""
        return self.corrected + self.restored

    @property
    def held(self) -> bool:
        """Whether only reading the study again can tell what is stored."""
        return self._held_revision is not None

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
        self.models[metric] = MetricModel(self._groups, self._index_of(metric))
        self.calibrations[metric] = Calibration()
        self.revision = self._held_revision or revision

    def knows(self, architecture_id: str) -> bool:
        """Whether an architecture was trained, with success or not."""
        return self.architectures.number(architecture_id) is not None

    def may_be_trained(self, architecture_id: str) -> bool:
        """Whether an architecture was trained for less than in full at most, as those that a search promotes."""
        number = self.architectures.number(architecture_id)
        return number is None or number in self._tried

    def answered(self, suggestion: Suggestion) -> bool:
        """Whether what was suggested has been trained: a promotion in full."""
        key = suggestion.architecture_id
        return not self.may_be_trained(key) if suggestion.origin is Origin.PROMOTION else self.knows(key)

    def level(self, fidelity: Mapping[str, Scalar]) -> float:
        """The level of fidelity of a training."""
        return level_of(self.study.share(fidelity)) if self.study.fidelity else FULL

    def failures(self, row: int | None) -> int:
        """Failed trainings of an architecture; of one that has no row, none."""
        return 0 if row is None else self._failures[row]

    @property
    def n_failed(self) -> int:
        """Failed trainings."""
        return self._failures.total()

    def due_fits(self) -> dict[str, int]:
        """Metrics whose scales should be fitted again, with the number of observations to fit them to."""
        wanted = {name: model.to_fit for name, model in self.models.items()}
        return {name: n for name, n in wanted.items() if n > self.fitted[name][0]}

    def fit(self, metric: str, n: int) -> Fit:
        """What tells a fit to the first n observations from any other."""
        return Fit(self.study.name, metric, n, self.encoding.encoder.checksum, self.rewritten)

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
            if scales and not model.based:
                self.models[metric] = MetricModel.of(model.log, self._groups, model.new_index, scales, n)
            else:
                model.prepare()

    def settle(self) -> None:
        """After something was taken in, do now what the next answer would have to wait for."""
        for model in self.models.values():
            if len(model):
                model.settle()

    def snapshot(self) -> Snapshot | None:
        """What is worth keeping across a restart; None where only reading the study again would tell."""
        if self._held_revision is not None or not self.n_observations:
            return None
        self.n_kept = self.n_observations
        found = Snapshot(
            {
                "study": repr(self.study),
                "created_at": self.created_at.isoformat(),
                "corrected": self.corrected,
                "restored": self.restored,
                "revision": self.revision,
                "observations": self.n_observations,
                "last_observation": self._last_observation,
                "fitted": {metric: n for metric, (n, _) in self.fitted.items()},
                "calibrations": {metric: each.outcomes for metric, each in self.calibrations.items()},
                "failures": list(self._failures.items()),
                "tried": sorted(self._tried),
            }
        )
        found.put("architectures", self.architectures.snapshot())
        for metric, model in self.models.items():
            found.put(f"models/{metric}", model.snapshot())
        return found

    def architectures_of(self, snapshot: Snapshot) -> Architectures:
        """Those of a snapshot of the same study by the same encoder, at whatever revision."""
        dimension, n_proxies = len(self.encoding.encoder.block_of_column), len(self.study.proxies)
        return Architectures.kept(dimension, n_proxies, snapshot.part("architectures"))

    @classmethod
    def kept(cls, record: StudyRecord, encoding: Encoding, new_index: NewIndex, snapshot: Snapshot) -> "StudyState":
        """The study of a snapshot that `fits`."""
        state, notes = cls(record, encoding, new_index), snapshot.notes
        state.revision, state._last_observation = notes["revision"], notes["last_observation"]
        state.n_observations = state.n_kept = notes["observations"]
        state.architectures = state.architectures_of(snapshot)
        state._failures, state._tried = Counter(dict(notes["failures"])), set(notes["tried"])
        for metric, outcomes in notes["calibrations"].items():
            state.calibrations[metric] = Calibration(outcomes)
            model = state.models[metric] = MetricModel.kept(
                state._groups,
                state._index_of(metric),
                record.n_observations,
                state.architectures.columns,
                snapshot.part(f"models/{metric}"),
            )
            n = notes["fitted"][metric]
            state.fitted[metric] = (n, model.scales if n else None)
        return state

    def columns(self, architectures: Sequence[Encoded]) -> EmbeddingArray:
        """Embeddings with proxies, shape (n, d); both are those of the first observation where there is one."""
        row = self.architectures.row
        columns: EmbeddingArray = np.stack(  # type: ignore[assignment]  # all of one kind
            [row(each.architecture_id, each.embedding, each.proxies) for each in architectures]
        )
        return columns


def _counts_as(observation: Observation, metric: Metric) -> float | None:
    """The value of a training; None where it does not count."""
    if observation.status is Status.COMPLETED:
        return observation.metrics.get(metric.name)
    return metric.failure_value  # what a failed training measured is of something else than the network
