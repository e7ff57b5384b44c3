"""Keys: who may do what."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest

PREFIX = "emprox"
_ID_BYTES, _SECRET_BYTES = 5, 32
_LONGEST = 200  # characters of what may be a key


class Scope(StrEnum):
    """What a key allows: to predict and look, to observe and suggest, or everything. Each includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: "Scope") -> bool:
        """Whether who has this may do what needs the other."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept: of its secret, only a digest.

    Args:
        key_id: tells keys apart, and may be seen by anyone.
        name: whose it is.
        studies: that it is bound to; None for all.
        digest: SHA-256 of the whole key in hexadecimal. A secret of 256 random bits needs no slower one: there is no
            list of likely ones to try.
    """

    key_id: str
    name: str
    scope: Scope
    studies: frozenset[str] | None
    digest: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def revoked(self, now: datetime) -> "Key":
        """The key, of no use from now on."""
        return self if self.revoked_at else replace(self, revoked_at=now)

    def is_valid(self, now: datetime) -> bool:
        """Whether it was neither revoked nor has expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def is_text(self, text: str) -> bool:
        """Whether a text is this key; takes as long whichever of its characters is wrong."""
        return compare_digest(_digest(text), self.digest)

    def allows(self, study: str) -> bool:
        """Whether it is for a study."""
        return self.studies is None or study in self.studies


def new_key(
    name: str, scope: Scope, studies: frozenset[str] | None, now: datetime, expires_at: datetime | None
) -> tuple[Key, str]:
    """A new key, and its text, which is nowhere kept."""
    key_id = secrets.token_hex(_ID_BYTES)
    text = f"{PREFIX}-{key_id}-{secrets.token_urlsafe(_SECRET_BYTES)}"
    return Key(key_id, name, scope, studies, _digest(text), now, expires_at), text


def id_in(text: str) -> str | None:
    """The id of the key that a text may be; None where it looks like none."""
    parts = text.split("-", 2)
    if len(text) > _LONGEST or len(parts) != 3 or parts[0] != PREFIX or len(parts[1]) != 2 * _ID_BYTES:
        return None
    return parts[1] if parts[1].isascii() and parts[1].isalnum() else None


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
