"""Search spaces: declared while the service runs, and served by the newest encoder that there is."""

import logging
from concurrent.futures import Future

from app.domain.errors import EmproxError, SpaceNotFoundError
from app.predictor.encoding import Encoding
from app.predictor.fitting import Fitting
from app.predictor.lane import Lanes, finished
from app.predictor.requests import SpaceDescription
from app.predictor.space_loader import SpaceLoader
from app.predictor.store import ObservationStore, SpaceRecord
from app.predictor.studies import Studies
from app.predictor.study_state import StudyState
from app.spaces.space import SearchSpace

_log = logging.getLogger(__name__)


class Spaces:
    """Describes and declares search spaces, and lets their studies follow the newest encoder."""

    def __init__(
        self, store: ObservationStore, loader: SpaceLoader, studies: Studies, lanes: Lanes, fitting: Fitting
    ) -> None:
        self._store = store
        self._loader = loader
        self._studies = studies
        self._lanes = lanes
        self._fitting = fitting
        self._refused: dict[str, str] = {}
        self._closing = False

    def close(self) -> None:
        """Take no further encoder over."""
        self._closing = True

    def describe_all(self) -> list[SpaceDescription]:
        """All search spaces, by name."""
        return [_described(self._studies.encodings[name]) for name in sorted(self._studies.encodings)]

    def describe(self, name: str) -> SpaceDescription:
        """One search space.

        Raises:
            SpaceNotFoundError: there is none of this name.
        """
        return _described(self._encoding(name))

    def space(self, name: str) -> SearchSpace:
        """What a search space can do.

        Raises:
            SpaceNotFoundError: there is none of this name.
        """
        return self._encoding(name).space

    async def declare(self, name: str, declaration: object) -> bool:
        """Make a search space whose studies can answer at once; true if it is new, false if it was there.

        A space without observations may be declared otherwise.

        Args:
            declaration: a JSON object that nobody has checked.

        Raises:
            InvalidSpaceError: the declaration or the name breaks a rule.
            SpaceConflictError: the space comes with the program, or is declared otherwise and in use.
            CheckpointError: there is an encoder for it that cannot be used.
            OverloadedError: too much waits.
            StoreError: it could not be written.
        """
        serving = self._studies.encodings.get(name)
        encoding = await self._lanes.fits.run(self._loader.declared, name, declaration, serving)
        return encoding is not None and await self._lanes.writes.run(self._commit_space, encoding)

    def follow(self, record: SpaceRecord) -> "Future[None]":
        """Serve a space that another server declared; done once it is, or cannot be."""
        return self._lanes.fits.submit(self._follow, record)

    async def refresh_encoders(self) -> None:
        """Serve encoders that came since, one space after the other; returns when they serve.

        Until then the old ones do. One that cannot be used is logged, and its space keeps the one that it has.
        """
        for serving in list(self._studies.encodings.values()):
            swap = await finished(self._lanes.fits.submit(self._load_encoder, serving))
            if swap:
                await finished(swap)

    def _encoding(self, name: str) -> Encoding:
        if name not in self._studies.encodings:
            raise SpaceNotFoundError(f"there is no search space {name[:80]!r}: declare it with PUT /spaces/{{name}}")
        return self._studies.encodings[name]

    def _commit_space(self, encoding: Encoding) -> bool:
        name = encoding.space.name
        is_new = name not in self._studies.encodings
        assert encoding.declared  # noqa: S101  # it comes from a declaration
        if self._store.declare_space(name, encoding.declared.declaration):
            encoding.declared = next(record for record in self._store.spaces() if record.name == name)
            self._serve(encoding, {}, pinned=True)
            _log.info("space declared space=%s encoder=%s", name, encoding.encoder.version)
        return is_new

    def _follow(self, record: SpaceRecord) -> None:
        try:
            encoding = self._loader.of_record(record)
        except EmproxError as err:
            if self._refused.get(record.name) != str(err):
                _log.error("declared elsewhere, and cannot be served here space=%s: %s", record.name, err)
                self._refused[record.name] = str(err)
            return
        try:
            self._lanes.writes.submit(self._serve, encoding, {}, pinned=True).result()
        except Exception:  # noqa: BLE001  # looked at again in a moment; until then the old one serves
            _log.exception("declared elsewhere, and not served here yet space=%s", record.name)
            return
        _log.info("space declared elsewhere space=%s encoder=%s", record.name, encoding.encoder.version)

    def _load_encoder(self, serving: Encoding) -> "Future[None] | None":
        name = serving.space.name
        try:
            encoding = self._loader.superseding(serving)
            states = self._loader.states(encoding) if encoding else {}
        except EmproxError as err:
            if self._refused.get(name) != str(err):  # said once, and not every few seconds
                _log.error("encoder not loaded, the old one serves space=%s: %s", name, err)
                self._refused[name] = str(err)
            return None
        self._refused.pop(name, None)
        return self._lanes.writes.submit(self._swap, serving, encoding, states) if encoding else None

    def _swap(self, serving: Encoding, encoding: Encoding, states: dict[str, StudyState]) -> None:
        name = serving.space.name
        if self._studies.encodings[name] is serving and not self._closing:  # or the space is declared otherwise by now
            self._serve(encoding, states, pinned=False)
            _log.info("encoder serves version=%s kind=%s", encoding.encoder.version, encoding.encoder.kind)

    def _serve(self, encoding: Encoding, states: dict[str, StudyState], *, pinned: bool) -> None:
        """Encode a space like this from now on; on the thread of writes, so that nothing is stored meanwhile."""
        self._loader.catch_up(encoding, states, pinned=pinned)
        # Waited for, so that what is committed next is known to be embedded like this or not.
        self._lanes.numbers.submit(self._studies.serve, encoding, states).result()
        for name in states:
            self._lanes.numbers.submit(self._fitting.start_due, name)


def _described(encoding: Encoding) -> SpaceDescription:
    encoder = encoding.encoder
    return SpaceDescription(
        encoding.space.name, encoding.space.vocabulary, encoding.declared, encoder.version, encoder.kind
    )
