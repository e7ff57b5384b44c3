"""DARTS genotypes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emprox_client.architectures.error import ArchitectureError, shown
from emprox_client.architectures.plain import plain

_CELLS = ("normal", "reduce")
_FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")


def darts(genotype: Any) -> dict[str, Any]:
    """The notation of a DARTS architecture.

    Args:
        genotype: a `Genotype(normal, normal_concat, reduce, reduce_concat)`, as DARTS and those after it define that
            named tuple, or a dictionary of these fields; each cell a list of (operation, source), or of one such list
            for each node; a concat that is None stands for all nodes. Or a configuration of NAS-Bench-301, whose
            parameters are named `NetworkSelectorDatasetInfo:darts:...`.

    Raises:
        ArchitectureError: it has other fields, or a cell is no list.
    """
    if not isinstance(genotype, Mapping):
        if not all(hasattr(genotype, cell) for cell in _CELLS):
            raise ArchitectureError(f"a DARTS genotype has the fields {', '.join(_FIELDS)}; {shown(genotype)} has not")
        genotype = {field: getattr(genotype, field, None) for field in _FIELDS}
    # Some searches leave the concat for later, and hold None in its place.
    absent = {f"{cell}_concat" for cell in _CELLS if genotype.get(f"{cell}_concat") is None}
    fields = {str(field): plain(value) for field, value in genotype.items() if field not in absent}
    for cell in _CELLS:
        if cell in fields:
            fields[cell] = _pairs(fields[cell], cell)
    return fields


def _pairs(cell: Any, name: str) -> list[list[Any]]:
    """The cell with the lists of its nodes joined, where it has one list for each."""
    if not isinstance(cell, list):
        raise ArchitectureError(f"'{name}' of a DARTS genotype is a list of (operation, source), not {shown(cell)}")
    if all(isinstance(node, list) and node and isinstance(node[0], list) for node in cell):
        return [pair for node in cell for pair in node]
    return cell
