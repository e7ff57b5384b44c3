"""A list that prints as a table and converts to a DataFrame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from emprox_client.schemas import Estimate

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

_ROWS = 20
_WIDTH = 60


class Listing(Sequence[T]):
    """The items of an answer, in their order."""

    _items: Sequence[T]

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        """The item at an index, or the items of a slice as a plain sequence."""
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __repr__(self) -> str:
        rows = [[str(i), *self._row(i)] for i in range(min(len(self), _ROWS))]
        more = [f"... and {len(self) - _ROWS} more"] if len(self) > _ROWS else []
        return "\n".join([self._title(), *_aligned([["", *self._columns()], *rows]), *more])

    def records(self) -> list[dict[str, Any]]:
        """The items as flat dictionaries, those that `to_pandas` has as rows."""
        return [self._record(i) for i in range(len(self))]

    def to_pandas(self) -> pd.DataFrame:
        """The items as rows of a DataFrame.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415  # optional
        except ImportError as err:
            raise ImportError(
                "to_pandas needs pandas: pip install pandas, or use records() for plain dictionaries"
            ) from err
        return pd.DataFrame(self.records())

    def _title(self) -> str:
        raise NotImplementedError

    def _columns(self) -> list[str]:
        raise NotImplementedError

    def _row(self, index: int) -> list[str]:
        raise NotImplementedError

    def _record(self, index: int) -> dict[str, Any]:
        raise NotImplementedError


def number(value: float | None, missing: str = "-") -> str:
    """A number for a table."""
    return missing if value is None else f"{value:.4g}"


def short(value: object) -> str:
    """An architecture or a sentence for a table."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def estimate_text(estimate: Estimate | None) -> str:
    """An estimate for a table: score, standard deviation, and 90 % interval."""
    if estimate is None:
        return "-"
    if estimate.std is None:
        return number(estimate.score)
    return f"{estimate.score:.4g} ± {estimate.std:.2g} [{number(estimate.lower)}, {number(estimate.upper)}]"


def estimate_columns(estimates: dict[str, Estimate]) -> dict[str, float | None]:
    """Estimates as columns: the score under the metric's name, the others under that with an ending."""
    columns: dict[str, float | None] = {}
    for metric, each in estimates.items():
        columns[metric] = each.score
        columns.update({f"{metric}_{name}": getattr(each, name) for name in ("std", "lower", "upper")})
    return columns


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
