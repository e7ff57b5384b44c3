"""A database that fails, told in the terms of the domain."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from app.domain.errors import StoreError


@contextmanager
def as_store_errors(what: str) -> Iterator[None]:
    """Raise what SQLAlchemy raises within as StoreError: `what` it means, and why."""
    try:
        yield
    except SQLAlchemyError as err:
        # SQLAlchemy's own message quotes the statement and its parameters; the driver's says what happened.
        raise StoreError(f"{what}: {getattr(err, 'orig', None) or err}") from err
