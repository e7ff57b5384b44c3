"""Whether the store can be written."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.errors import StoreError, UnsafeStoreError

_log = logging.getLogger(__name__)


class WriteHealth:
    """Remembers how the last write ended.

    Attributes:
        error: of the last write, None if it went well.
        unsafe: whether a write was not confirmed by the disk: nothing is written any more then, and the process should
            end, so that the next one reads what is there.
    """

    def __init__(self) -> None:
        self.error: str | None = None
        self.unsafe = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Within it the store is written.

        Raises:
            StoreError: the disk failed to confirm an earlier write.
        """
        if self.unsafe:
            raise StoreError(f"nothing is stored until the server was started again: {self.error}")
        try:
            yield
        except UnsafeStoreError as err:
            self.error, self.unsafe = str(err), True
            _log.critical("a write was not confirmed by the disk, the server ends: %s", err)
            raise
        except StoreError as err:
            self.error = str(err)
            raise
        self.error = None

    def recovered(self) -> None:
        """The store answers again: the next write may try."""
        if not self.unsafe:
            self.error = None
