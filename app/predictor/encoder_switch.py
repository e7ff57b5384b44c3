"""Studies change encoders: embedded anew beside the answers, compared, and swapped in one step."""

import logging
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from app.domain.errors import (
    CheckpointError,
    EmproxError,
    StoreError,
    SwitchUnderWayError,
    UnknownEncoderError,
    UnknownStudyError,
)
from app.predictor.comparison import Comparison, leave_one_out_tau
from app.predictor.encoding import Encoding
from app.predictor.fitting import Fitting
from app.predictor.lane import Lane, Lanes, Waiting
from app.predictor.loading import up_to_date
from app.predictor.observation_log import ObservationLog
from app.predictor.ports import Encoders, EncoderTarget, Leases
from app.predictor.space_loader import SpaceLoader
from app.predictor.store import ObservationStore, StudyRecord, StudyVersion
from app.predictor.studies import Studies
from app.predictor.study_state import StudyState
from app.predictor.switch import ServingEncoder, Stage, Switch
from app.predictor.write_health import WriteHealth
from app.proximity.scales import ColumnGroups, Scales

_log = logging.getLogger(__name__)

TAKEN_OVER_AFTER = 5.0  # seconds

_Model = tuple[ObservationLog, ColumnGroups, Scales]


class EncoderSwitches:
    """Switches studies to other versions of their encoder, and back."""

    def __init__(
        self,
        store: ObservationStore,
        encoders: Encoders,
        loader: SpaceLoader,
        studies: Studies,
        lanes: Lanes,
        fitting: Fitting,
        health: WriteHealth,
        leases: Leases,
    ) -> None:
        self._store = store
        self._encoders = encoders
        self._leases = leases
        self._loader = loader
        self._studies = studies
        self._lanes = lanes
        self._fitting = fitting
        self._health = health
        self._lane = Lane("switches", 64)
        self._switches: dict[str, Switch] = {}
        self._unusable: set[tuple[str, str | None]] = set()  # studies, and their encoders that cannot be used here
        self._asked: dict[str, float] = {}
        self._closing = False

    @property
    def waiting(self) -> Waiting:
        """The switches that wait or are being made."""
        return self._lane.waiting

    def versions(self) -> dict[str, list[str]]:
        """The trained versions of each space, newest first."""
        return {space: self._encoders.versions(space) for space in sorted(self._studies.encodings)}

    def of_study(self, record: StudyRecord) -> Encoding:
        """How the architectures of a study are encoded; by the newest encoder where its own cannot be used."""
        default = self._studies.encoding(record.study.space)
        try:
            return self._loader.version(default, record.encoder)
        except CheckpointError as err:
            _log.error("encoder of the study not loaded, the newest serves study=%s: %s", record.study.name, err)
            self._unusable.add((record.study.name, record.encoder))
            return default

    def serves(self, version: StudyVersion, state: StudyState) -> bool:
        """Whether a study in memory is encoded as it should be, or as well as it can be."""
        name, space = version.study.name, version.study.space
        if version.encoder is None or (name, version.encoder) in self._unusable:
            return state.encoding is self._studies.encoding(space)
        return state.encoding.encoder.version == f"{space}/{version.encoder}"

    def help_out(self, version: StudyVersion) -> None:
        """Take over the switch of a study from a server that has died; looked at now and then."""
        name, now = version.study.name, time.monotonic()
        under_way = self._switches.get(name)
        if (under_way and not under_way.stage.over) or now < self._asked.setdefault(name, now) + TAKEN_OVER_AFTER:
            return
        self._asked[name] = now
        with self._leases.hold(_lease(name)) as free:
            pass
        if free and version.target:
            _log.info("encoder switch taken over study=%s", name)
            self._begin(self._store.study(name), version.target, compare_only=False)

    def go_on(self) -> None:
        """Go on with what was under way when the service stopped."""
        for record in self._store.studies():
            if record.target:
                self._begin(record, record.target, compare_only=False)

    def close(self) -> None:
        """Leave what is under way for the next start."""
        self._closing = True
        self._lane.close()

    def forget(self, name: str) -> None:
        """The study was deleted; a switch that is under way notices by itself."""
        if name in self._switches and self._switches[name].stage.over:
            del self._switches[name]

    async def serving(self, name: str) -> ServingEncoder:
        """What serves a study, and what is under way.

        Raises:
            UnknownStudyError: there is none of this name.
        """
        switch = self._switches.get(name)  # first, so that one that is told to be done shows in what follows
        record = await self._lanes.reads.run(self._store.study, name)
        switch = switch or self._under_way(record)
        encoder = (await self._lanes.numbers.run(self._studies.state, name)).encoding.encoder
        return ServingEncoder(encoder.version, encoder.kind, record.encoder is None, switch)

    async def switch(self, name: str, target: EncoderTarget, *, compare_only: bool = False) -> ServingEncoder:
        """Begin a switch; returns when it is sure to go on, also after a crash.

        Args:
            compare_only: embed and compare, and leave the study as it is.

        Raises:
            UnknownStudyError: there is no such study.
            UnknownEncoderError: its space has no such version.
            SwitchUnderWayError: it is being switched already.
            StoreError: the wish could not be written.
        """
        await self._lanes.writes.run(self._wish, name, target, compare_only)
        return await self.serving(name)

    def _wish(self, name: str, target: EncoderTarget, compare_only: bool) -> None:
        record = self._store.study(name)
        space = record.study.space
        known = self._encoders.versions(space)
        if target.version is not None and target.version not in known:
            there = ", ".join(f"{space}/{version}" for version in known) or "none that was trained"
            raise UnknownEncoderError(f"there is no encoder '{space}/{target.version[:80]}': there is {there}")
        under_way = self._under_way(record)
        if under_way and not under_way.stage.over:
            raise SwitchUnderWayError(f"study {name!r} is being switched to {under_way.version}: wait until it is")
        if not compare_only:
            with self._health.watched():
                self._store.set_target(name, target)
        self._begin(record, target, compare_only)

    def _under_way(self, record: StudyRecord) -> Switch | None:
        """The last switch of a study, be it another server's."""
        last = self._switches.get(record.study.name)
        if record.target and (last is None or last.stage.over):
            return Switch(self._version(record, record.target), Stage.EMBEDDING, 0, record.n_observations)
        return last

    def _version(self, record: StudyRecord, target: EncoderTarget) -> str:
        space = record.study.space
        return f"{space}/{target.version or next(iter(self._encoders.versions(space)), '0')}"

    def _begin(self, record: StudyRecord, target: EncoderTarget, compare_only: bool) -> None:
        name = record.study.name
        self._switches[name] = Switch(self._version(record, target), Stage.EMBEDDING, 0, record.n_observations)
        self._lane.submit(self._run, name, target, compare_only)

    def _run(self, name: str, target: EncoderTarget, compare_only: bool) -> None:
        try:
            with ExitStack() as stack:
                try:
                    mine = stack.enter_context(self._leases.hold(_lease(name)))
                except StoreError as err:  # what is wished for stays, and is taken up again (`help_out`)
                    _log.warning("encoder not switched yet study=%s: %s", name, err)
                    mine = False
                if mine and (compare_only or self._store.version(name).target):
                    self._switch(name, target, compare_only)
                else:  # another server makes it, or has made it
                    self._switches.pop(name, None)
        except _ClosingError:
            _log.info("encoder switch goes on at the next start study=%s", name)
        except UnknownStudyError:
            _log.info("encoder switch ended, its study was deleted study=%s", name)
            self._switches.pop(name, None)
        except Exception as err:  # noqa: BLE001  # told by `serving`; the study stays as it is
            _log.exception("encoder not switched study=%s", name)
            told = str(err) if isinstance(err, EmproxError) else "an error that the server's log describes"
            try:
                if not compare_only:
                    self._forget_target(name)
            finally:
                self._note(name, stage=Stage.FAILED, error=told)

    def _switch(self, name: str, target: EncoderTarget, compare_only: bool) -> None:
        served = self._lanes.numbers.submit(self._studies.state, name).result()
        encoding = self._loader.version(self._studies.encoding(served.study.space), target.version)
        state = self._load(served, encoding)
        self._note(name, stage=Stage.COMPARING)
        comparison = self._compare(served, state)
        self._note(name, comparison=comparison)
        if compare_only:
            self._note(name, stage=Stage.COMPARED)
        elif target.only_if_better and not _better(comparison):
            self._forget_target(name)
            self._note(name, stage=Stage.KEPT_OLD)
        else:
            while not self._lanes.writes.submit(self._swap, name, state, target).result():
                state = self._load(served, encoding)
            self._note(name, stage=Stage.DONE)

    def _load(self, served: StudyState, encoding: Encoding) -> StudyState:
        name = served.study.name

        def note(embedded: int) -> None:
            if self._closing:
                raise _ClosingError
            self._note(name, embedded=embedded)

        state = self._loader.state(name, encoding, note)
        if state.created_at != served.created_at:
            raise UnknownStudyError(f"study {name!r} was deleted: there is another one of its name")
        return state

    def _compare(self, served: StudyState, state: StudyState) -> dict[str, Comparison]:
        before, after = self._lanes.numbers.submit(_models, served).result(), _models(state)
        return {metric: _comparison(before[metric], model) for metric, model in after.items() if metric in before}

    def _swap(self, name: str, state: StudyState, target: EncoderTarget) -> bool:
        """On the lane of writes, so that nothing is stored meanwhile; false where the study must be read again."""
        if not up_to_date(state, self._store):
            return False
        with self._health.watched():
            self._store.set_encoder(name, target.version)
        self._lanes.numbers.submit(self._studies.take_over, state).result()
        self._lanes.numbers.submit(self._fitting.start_due, name)
        _log.info("encoder serves study=%s version=%s", name, state.encoding.encoder.version)
        return True

    def _note(self, name: str, **changes: object) -> None:
        self._switches[name] = replace(self._switches[name], **changes)  # type: ignore[arg-type]

    def _forget_target(self, name: str) -> None:
        self._lanes.writes.submit(self._store.set_target, name, None).result()


def _lease(study: str) -> str:
    return f"encoder of {study}"


class _ClosingError(Exception):
    """The service stops."""


def _models(state: StudyState) -> dict[str, _Model]:
    return {name: (model.log, model.groups, model.scales) for name, model in state.models.items() if len(model)}


def _comparison(before: _Model, after: _Model) -> Comparison:
    """Of both on what the new encoder has read: the old one has taken in what came since."""
    log, (served, groups, scales) = after[0], before
    tau_before = leave_one_out_tau(served.first(len(log)), groups, scales)
    return Comparison(log.at_target().n_architectures, tau_before, leave_one_out_tau(*after))


def _better(comparison: Mapping[str, Comparison]) -> bool:
    """Whether the new encoder is at least as good, over all metrics that can be ranked."""
    return sum((each.after or 0) - (each.before or 0) for each in comparison.values()) >= 0
