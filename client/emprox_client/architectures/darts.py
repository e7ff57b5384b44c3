"""DARTS genotypes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from emprox_client.architectures.error import ArchitectureError, shown
from emprox_client.architectures.plain import plain

_CELLS = ("normal", "reduce")
_FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")
_TEXT = re.compile(r"\s*Genotype\(.*\)\s*", re.DOTALL)
_CONFIG_PREFIX = "NetworkSelectorDatasetInfo:darts:"  # of the parameters of NAS-Bench-301


def darts(genotype: Any) -> dict[str, Any] | str:
    """The notation of a DARTS architecture.

    Args:
        genotype: a `Genotype(normal, normal_concat, reduce, reduce_concat)`, as DARTS and those after it define that
            named tuple, or a dictionary of these fields; each cell a list of (operation, source), or of one such list
            for each node; a concat that is None stands for all nodes. Or its text, as `str(genotype)`, which the server
            reads. Or a configuration of NAS-Bench-301, whose parameters are named
            `NetworkSelectorDatasetInfo:darts:...`.

    Raises:
        ArchitectureError: it has other fields, or a cell is no list.
    """
    given = genotype
    if isinstance(genotype, str) and _TEXT.fullmatch(genotype):
        return str(genotype)
    if not isinstance(genotype, Mapping):
        genotype = {field: getattr(genotype, field) for field in _FIELDS if hasattr(genotype, field)}
    if not set(_CELLS) <= genotype.keys() and not any(str(field).startswith(_CONFIG_PREFIX) for field in genotype):
        raise ArchitectureError(f"a DARTS genotype has the fields {', '.join(_FIELDS)}; {shown(given)} has not")
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
