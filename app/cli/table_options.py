"""Reading the table that a command was given."""

from pathlib import Path

import numpy as np

from app.domain.architecture import Architecture
from app.domain.errors import EmproxError, InvalidArchitectureError
from app.evaluation.table import TableError, read_table
from app.proximity.kernel import FloatArray
from app.spaces.space import SearchSpace


def labelled_architectures(
    space: SearchSpace, table: Path, architecture: str, metric: str
) -> tuple[list[Architecture], FloatArray]:
    """The rows of a table that have a value, parsed.

    Raises:
        TableError: the table cannot be read, or a row is no architecture of the space.
    """
    architectures, values = [], []
    for row in read_table(table, architecture, {metric: metric}):
        if metric in row.metrics:
            try:
                architectures.append(space.parse(row.architecture))
            except InvalidArchitectureError as err:
                raise TableError(f"row {row.number} of {table}: {err}") from err
            values.append(row.metrics[metric])
    if not values:
        raise EmproxError(f"{table} has no row with a value in column {metric!r}")
    return architectures, np.array(values)
