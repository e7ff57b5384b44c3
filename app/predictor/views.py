"""What pictures of studies and architectures are drawn from: read beside the answers, never before them."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import numpy as np

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.domain.study import Metric
from app.predictor.encoding import Encoding
from app.predictor.lane import Lanes
from app.predictor.ports import Float32Array
from app.predictor.store import ObservationStore
from app.predictor.studies import Studies
from app.predictor.study_state import StudyState
from app.proximity.kernel import FloatArray, scaled
from app.proximity.scales import Scales
from app.spaces.space import SearchSpace

T = TypeVar("T")

SAMPLED = 600  # architectures that stand for a search space: half a second to draw, the first time
_SEED = 0
_KEPT_SAMPLES = 8  # encoders: about half a megabyte each
_GATHERED = 500  # embeddings at once, which an estimate waits for: a fifth of a millisecond


@dataclass(frozen=True, slots=True)
class Sight:
    """The embedding space as the estimates of a metric see it.

    Args:
        encoding: of the study.
        scales: that are fitted to the observations of the metric.
    """

    study: str
    metric: Metric
    encoding: Encoding
    scales: Scales

    def points(self, embeddings: Float32Array) -> FloatArray:
        """Embeddings (n, d) without proxies, where plain distances are the scaled ones."""
        groups = self.encoding.encoder.group_of_column
        return scaled(embeddings, groups, self.scales.log_scales)


@dataclass(frozen=True, slots=True)
class Glance:
    """What of a study tells whether there is something new.

    Args:
        created_at: of the study, which may be another one of the same name by now.
        fitted: how many observations the scales of each metric are fitted to.
    """

    study: str
    created_at: datetime
    revision: int
    observations: int
    encoder: str
    encoder_kind: str
    fitted: Mapping[str, int]


class Views:
    """Reads studies and architectures for those who look at them."""

    def __init__(self, store: ObservationStore, studies: Studies, lanes: Lanes) -> None:
        self._store = store
        self._studies = studies
        self._lanes = lanes
        self._samples: OrderedDict[str, Float32Array] = OrderedDict()

    async def read(self, work: Callable[[ObservationStore], T]) -> T:
        """What is made of the store; on the lane of reads, one after the other.

        Raises:
            OverloadedError: too much waits.
        """
        return await self._lanes.reads.run(work, self._store)

    async def parsed(
        self, space: SearchSpace, notations: Sequence[object], use: Callable[[Architecture], T]
    ) -> list[T | InvalidArchitectureError]:
        """What is made of each architecture, or what is wrong with its notation; on the lane of searches.

        Raises:
            OverloadedError: too much waits.
        """
        return await self._lanes.searches.run(lambda: [_parsed(space, notation, use) for notation in notations])

    async def sight(self, name: str, metric: str | None) -> Sight:
        """How the estimates of a study see the space now.

        Args:
            metric: default the study's first.

        Raises:
            UnknownStudyError, UnknownMetricError: there is no such thing.
            OverloadedError: too much waits.
        """
        return await self._lanes.numbers.run(self._sight, name, metric)

    async def space_sample(self, encoding: Encoding) -> Float32Array:
        """Embeddings of architectures that stand for a search space, (n, d): always the same ones.

        Raises:
            OverloadedError: too much waits.
        """
        return await self._lanes.searches.run(self._space_sample, encoding)

    async def embeddings(self, sight: Sight, architecture_ids: Sequence[str]) -> dict[str, Float32Array] | None:
        """Embeddings of trained architectures by id, those left out that are not known; None where the study has
        another encoder by now.

        Raises:
            UnknownStudyError: the study was deleted.
            OverloadedError: too much waits.
        """
        found: dict[str, Float32Array] = {}
        for start in range(0, len(architecture_ids), _GATHERED):
            part = await self._lanes.numbers.run(self._gather, sight, architecture_ids[start : start + _GATHERED])
            if part is None:
                return None
            found |= part
        return found

    async def glance(self, name: str) -> Glance:
        """A study at this moment.

        Raises:
            UnknownStudyError: there is none of this name.
            OverloadedError: too much waits.
        """
        return await self._lanes.numbers.run(lambda: _glance(self._studies.state(name)))

    def glance_again(self, before: Glance) -> Glance | None:
        """The same study now, without waiting for anything; None where it was deleted."""
        state = self._studies.in_memory(before.study)
        if state is None:
            return before if self._studies.known(before.study) else None
        return _glance(state)

    def known(self, name: str) -> bool:
        """Whether there is such a study, without waiting for anything."""
        return self._studies.known(name)

    def _sight(self, name: str, metric: str | None) -> Sight:
        state = self._studies.state(name)
        shown = state.study.metric(metric or state.study.metrics[0].name)
        return Sight(name, shown, state.encoding, state.models[shown.name].scales)

    def _gather(self, sight: Sight, architecture_ids: Sequence[str]) -> dict[str, Float32Array] | None:
        state = self._studies.state(sight.study)
        if state.encoding.encoder is not sight.encoding.encoder:
            return None
        known = state.architectures
        rows = {key: known.number(key) for key in architecture_ids}
        return {key: known.embedding(row) for key, row in rows.items() if row is not None}

    def _space_sample(self, encoding: Encoding) -> Float32Array:
        checksum = encoding.encoder.checksum
        if checksum not in self._samples:
            rng = np.random.default_rng(_SEED)
            drawn = [encoding.space.sample(rng) for _ in range(SAMPLED)]
            distinct = {each.id: each for each in drawn}
            self._samples[checksum] = encoding.encoder.embed(list(distinct.values()))
        self._samples.move_to_end(checksum)
        while len(self._samples) > _KEPT_SAMPLES:
            self._samples.popitem(last=False)
        return self._samples[checksum]


def _parsed(space: SearchSpace, notation: object, use: Callable[[Architecture], T]) -> T | InvalidArchitectureError:
    try:
        return use(space.parse(notation))
    except InvalidArchitectureError as err:
        return err


def _glance(state: StudyState) -> Glance:
    encoder = state.encoding.encoder
    fitted = {metric: n for metric, (n, _) in dict(state.fitted).items()}  # copied: it may grow on another thread
    return Glance(
        state.study.name,
        state.created_at,
        state.revision,
        state.n_observations,
        encoder.version,
        encoder.kind,
        fitted,
    )
