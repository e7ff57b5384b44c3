"""Cells of NAS-Bench-101 and NAS-Bench-201, from the forms in which the benchmarks and their users hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emprox_client.architectures.error import ArchitectureError, shown
from emprox_client.architectures.plain import plain, whole

# As `str2matrix` of NATS-Bench and NAS-Bench-201 numbers them (nas_201_api/api_utils.py).
_NUMBERED = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
# As NASLib does (naslib/search_spaces/nasbench201/conversions.py), which lists the edges by source, then target.
_NASLIB_NUMBERED = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
_NASLIB_PLACES = (0, 1, 3, 2, 4, 5)  # of the edges 0->1, 0->2, 1->2, 0->3, 1->3, 2->3 in that list
_EDGES = 6
_FORMS_201 = (
    "the benchmark's string, six operations in its order, a list of (operation, source) for each of the nodes 1, 2 "
    "and 3, the 4 x 4 matrix of str2matrix, or a Structure with tostr()"
)
_FORMS_101 = "a matrix and its operations, a ModelSpec, or a dictionary with 'matrix' and 'ops'"
# What the parts are called in a ModelSpec, before and after its pruning, and in the benchmark's metrics.
_PARTS_101 = (("original_matrix", "original_ops"), ("matrix", "ops"), ("module_adjacency", "module_operations"))


def nasbench201(cell: Any) -> str:
    """The string of a NAS-Bench-201 cell.

    Args:
        cell: that string; six names of operations, in the order of the string; for each of the nodes 1, 2 and 3 a list
            of (operation, source), as `str2lists` of NATS-Bench and the `nodes` of a `Structure` of AutoDL-Projects
            have it; the matrix of NATS-Bench's `str2matrix`, shape (4, 4), row target and column source; or that
            `Structure`.

    Raises:
        ArchitectureError: it is none of these.
    """
    to_string = getattr(cell, "tostr", None)
    if callable(to_string):
        return str(to_string())
    if isinstance(cell, str):
        return str(cell)
    rows = plain(cell)
    if not isinstance(rows, list):
        raise ArchitectureError(f"a NAS-Bench-201 cell is {_FORMS_201}; not {shown(cell)}")
    if len(rows) == _EDGES and all(isinstance(row, str) for row in rows):
        return _string(rows)
    if len(rows) == _EDGES and all(whole(row) is not None for row in rows):
        raise ArchitectureError(
            f"{shown(rows)} are numbers of operations, which each library counts otherwise: "
            "nasbench201_from_naslib takes those of NASLib; else give the names"
        )
    if [len(row) if isinstance(row, list) else 0 for row in rows] == [4, 4, 4, 4]:
        return _string(_of_matrix(rows))
    if [len(row) if isinstance(row, list) else 0 for row in rows] == [1, 2, 3]:
        return _string(_of_nodes(rows))
    raise ArchitectureError(f"a NAS-Bench-201 cell is {_FORMS_201}; not {shown(cell)}")


def nasbench201_from_naslib(op_indices: Any) -> str:
    """The string of a NAS-Bench-201 cell that NASLib writes as six numbers.

    Args:
        op_indices: of shape (6,), as `get_op_indices` of NASLib's search space returns them.

    Raises:
        ArchitectureError: they are not six numbers from 0 to 4.
    """
    numbers = plain(op_indices)
    if not isinstance(numbers, list) or len(numbers) != _EDGES:
        raise ArchitectureError(f"op_indices of NASLib are six numbers, not {shown(op_indices)}")
    operations = [_numbered(number, _NASLIB_NUMBERED, f"op_indices[{i}]") for i, number in enumerate(numbers)]
    return _string([operations[place] for place in _NASLIB_PLACES])


def nasbench101(cell: Any, ops: Sequence[str] | None = None) -> dict[str, Any]:
    """The notation of a NAS-Bench-101 cell.

    Args:
        cell: the adjacency matrix, shape (n, n), a numpy array or lists; or without `ops` a `ModelSpec` of
            `nasbench.api`, or a dictionary with `matrix` and `ops`, or with the `module_adjacency` and
            `module_operations` of the benchmark's metrics.
        ops: n names, "input" first and "output" last.

    Raises:
        ArchitectureError: it has another form or size, or a number in the matrix is neither 0 nor 1.
    """
    matrix, names = (cell, ops) if ops is not None else _parts(cell)
    rows = plain(matrix)
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ArchitectureError(f"the matrix of a NAS-Bench-101 cell is a list of rows, not {shown(matrix)}")
    for u, row in enumerate(rows):
        if len(row) != len(rows):
            raise ArchitectureError(f"row {u} of the matrix has {len(row)} columns: give as many as rows, {len(rows)}")
    operations = plain(names)
    if not isinstance(operations, list) or not all(isinstance(name, str) for name in operations):
        raise ArchitectureError(f"the operations of a NAS-Bench-101 cell are a list of names, not {shown(names)}")
    if len(operations) != len(rows):
        raise ArchitectureError(
            f"{len(operations)} operations for {len(rows)} rows of the matrix: give one for each, with input and output"
        )
    entries = [[_entry(value, u, v) for v, value in enumerate(row)] for u, row in enumerate(rows)]
    return {"matrix": entries, "ops": operations}


def _string(operations: Sequence[str]) -> str:
    a, b, c, d, e, f = operations
    return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"


def _of_nodes(nodes: list[list[Any]]) -> list[str]:
    operations = []
    for target, pairs in enumerate(nodes, start=1):
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise ArchitectureError(f"node {target} has a list of pairs (operation, source), not {shown(pairs)}")
        by_source = {whole(source): operation for operation, source in pairs}
        if by_source.keys() != set(range(target)):
            raise ArchitectureError(f"node {target} reads from each of 0 to {target - 1} once, not as {shown(pairs)}")
        operations += [by_source[source] for source in range(target)]
    return operations


def _of_matrix(rows: list[list[Any]]) -> list[str]:
    for target, row in enumerate(rows):
        for source in range(target, len(row)):
            if row[source] != 0:
                raise ArchitectureError(
                    f"row {target}, column {source} of the matrix is {shown(row[source])}: a row is what a node reads, "
                    "and a node reads from those before it; transpose the matrix where its rows are sources"
                )
    return [
        _numbered(row[source], _NUMBERED, f"row {target}, column {source} of the matrix")
        for target, row in enumerate(rows)
        for source in range(target)
    ]


def _numbered(number: Any, operations: Sequence[str], where: str) -> str:
    place = whole(number)
    if place is None or not 0 <= place < len(operations):
        named = ", ".join(f"{i} {operation}" for i, operation in enumerate(operations))
        raise ArchitectureError(f"{where} is the number of an operation ({named}), not {shown(number)}")
    return operations[place]


def _parts(cell: Any) -> tuple[Any, Any]:
    for matrix, ops in _PARTS_101:
        if isinstance(cell, Mapping):
            if matrix in cell and ops in cell:
                return cell[matrix], cell[ops]
        elif getattr(cell, matrix, None) is not None and getattr(cell, ops, None) is not None:
            return getattr(cell, matrix), getattr(cell, ops)
    raise ArchitectureError(f"a NAS-Bench-101 cell is {_FORMS_101}; not {shown(cell)}")


def _entry(value: Any, u: int, v: int) -> int:
    entry = whole(value)
    if entry not in (0, 1):
        raise ArchitectureError(f"row {u}, column {v} of the matrix is 0, or 1 for an edge; not {shown(value)}")
    return entry
