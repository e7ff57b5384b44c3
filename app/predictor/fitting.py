"""Scales are fitted again as studies grow, beside the answers."""

import logging
from functools import partial

from app.predictor.lane import Lanes
from app.predictor.metric_model import MetricModel
from app.predictor.observation_log import ObservationLog
from app.predictor.snapshot import StudyCache
from app.predictor.studies import Studies
from app.predictor.study_state import StudyState

_log = logging.getLogger(__name__)

KEPT_EVERY = 10_000  # observations: a few seconds to read and embed again


class _GivenUpError(Exception):
    """The server ends."""


class Fitting:
    """Fits on the lane of fits what studies are due for, and hands it to the lane of numbers."""

    def __init__(self, studies: Studies, cache: StudyCache, lanes: Lanes) -> None:
        self._studies = studies
        self._cache = cache
        self._lanes = lanes
        self._fitting: set[tuple[StudyState, str]] = set()
        self._closing = False

    def start_due(self, name: str) -> None:
        """Begin what a study is due for; on the lane of numbers."""
        state = self._studies.state(name)
        for metric, n in {} if self._closing else state.due_fits().items():
            if (state, metric) not in self._fitting:
                self._fitting.add((state, metric))
                model = state.models[metric]
                self._lanes.fits.submit(self._fit, state, metric, n, model, model.log)
        if not self._closing and state.n_observations >= state.n_kept + KEPT_EVERY:
            self._keep(state)

    def close(self) -> None:
        """Begin no more, and give up what was begun, which the next start is due for: of many it takes a minute."""
        self._closing = True

    def _fit(self, state: StudyState, metric: str, n: int, model: MetricModel, log: ObservationLog) -> None:
        try:
            scales = self._cache.scales(state.fit(metric, n), partial(log.fit, n, model.groups))
            fitted = MetricModel.of(log, model.groups, model.new_index, scales, n, self._go_on)
        except _GivenUpError:
            _log.info("scales not fitted before the end study=%s metric=%s", state.study.name, metric)
            return
        except Exception:  # noqa: BLE001  # estimates go on with the scales that they have
            _log.exception("scales not fitted study=%s metric=%s observations=%d", state.study.name, metric, n)
            self._lanes.numbers.submit(self._fitting.discard, (state, metric))
            return
        self._lanes.numbers.submit(self._replace, state, metric, n, fitted)

    def _go_on(self) -> None:
        if self._closing:
            raise _GivenUpError

    def _replace(self, state: StudyState, metric: str, n: int, model: MetricModel) -> None:
        self._fitting.discard((state, metric))
        name = state.study.name
        if not self._studies.serves(state):  # it was corrected, deleted, or is embedded otherwise by now
            return
        state.replace(metric, n, model)
        _log.info("scales fitted study=%s metric=%s observations=%d", name, metric, n)
        self.start_due(name)
        if not self._closing:
            self._keep(state)

    def _keep(self, state: StudyState) -> None:
        """What an end without notice would lose takes time to compute again."""
        if snapshot := state.snapshot():
            self._lanes.fits.submit(self._cache.save, state.study.name, state.encoding.encoder.checksum, snapshot)
