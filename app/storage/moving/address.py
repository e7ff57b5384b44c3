"""Which store is meant: sqlite:///DIRECTORY or postgresql://USER:PASSWORD@HOST/DATABASE."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.domain.errors import StoreError
from app.storage.observation_store import SqlObservationStore
from app.storage.postgres import open_postgres_store, read_postgres_store
from app.storage.sqlite import DATABASE_FILE, open_sqlite_store, read_sqlite_store

_SQLITE = "sqlite:///"
_PORT = 5432
_KINDS = "a store is sqlite:///DIRECTORY or postgresql://USER:PASSWORD@HOST/DATABASE"


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A store in a data directory."""

    directory: Path

    def read(self) -> SqlObservationStore:
        """The store to read from, also while a server holds it; see `read_sqlite_store`."""
        try:
            return read_sqlite_store(self.directory)
        except OSError as err:
            raise StoreError(f"data directory {self.directory} cannot be read: {err.strerror}") from err

    def open(self) -> SqlObservationStore:
        """The store to write to; see `open_sqlite_store`."""
        return open_sqlite_store(self.directory)


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A store in a PostgreSQL database."""

    url: URL

    def read(self) -> SqlObservationStore:
        """The store to read from; see `read_postgres_store`."""
        return read_postgres_store(self._text)

    def open(self) -> SqlObservationStore:
        """The store to write to; see `open_postgres_store`."""
        return open_postgres_store(self._text)

    @property
    def _text(self) -> str:
        return self.url.render_as_string(hide_password=False)


Address = SqliteAddress | PostgresAddress


def store_address(text: str) -> Address:
    """The store that a text names; for SQLite also by the path of the database in its directory.

    Raises:
        StoreError: it names none. The message has no password.
    """
    scheme, separator, rest = text.partition("://")
    if scheme == "sqlite":
        path = Path(text.removeprefix(_SQLITE))
        if not text.startswith(_SQLITE) or not rest.strip("/"):
            raise StoreError("sqlite:/// is followed by the data directory: sqlite:///data, or sqlite:////srv/data")
        return SqliteAddress(path.parent if path.name == DATABASE_FILE else path)
    if scheme.partition("+")[0] == "postgresql":
        return PostgresAddress(_url(text))
    found = f"an address that begins with {scheme[:20]}:// is none" if separator else "an address without :// is none"
    raise StoreError(f"{_KINDS}; {found}")


def refuse_same(source: Address, target: Address) -> None:
    """Refuse to move a store into itself.

    Raises:
        StoreError: both are the same one.
    """
    if _place(source) == _place(target):
        raise StoreError("source and target are the same store: name another target")


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as err:
        raise StoreError(f"the address of the PostgreSQL database cannot be read; {_KINDS}") from err
    if not url.database:
        raise StoreError(f"the address of the PostgreSQL server names no database; {_KINDS}")
    return url


def _place(address: Address) -> object:
    if isinstance(address, SqliteAddress):
        return address.directory.resolve()
    url = address.url
    return url.host, url.port or _PORT, url.database, url.query
