"""What `emprox keys` does."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.domain.errors import KeyFileError
from app.domain.keys import Key, Scope, new_key
from app.domain.study import STUDY_NAME
from app.storage.key_file import KeyFile

_MAX_NAME = 80
_WIDE = 10_000


def create(directory: Path, name: str, scope: Scope, studies: Sequence[str] | None, expires_days: float | None) -> None:
    """Make a key: itself to standard output, what it is for to standard error.

    Raises:
        KeyFileError: it cannot be kept, or its name or a study's cannot be one.
    """
    if not name.strip() or len(name) > _MAX_NAME or not name.isprintable():
        raise KeyFileError(f"name {name[:_MAX_NAME]!r} cannot be one: give 1 to {_MAX_NAME} printable characters")
    for study in studies or ():
        if not STUDY_NAME.fullmatch(study):
            raise KeyFileError(f"study {study[:64]!r} cannot be one: names are 1 to 64 of a-z 0-9 . _ -")
    now = datetime.now(UTC).replace(microsecond=0)
    expires_at = None if expires_days is None else now + timedelta(days=expires_days)
    key, text = new_key(name, scope, frozenset(studies) if studies else None, now, expires_at)
    KeyFile(directory).add(key)
    print(text)
    _say(f"key {key.key_id} of {key.name!r}: {key.scope.value}, {_studies(key)}, {_end(key, now)}. It is shown once.")


def show(directory: Path) -> None:
    """List the keys, those of use first."""
    now = datetime.now(UTC)
    file = KeyFile(directory)
    keys = sorted(file.keys.values(), key=lambda key: (not key.is_valid(now), key.created_at))
    if not file.required:
        _say("there are no keys: who reaches the server may read and write everything")
        return
    table = Table("id", "name", "scope", "studies", "made", "end", box=None, pad_edge=False)
    for key in keys:
        table.add_row(key.key_id, key.name, key.scope.value, _studies(key), f"{key.created_at:%F}", _end(key, now))
    # What reads a pipe wants whole names.
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table, markup=False, highlight=False)


def revoke(directory: Path, key_id: str) -> None:
    """Let a key be of no use.

    Raises:
        KeyFileError: there is none of this id, or it cannot be kept.
    """
    key = KeyFile(directory).revoke(key_id, datetime.now(UTC).replace(microsecond=0))
    _say(f"key {key.key_id} of {key.name!r} was revoked at {key.revoked_at:%F %T} UTC")


def _studies(key: Key) -> str:
    return "all studies" if key.studies is None else ", ".join(sorted(key.studies))


def _end(key: Key, now: datetime) -> str:
    if key.revoked_at:
        return f"revoked {key.revoked_at:%F}"
    if key.expires_at is None:
        return "never expires"
    return f"{'expires' if now < key.expires_at else 'expired'} {key.expires_at:%F}"


def _say(text: str) -> None:
    Console(stderr=True).print(text, soft_wrap=True, highlight=False, markup=False)
