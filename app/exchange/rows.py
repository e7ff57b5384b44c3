"""A row of a file that is imported: what it holds, or what is wrong with it."""

from typing import Any, NamedTuple

from pydantic import ValidationError

from app.domain.correction import History
from app.exchange.description import first_error
from app.exchange.records import history
from app.exchange.schemas import Record


class GoodRow(NamedTuple):
    """A row that could be read.

    Args:
        number: counted from 1, what describes the columns or the study left out.
        content: as it is in the file, for whoever has to repair it.
    """

    number: int
    content: object
    history: History


class BadRow(NamedTuple):
    """A row that cannot be imported."""

    number: int
    content: object
    reason: str


Row = GoodRow | BadRow


def row_of(number: int, content: object, plain: dict[str, Any]) -> Row:
    """The row of a plain record."""
    try:
        return GoodRow(number, content, history(Record.model_validate(plain)))
    except ValidationError as err:
        return BadRow(number, content, first_error(err))
