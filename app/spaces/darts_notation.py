"""How people write a DARTS architecture: as JSON, as the text of `Genotype(...)`, and as NAS-Bench-301 does."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, permutations

from app.domain.errors import InvalidArchitectureError
from app.spaces.declared.messages import shown

OPERATIONS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
CELLS = ("normal", "reduce")
N_INPUTS = 2
NODES = (2, 3, 4, 5)  # 0 and 1 are the outputs of the two cells before
_OPERATIONS = frozenset(OPERATIONS)
_FIELDS = {*CELLS, *(f"{cell}_concat" for cell in CELLS)}
_SOURCES = [frozenset(permutations(range(node), 2)) for node in NODES]  # of the two edges into each node
EXAMPLE = '{"normal": [["sep_conv_3x3", 0], ["skip_connect", 1], ...], "reduce": [["max_pool_3x3", 0], ...]}'
_MAX_LENGTH = 4_000
_CONFIG_PREFIX = "NetworkSelectorDatasetInfo:darts:"  # of NAS-Bench-301's ConfigSpace
# Its edges are numbered by the node they lead to, then by the node they come from.
_FIRST_EDGE = dict(zip(NODES, accumulate((0, *NODES[:-1])), strict=True))

Pair = tuple[str, int]


@dataclass(frozen=True, slots=True)
class CellGenotype:
    """One cell.

    Args:
        pairs: eight (operation, source): those of node 2 first, two for each node.
        concat: the nodes that the output concatenates, ascending.
    """

    pairs: tuple[Pair, ...]
    concat: tuple[int, ...]


Genotype = tuple[CellGenotype, CellGenotype]
"""The normal cell and the reduction cell."""


def parse_genotype(notation: object) -> Genotype:
    """Both cells of an architecture, whichever of the three ways it is written in.

    Raises:
        InvalidArchitectureError: none of them, or no valid genotype; says what is wrong.
    """
    if isinstance(notation, str):
        notation = _read_text(notation)
    if not isinstance(notation, Mapping):
        raise InvalidArchitectureError(
            f"a DARTS genotype is an object such as {EXAMPLE}, the text Genotype(normal=...), or NAS-Bench-301's "
            f"ConfigSpace dictionary, not {shown(notation)}"
        )
    if notation.keys() <= _FIELDS:
        return _cells(notation)
    if any(str(key).startswith(_CONFIG_PREFIX) for key in notation):
        notation = _read_config(notation)
    if unknown := sorted(map(str, notation.keys() - _FIELDS)):
        raise InvalidArchitectureError(f"a DARTS genotype has no field {shown(unknown[0])}: its fields are {_fields()}")
    return _cells(notation)


def format_genotype(genotype: Genotype) -> dict[str, object]:
    """As JSON."""
    notation: dict[str, object] = {}
    for name, cell in zip(CELLS, genotype, strict=True):
        notation[name] = [list(pair) for pair in cell.pairs]
        notation[f"{name}_concat"] = list(cell.concat)
    return notation


def _fields() -> str:
    return "normal, normal_concat, reduce, reduce_concat"


def _cells(notation: Mapping[object, object]) -> Genotype:
    return _cell("normal", notation), _cell("reduce", notation)


def _cell(name: str, notation: Mapping[object, object]) -> CellGenotype:
    pairs = notation.get(name)
    if (right := _right_pairs(pairs)) is None:
        right = _checked_pairs(name, pairs, is_there=name in notation)
    return CellGenotype(right, _concat(name, notation.get(f"{name}_concat", NODES)))


def _right_pairs(pairs: object) -> tuple[Pair, ...] | None:
    """The pairs where a quick look finds nothing wrong."""
    if not isinstance(pairs, list | tuple) or len(pairs) != 2 * len(NODES):
        return None
    if not {*map(type, pairs)} <= {list, tuple} or {*map(len, pairs)} != {2}:
        return None
    operations, sources = zip(*pairs, strict=True)
    if {*map(type, operations)} != {str} or {*map(type, sources)} != {int}:  # true would pass for 1
        return None
    of_nodes = zip(sources[::2], sources[1::2], strict=True)
    if not {*operations} <= _OPERATIONS or not all(map(frozenset.__contains__, _SOURCES, of_nodes)):
        return None
    return tuple(zip(operations, sources, strict=True))


def _checked_pairs(name: str, pairs: object, *, is_there: bool) -> tuple[Pair, ...]:
    """The pairs, each looked at by itself; says what is wrong, and where."""
    wanted = f"'{name}' lists {2 * len(NODES)} pairs [operation, source], two for each of the nodes 2 to {NODES[-1]}"
    if not isinstance(pairs, list | tuple) or len(pairs) != 2 * len(NODES):
        found = shown(pairs) if is_there else "nothing"
        raise InvalidArchitectureError(f"{wanted}, not {found}")
    parsed: list[Pair] = []
    for i, pair in enumerate(pairs):
        node = NODES[i // 2]
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise InvalidArchitectureError(f"{wanted}; number {i} is not a pair but {shown(pair)}")
        parsed.append((_operation(pair[0], name, node), _source(pair[1], name, node)))
        if i % 2 and parsed[-1][1] == parsed[-2][1]:
            raise InvalidArchitectureError(
                f"node {node} of '{name}' has two edges from node {parsed[-1][1]}: its two sources must differ"
            )
    return tuple(parsed)


def _operation(operation: object, cell: str, node: int) -> str:
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise InvalidArchitectureError(
            f"operation {shown(operation)} into node {node} of '{cell}' is not one of {', '.join(OPERATIONS)}: "
            "operations are given by name"
        )
    return operation


def _source(source: object, cell: str, node: int) -> int:
    if not isinstance(source, int) or isinstance(source, bool) or not 0 <= source < node:
        raise InvalidArchitectureError(
            f"node {node} of '{cell}' reads from a node before it, 0 to {node - 1}, not from {shown(source)}"
        )
    return source


def _concat(cell: str, concat: object) -> tuple[int, ...]:
    nodes = concat if isinstance(concat, list | tuple) else ()
    if not nodes or {*map(type, nodes)} != {int} or not {*nodes} <= {*NODES} or len({*nodes}) < len(nodes):
        raise InvalidArchitectureError(
            f"'{cell}_concat' lists the nodes that the output concatenates, each once, from 2 to {NODES[-1]}, "
            f"not {shown(concat)}"
        )
    return tuple(sorted(nodes))


def _read_text(text: str) -> Mapping[object, object]:
    """The arguments of `Genotype(...)`, without evaluating anything."""
    wanted = "the text of a DARTS genotype is Genotype(normal=[...], normal_concat=[...], reduce=[...], ...)"
    if len(text) > _MAX_LENGTH:
        raise InvalidArchitectureError(f"{wanted}, of at most {_MAX_LENGTH} characters, not {len(text)}")
    try:
        return _arguments(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise InvalidArchitectureError(f"{wanted}, not {shown(text)}") from None


def _arguments(call: ast.expr) -> Mapping[object, object]:
    if not isinstance(call, ast.Call) or call.args or getattr(call.func, "id", "") != "Genotype":
        raise ValueError
    arguments: dict[object, object] = {keyword.arg: _literal(keyword.value) for keyword in call.keywords}
    if None in arguments or len(arguments) < len(call.keywords):
        raise ValueError  # Genotype(**...), or an argument that is given twice
    return arguments


def _literal(value: ast.expr) -> object:
    if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "range" and not value.keywords:
        bounds = [ast.literal_eval(argument) for argument in value.args]
        if bounds[:1] == [2] and len(bounds) == 2 and isinstance(bounds[1], int):  # as DARTS itself prints it
            return list(range(2, min(bounds[1], NODES[-1] + 2)))
        raise ValueError
    return ast.literal_eval(value)


def _read_config(config: Mapping[object, object]) -> dict[object, object]:
    read: set[object] = set()
    genotype: dict[object, object] = {}
    for cell in CELLS:
        pairs = []
        for node in NODES:
            for source in _config_sources(config, cell, node, read):
                key = f"{_CONFIG_PREFIX}edge_{cell}_{_FIRST_EDGE[node] + source}"
                if key not in config:
                    raise InvalidArchitectureError(f"the configuration lacks {key!r}, the edge {source}->{node}")
                read.add(key)
                pairs.append((config[key], source))
        genotype[cell] = pairs
    if unknown := sorted(map(str, config.keys() - read)):
        raise InvalidArchitectureError(
            f"the configuration has {shown(unknown[0])}, which is no choice that its other choices leave open"
        )
    return genotype


def _config_sources(config: Mapping[object, object], cell: str, node: int, read: set[object]) -> Sequence[int]:
    if node == NODES[0]:
        return (0, 1)
    key = f"{_CONFIG_PREFIX}inputs_node_{cell}_{node}"
    allowed = {f"{a}_{b}": (a, b) for b in range(node) for a in range(b)}
    value = config.get(key)
    if not isinstance(value, str) or value not in allowed:
        raise InvalidArchitectureError(
            f"{key!r} of the configuration is one of {', '.join(allowed)}, not {shown(value)}"
        )
    read.add(key)
    return allowed[value]
