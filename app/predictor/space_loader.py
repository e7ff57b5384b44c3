"""What serves a search space: its encoding, and its studies as that encoding has them."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from app.domain.errors import SpaceConflictError
from app.predictor.embedding_process import EmbeddingProcess
from app.predictor.encoding import Encoding
from app.predictor.known_points import NewIndex
from app.predictor.loading import load_study, up_to_date
from app.predictor.ports import Encoders
from app.predictor.snapshot import StudyCache
from app.predictor.store import ObservationStore, SpaceRecord
from app.predictor.study_state import StudyState
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space


def declared_encoding(record: SpaceRecord, encoders: Encoders) -> Encoding:
    """How the architectures of a declared space are encoded.

    Raises:
        InvalidSpaceError: the declaration breaks a rule, as one may that an older program took.
        CheckpointError: its encoder cannot be used.
    """
    space = declared_space(record.name, parse_declaration(json.loads(record.declaration)))
    return Encoding(space, encoders.load(space, record.declaration), record)


class SpaceLoader:
    """Prepares what is to serve, beside what serves. Safe to use from any thread."""

    def __init__(self, store: ObservationStore, encoders: Encoders, cache: StudyCache, new_index: NewIndex) -> None:
        self._store = store
        self._encoders = encoders
        self._cache = cache
        self._new_index = new_index
        self._versions: dict[tuple[str, str, str], Encoding] = {}
        self._lock = threading.Lock()

    def declared(self, name: str, declaration: object, serving: Encoding | None) -> Encoding | None:
        """How a space would be encoded that is declared like this; None where it is declared so already.

        Args:
            declaration: a JSON object that nobody has checked.
            serving: how a space of this name is encoded now.

        Raises:
            InvalidSpaceError: the declaration or the name breaks a rule.
            SpaceConflictError: the name is that of a space that comes with the program, or of one that is in use.
            CheckpointError: the encoder of the space cannot be used.
        """
        if serving and not serving.declared:
            raise SpaceConflictError(f"search space {name!r} comes with this program: declare yours under another name")
        parsed = parse_declaration(declaration)
        space, text = declared_space(name, parsed), parsed.to_json()
        if serving and serving.declared:
            if serving.declared.declaration == text:
                return None
            self._refuse_in_use(name)
        # The time is the store's to say, once the space is there.
        return Encoding(space, self._encoders.load(space, text), SpaceRecord(name, text, datetime.now(UTC)))

    def of_record(self, record: SpaceRecord) -> Encoding:
        """See `declared_encoding`."""
        return declared_encoding(record, self._encoders)

    def superseding(self, serving: Encoding) -> Encoding | None:
        """How a space would be encoded with an encoder that came since; None where none came.

        Raises:
            CheckpointError: it cannot be used.
        """
        if not self._encoders.superseded(serving.space.name, serving.encoder):
            return None
        declaration = serving.declared.declaration if serving.declared else ""
        return Encoding(serving.space, self._encoders.load(serving.space, declaration), serving.declared)

    def version(self, serving: Encoding, version: str | None) -> Encoding:
        """How a space is encoded by a version of its encoder; None for how it is encoded anyway.

        Raises:
            CheckpointError: it cannot be used.
        """
        if version is None:
            return serving
        declaration = serving.declared.declaration if serving.declared else ""
        with self._lock:  # studies that share a version share what is remembered of it
            key = (serving.space.name, version, declaration)
            encoder = self._encoders.load(serving.space, declaration, version)
            known = self._versions.get(key)
            if known is None or known.encoder.checksum != encoder.checksum:
                self._versions[key] = Encoding(serving.space, encoder, serving.declared)
            return self._versions[key]

    def state(self, name: str, encoding: Encoding, progress: Callable[[int], None]) -> StudyState:
        """A study, loaded from the store as an encoding has it."""
        with EmbeddingProcess(encoding) as process:
            return load_study(name, self._store, encoding, self._cache, self._new_index, progress, process.embed)

    def states(self, encoding: Encoding) -> dict[str, StudyState]:
        """The studies that follow the newest encoder of a space, loaded from the store as an encoding has them."""
        with EmbeddingProcess(encoding) as process:
            return {
                record.study.name: load_study(
                    record.study.name, self._store, encoding, self._cache, self._new_index, embed=process.embed
                )
                for record in self._store.studies()
                if record.study.space == encoding.space.name and record.encoder is None
            }

    def catch_up(self, encoding: Encoding, states: dict[str, StudyState], *, pinned: bool) -> None:
        """Bring studies that were loaded up to what is stored, those that were declared since included.

        Args:
            pinned: load those as well that stay with a version of their own: the space itself is another one.
        """
        for record in self._store.studies():
            study = record.study
            if study.name in states and up_to_date(states[study.name], self._store):
                continue
            if study.space == encoding.space.name and (pinned or record.encoder is None):
                states[study.name] = load_study(study.name, self._store, encoding, self._cache, self._new_index)

    def _refuse_in_use(self, name: str) -> None:
        """Tell early, before an encoder is made, what the store would tell in the end."""
        for record in self._store.studies():
            if record.study.space == name and record.n_observations:
                raise space_in_use(name, record.study.name)


def space_in_use(space: str, study: str) -> SpaceConflictError:
    """The error for a space that is declared otherwise while a study has observations of it."""
    return SpaceConflictError(
        f"search space {space!r} is declared otherwise, and study {study!r} has observations of it: a space in use "
        "cannot be changed under its observations; declare it under another name"
    )
