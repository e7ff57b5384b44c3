"""A database that fails, told in the terms of the domain."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.domain.errors import StoreError, UnsafeStoreError

# SQLSTATE of a serialization failure, a deadlock, and a row that another process was the first to add: nothing of the
# transaction is left, and done again it sees what the other one did.
_IN_THE_WAY = {"40001", "40P01", "23505"}
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
        raise StoreError(f"{what}: {_in_a_line(cause)}") from err


def _in_a_line(cause: BaseException) -> str:
    """What the driver says happened, without the statement that PostgreSQL quotes below."""
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    return " ".join(str(primary or cause).split())


def was_in_the_way(error: DBAPIError) -> bool:
    """Whether a transaction failed because of another process alone."""
    return getattr(error.orig, "sqlstate", None) in _IN_THE_WAY
