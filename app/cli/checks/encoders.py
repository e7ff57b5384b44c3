"""Whether the encoders load, those that studies stay with included."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.cli.checks.finding import Finding, found
from app.domain.errors import EmproxError
from app.encoder.checkpoint import MANIFEST, load_checkpoint
from app.encoder.library import EncoderLibrary
from app.predictor.encoding import Encoding
from app.predictor.space_loader import declared_encoding
from app.predictor.store import SpaceRecord, StudyRecord
from app.spaces.registry import get_space, space_names

_WAY_OUT = "as long as that is so, the server does not start; an embedding in the data directory is mended by --mend"
_UNTRAINED = 0


class ServedEncodings:
    """The encoding that serves each study, loaded as a server would.

    Args:
        models: folder of trained encoders.
        kept: folder of the embeddings of spaces without one; what is missing there is made in it.
        spaces: those that were declared.
    """

    def __init__(self, models: Path, kept: Path, spaces: Sequence[SpaceRecord]) -> None:
        self._library = EncoderLibrary(models, kept)
        self._declared = {space.name: space for space in spaces}
        self._encodings: dict[tuple[str, str | None], Encoding] = {}

    def of(self, record: StudyRecord) -> Encoding:
        """The encoding of a study.

        Raises:
            EmproxError: its space is not known, or its encoder cannot be used.
        """
        return self._encoding(record.study.space, record.encoder)

    def check(self, studies: Sequence[StudyRecord], kept: Path) -> Finding:
        """Load every encoder that is there or needed.

        Args:
            kept: folder of embeddings that are looked at as they are, and not made anew.
        """
        problems = [*self._problems(), *self._problems_of(studies), *self._problems_in(kept)]
        n = len({encoding.encoder.checksum for encoding in self._encodings.values()})
        return found("encoders", problems, f"{n} load, with the checksums they were written with", _WAY_OUT)

    def _encoding(self, space: str, version: str | None) -> Encoding:
        key = space, version
        if key not in self._encodings:
            if version is not None:
                known = self._encoding(space, None)
                self._encodings[key] = Encoding(known.space, self._library.load(known.space, version=version))
            elif space in self._declared:
                self._encodings[key] = declared_encoding(self._declared[space], self._library)
            else:
                self._encodings[key] = Encoding(get_space(space), self._library.load(get_space(space)))
        return self._encodings[key]

    def _problems(self) -> Iterator[str]:
        for name in sorted({*space_names(), *self._declared}):
            try:
                for version in (None, *self._library.versions(name)):
                    self._encoding(name, version)
            except EmproxError as err:
                yield str(err)

    def _problems_of(self, studies: Sequence[StudyRecord]) -> Iterator[str]:
        for record in studies:
            try:
                self.of(record)
            except EmproxError as err:
                yield f"study {record.study.name!r} has no encoder, {err}"

    def _problems_in(self, kept: Path) -> Iterator[str]:
        for name in self._declared:
            if (kept / name / str(_UNTRAINED) / MANIFEST).exists():
                try:
                    load_checkpoint(kept, self._encoding(name, None).space, _UNTRAINED)
                except EmproxError as err:
                    yield str(err)
