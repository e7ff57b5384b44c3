"""Statements that every observation needs, made into SQL once.

SQLAlchemy goes over a statement at each use, and over every row of its values, for longer than the database works on
it. What a statement says stays SQLAlchemy's, and so does how values are bound: any of its databases can run it.
"""

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, CursorResult, Dialect, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler

_Bind = Callable[[Any], Any]
_Row = Sequence[Any]


class CompiledStatement:
    """A statement whose SQL is kept. Safe to use from any thread. What it reads comes as the driver gives it.

    Args:
        names: of its parameters, in the order in which they are given.
    """

    def __init__(self, statement: Select[Any] | Insert | Update, names: Sequence[str]) -> None:
        self._statement = statement
        self._names = tuple(names)
        self._made: WeakKeyDictionary[Dialect, tuple[str, Callable[[Sequence[_Row]], Any]]] = WeakKeyDictionary()

    def run(self, connection: Connection, *values: Any) -> CursorResult[Any]:
        """Run it once."""
        sql, bound = self._for(connection.dialect)
        return connection.exec_driver_sql(sql, bound([values])[0] if values else None)

    def run_each(self, connection: Connection, rows: Sequence[_Row]) -> None:
        """Run it for each of these values."""
        if rows:
            sql, bound = self._for(connection.dialect)
            connection.exec_driver_sql(sql, bound(rows))

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[Sequence[_Row]], Any]]:
        made = self._made.get(dialect)
        if made is None:
            made = self._made[dialect] = self._make(dialect)
        return made

    def _make(self, dialect: Dialect) -> tuple[str, Callable[[Sequence[_Row]], Any]]:
        compiled = self._statement.compile(dialect=dialect, column_keys=list(self._names))
        if not isinstance(compiled, SQLCompiler):
            raise TypeError(f"{self._statement} takes no values")
        types = [compiled.binds[name].type for name in self._names]
        binds = [each.dialect_impl(dialect).bind_processor(dialect) for each in types]
        names = self._names
        if not compiled.positional:
            return str(compiled), lambda rows: [dict(zip(names, row, strict=True)) for row in _bound(rows, binds)]
        order = [names.index(name) for name in compiled.positiontup or ()]
        return str(compiled), lambda rows: _bound(rows, binds, order)


def _bound(rows: Sequence[_Row], binds: Sequence[_Bind | None], order: Sequence[int] | None = None) -> list[_Row]:
    """Rows as the driver takes them; column by column, for most columns are taken as they are."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for i, bind in enumerate(binds):
        if bind is not None:
            columns[i] = [bind(value) for value in columns[i]]
    return list(zip(*(columns if order is None else [columns[i] for i in order]), strict=True))
