"""Keys in a file beside the database, which the command line changes while the server reads it."""

import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.domain.errors import KeyFileError
from app.domain.keys import Key
from app.storage.database_file import sync

_log = logging.getLogger(__name__)

KEY_FILE = "keys.json"
LOOK_EVERY_SECONDS = 0.5  # a revoked key is of no use after that
_KEYS = TypeAdapter(list[Key])
_DIGEST = re.compile("[0-9a-f]{64}")
_State = tuple[int, int, int]


class KeyFile:
    """The keys of a data directory. Safe to call from any thread, and while other processes change it.

    A file that is gone or cannot be read changes nothing: the keys are those that were there before.

    Raises:
        KeyFileError: the file is there and cannot be read.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / KEY_FILE
        self._state = self._stat()
        self._keys = self._read()
        self._looked = time.monotonic()
        self._gone = False

    @property
    def required(self) -> bool:
        """Whether there is a file of keys, be it without a valid one: then nothing goes without."""
        _ = self.keys
        return self._state is not None

    @property
    def keys(self) -> Mapping[str, Key]:
        """All that were ever made, by their id."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY_SECONDS:
            self._looked = now
            self._look()
        return self._keys

    def add(self, key: Key) -> None:
        """Keep a key; it is on the disk when this returns.

        Raises:
            KeyFileError: it cannot be written.
        """
        with self._changing() as keys:
            keys[key.key_id] = key

    def revoke(self, key_id: str, now: datetime) -> Key:
        """Let a key be of no use; on the disk when this returns.

        Raises:
            KeyFileError: there is none of this id, or it cannot be written.
        """
        with self._changing() as keys:
            if key_id not in keys:
                raise KeyFileError(f"there is no key {key_id!r}: 'emprox keys list' tells which there are")
            keys[key_id] = keys[key_id].revoked(now)
            return keys[key_id]

    def _look(self) -> None:
        state = self._stat()
        if state == self._state:
            return
        if state is None:
            if not self._gone:
                _log.warning("keys are gone, those from before hold path=%s", self._path)
            self._gone = True
            return
        self._gone = False
        try:
            found = self._read()
            # Of a file that went meanwhile there are none.
            self._keys = found if found or self._stat() is not None else self._keys
        except KeyFileError:
            _log.exception("keys not read again, those from before hold")
        else:
            _log.info("keys read again keys=%d", len(self._keys))
        self._state = state

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Key]]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                keys = self._read()
                yield keys
                self._write(keys)
                self._keys, self._state = keys, self._stat()
        except OSError as err:
            raise KeyFileError(
                f"keys {self._path} cannot be written ({err.strerror}): name a directory that this user may write"
            ) from err

    def _read(self) -> dict[str, Key]:
        try:
            found = _KEYS.validate_json(self._path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):  # of a directory that is none, the store says what to do
            return {}
        except (OSError, ValidationError) as err:
            reason = err.strerror if isinstance(err, OSError) else err.errors()[0]["msg"]
            raise KeyFileError(
                f"keys {self._path} cannot be read ({reason}): mend the file, or make new keys without it"
            ) from err
        for key in found:
            if not _is_whole(key):
                raise KeyFileError(
                    f"keys {self._path} cannot be read (key {key.key_id[:20]!r} is none that this program made): "
                    "mend the file, or make new keys without it"
                )
        return {key.key_id: key for key in found}

    def _write(self, keys: Mapping[str, Key]) -> None:
        """In one step: whoever reads meanwhile finds the old keys or the new ones."""
        beside = self._path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(_KEYS.dump_json(list(keys.values()), indent=2))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        sync(self._path.parent)

    def _stat(self) -> _State | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _is_whole(key: Key) -> bool:
    """Whether comparing with it cannot fail."""
    times = [key.created_at, *filter(None, (key.expires_at, key.revoked_at))]
    return bool(_DIGEST.fullmatch(key.digest)) and all(time.tzinfo for time in times)
