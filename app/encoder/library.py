"""The encoders of all search spaces: the trained ones, and where there is none a structural embedding alone."""

import logging
from pathlib import Path
from typing import Protocol

import numpy as np

from app.domain.errors import CheckpointError, StoreError
from app.encoder.checkpoint import (
    MANIFEST,
    Checkpoint,
    latest_version,
    load_checkpoint,
    save_checkpoint,
    served_checksum,
)
from app.encoder.manifest import running_versions
from app.encoder.served import ServedEncoder
from app.encoder.structural import StructuralEmbedding
from app.spaces.space import SearchSpace

_log = logging.getLogger(__name__)

SAMPLE = 2_000  # architectures that a structural embedding is scaled to; twice as many changed no figure
_UNTRAINED = 0
_DECLARATION = "declaration.json"  # beside the embedding of a declared space: what it was scaled to a sample of


class HasChecksum(Protocol):
    """What tells one encoder from another."""

    @property
    def checksum(self) -> str:
        """Changes whenever an embedding could."""


class EncoderLibrary:
    """Finds the encoder that serves a space. Safe to call from any thread.

    Args:
        models: folder of trained encoders.
        kept: folder for structural embeddings of spaces without one, which take seconds to scale.
    """

    def __init__(self, models: Path, kept: Path) -> None:
        self._models = models
        self._kept = kept

    def superseded(self, space: str, encoder: HasChecksum) -> bool:
        """See `Encoders.superseded`. A folder of models that is gone supersedes nothing."""
        latest = latest_version(self._models, space)
        return latest > 0 and served_checksum(self._models / space / str(latest)) != encoder.checksum

    def versions(self, space: str) -> list[str]:
        """See `Encoders.versions`."""
        names = [path.parent.name for path in (self._models / space).glob(f"*/{MANIFEST}")]
        numbers = sorted((int(name) for name in names if name.isdecimal()), reverse=True)
        return [*map(str, numbers), *sorted(name for name in names if not name.isdecimal())]

    def load(self, space: SearchSpace, declaration: str = "", version: str | None = None) -> ServedEncoder:
        """An encoder of a space: trained, or scaled here and now to a sample of the space.

        Args:
            version: of a trained one; default the newest.
            declaration: of a declared space; an embedding that was kept for another one is made anew.

        Raises:
            CheckpointError: the trained one cannot be used.
            StoreError: an embedding was made and cannot be kept.
        """
        if version is not None or latest_version(self._models, space.name):
            checkpoint = load_checkpoint(self._models, space, version)
        else:
            checkpoint = self._kept_structural(space, declaration) or self._new_structural(space, declaration)
        encoder = checkpoint.serving()
        reason = checkpoint.manifest.reason
        _log.info("encoder loaded version=%s serves=%s reason=%r", encoder.version, encoder.kind, reason)
        return encoder

    def _kept_structural(self, space: SearchSpace, declaration: str) -> Checkpoint | None:
        declared = self._folder(space) / _DECLARATION
        try:
            if (declared.read_text() if declared.is_file() else "") != declaration:
                return None
            checkpoint = load_checkpoint(self._kept, space, _UNTRAINED)
        except (CheckpointError, OSError, UnicodeDecodeError):
            return None
        server = "emprox-server"
        # Another version of the program may read other features off a graph.
        return checkpoint if checkpoint.manifest.versions[server] == running_versions()[server] else None

    def _new_structural(self, space: SearchSpace, declaration: str) -> Checkpoint:
        rng = np.random.default_rng(0)  # the same on every start, so that embeddings stay what they are
        structural = StructuralEmbedding.fit(space, [space.sample(rng) for _ in range(SAMPLE)])
        directory = self._folder(space)
        try:
            # In this order, so that whatever is interrupted, an embedding is not taken for that of another declaration.
            (directory / _DECLARATION).unlink(missing_ok=True)
            manifest = save_checkpoint(directory, structural)
            if declaration:
                (directory / _DECLARATION).write_text(declaration)
        except OSError as err:
            raise StoreError(f"{directory} cannot be written: {err.strerror}") from err
        return Checkpoint(space, _UNTRAINED, structural, None, manifest)

    def _folder(self, space: SearchSpace) -> Path:
        return self._kept / space.name / str(_UNTRAINED)
