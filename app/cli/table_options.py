"""Reading the table that a command was given."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.domain.architecture import Architecture
from app.domain.errors import EmproxError, InvalidArchitectureError
from app.domain.observation import MAX_MEASURED
from app.evaluation.table import Row, TableError, read_table
from app.proximity.kernel import FloatArray
from app.spaces.space import SearchSpace


def labelled_architectures(
    space: SearchSpace, table: Path, architecture: str, metric: str, proxies: Sequence[str] = ()
) -> tuple[list[Architecture], FloatArray, FloatArray]:
    """The rows of a table that have a value, parsed; their values (n,), and their proxies (n, len(proxies)).

    Raises:
        TableError: the table cannot be read, or a row is no architecture of the space, or lacks a proxy.
    """
    if len(set(proxies)) < len(proxies):
        raise EmproxError(f"proxies must differ: {', '.join(proxies)}")
    architectures, values, known = [], [], []
    for row in read_table(table, architecture, {metric: metric}, {name: name for name in proxies}):
        if metric in row.metrics:
            try:
                architectures.append(space.parse(row.architecture))
            except InvalidArchitectureError as err:
                raise TableError(f"row {row.number} of {table}: {err}") from err
            values.append(row.metrics[metric])
            known.append([_proxy(row, table, name) for name in proxies])
    if not values:
        raise EmproxError(f"{table} has no row with a value in column {metric!r}")
    return architectures, np.array(values), np.array(known)


def _proxy(row: Row, table: Path, name: str) -> float:
    value = row.proxies.get(name)
    if value is None:
        raise TableError(f"row {row.number} of {table} has no value in column {name!r}")
    if not abs(value) <= MAX_MEASURED:
        raise TableError(f"row {row.number} of {table} has {value} in column {name!r}: at most {MAX_MEASURED:g}")
    return value
