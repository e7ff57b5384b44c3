"""Whether the store can be written."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.errors import StoreError


class WriteHealth:
    """Remembers how the last write ended.

    Args:
        error: of the last write, None if it went well.
    """

    def __init__(self) -> None:
        self.error: str | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Within it the store is written."""
        try:
            yield
        except StoreError as err:
            self.error = str(err)
            raise
        self.error = None
