"""A database that fails, told in the terms of the domain."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from app.domain.errors import StoreError, UnsafeStoreError

_NOT_SYNCED = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}


@contextmanager
def as_store_errors(what: str) -> Iterator[None]:
    """Raise what SQLAlchemy raises within as StoreError: `what` it means, and why."""
    try:
        yield
    except SQLAlchemyError as err:
        # SQLAlchemy's own message quotes the statement and its parameters; the driver's says what happened.
        cause = getattr(err, "orig", None) or err
        if getattr(cause, "sqlite_errorcode", None) in _NOT_SYNCED:
            raise UnsafeStoreError(f"{what}: the disk did not say that it is safe ({cause})") from err
        raise StoreError(f"{what}: {cause}") from err
