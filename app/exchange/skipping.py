"""What becomes of a row that cannot be imported: the import ends, or goes on without it."""

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

from app.exchange.errors import ExchangeError
from app.exchange.rows import BadRow


class BadRows(AbstractContextManager["BadRows"]):
    """Refuses bad rows, or puts them into a file of JSON objects: `row`, `reason`, `content`.

    Args:
        source: what the rows are of, for the message.
        path: the file; None to refuse them.

    Raises:
        ExchangeError: the file cannot be written, or is the source.
    """

    def __init__(self, source: str, path: Path | None) -> None:
        self.skipped = 0
        self._source = source
        self._path = path
        self._file: TextIO | None = None
        if path is not None:
            if path.exists() and Path(source).exists() and path.samefile(source):
                raise ExchangeError(f"{path} is what is imported: name another file for what is skipped")
            try:
                self._file = path.open("w", encoding="utf-8")
            except OSError as err:
                raise ExchangeError(f"{path} cannot be written: {err.strerror}") from err

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def take(self, bad: BadRow, stored: int) -> None:
        """Put a row aside.

        Args:
            stored: how many rows before it were stored, for the message.

        Raises:
            ExchangeError: bad rows are refused; says which one, why, and what to do.
        """
        if self._file is None:
            before = f"the {stored} rows before its batch are stored" if stored else "nothing was stored"
            raise ExchangeError(
                f"row {bad.number} of {self._source}: {bad.reason} ({before}; --skip-invalid goes on without such rows)"
            )
        json.dump({"row": bad.number, "reason": bad.reason, "content": bad.content}, self._file, default=str)
        self._file.write("\n")
        self.skipped += 1
