"""What was computed for each study, as files that can be thrown away at any time."""

import hashlib
import logging
import os
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from app.predictor.ports import Cached
from app.proximity.scales import Scales

_log = logging.getLogger(__name__)

FOLDER = "cache"  # in the data directory
FORMAT = "4"
_EMPTY = Cached({}, {})
_DIGEST_BYTES = 32


class FileStudyCache:
    """One file per study and encoder in a folder: SHA-256 of the rest, then safetensors.

    A file is replaced in one step; one that is damaged, or was written for another encoder, counts as none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saving = threading.Lock()

    def load(self, study: str, encoder_checksum: str) -> Cached:
        """What was saved for this study and encoder; empty where there is nothing that fits."""
        try:
            content = self._path(study, encoder_checksum).read_bytes()
        except OSError:
            return _EMPTY
        if not _is_whole(content):
            _log.warning("cache is damaged, rebuilding from the store study=%s", study)
            return _EMPTY
        tensors = load(content[_DIGEST_BYTES:])
        if bytes(tensors["encoder"]).decode() != f"{FORMAT} {encoder_checksum}":
            _log.info("cache is of another encoder, rebuilding from the store study=%s", study)
            return _EMPTY
        ids = [row.tobytes().hex() for row in tensors["ids"]]
        return Cached(
            dict(zip(ids, tensors["embeddings"], strict=True)), _scales(tensors), int(tensors["corrected"][0])
        )

    def save(self, study: str, encoder_checksum: str, cached: Cached) -> None:
        """Replace what was saved; a failure is logged, since nothing is lost by it."""
        if not cached.embeddings:
            return
        tensors: dict[str, np.ndarray] = {
            "encoder": np.frombuffer(f"{FORMAT} {encoder_checksum}".encode(), dtype=np.uint8),
            "ids": np.array([list(bytes.fromhex(key)) for key in cached.embeddings], dtype=np.uint8),
            "embeddings": np.stack(list(cached.embeddings.values())),
            "corrected": np.array([cached.corrected], dtype=np.int64),
        }
        for metric, (n, scales) in cached.scales.items():
            for prefix, each in (("", scales), ("lower.", scales.lower)):
                if each:
                    numbers = [n, each.log_noise, each.log_trend, *each.log_scales]
                    tensors[f"{prefix}scales.{metric}"] = np.array(numbers)
                    tensors[f"{prefix}proxies.{metric}"] = each.proxy_units
        body = save(tensors)
        try:
            with self._saving:
                self._write(self._path(study, encoder_checksum), hashlib.sha256(body).digest() + body)
        except OSError as err:
            _log.warning("cache not saved study=%s reason=%s", study, err)

    def damaged(self) -> list[str]:
        """Files that are not as they were written, by name."""
        return [path.name for path in self._files() if path.exists() and not _is_whole(path.read_bytes())]

    def strays(self, studies: Collection[str]) -> list[str]:
        """Files of other studies than these, by name."""
        return [path.name for path in self._files() if path.stem.partition("@")[0] not in studies and path.exists()]

    def forget(self, study: str, but: str | None = None) -> None:
        """Remove what was saved for a study, but for the encoder of this checksum."""
        # No name of a study has the "@".
        for path in (*self._folder.glob(f"{study}@*.cache"), self._folder / f"{study}.cache"):
            if but is None or path != self._path(study, but):
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.cache"))

    def _write(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def _path(self, study: str, encoder_checksum: str) -> Path:
        return self._folder / f"{study}@{hashlib.sha256(encoder_checksum.encode()).hexdigest()[:16]}.cache"


def _is_whole(content: bytes) -> bool:
    return hashlib.sha256(content[_DIGEST_BYTES:]).digest() == content[:_DIGEST_BYTES]


def _scales(tensors: Mapping[str, np.ndarray]) -> dict[str, tuple[int, Scales]]:
    found = [name.removeprefix("scales.") for name in tensors if name.startswith("scales.")]
    return {metric: (int(tensors[f"scales.{metric}"][0]), _scales_of(tensors, metric)) for metric in found}


def _scales_of(tensors: Mapping[str, np.ndarray], metric: str, prefix: str = "") -> Scales:
    _, noise, trend, *scales = tensors[f"{prefix}scales.{metric}"].tolist()
    lower = _scales_of(tensors, metric, "lower.") if not prefix and f"lower.scales.{metric}" in tensors else None
    return Scales(np.array(scales), noise, tensors[f"{prefix}proxies.{metric}"], trend, lower)
