"""How one graph of a declared space is written, and what is said where it is written wrong."""

from collections.abc import Mapping, Sequence

from app.domain.errors import InvalidArchitectureError
from app.domain.graph import OUTPUT
from app.spaces.declared.cell import Cell, Edge
from app.spaces.declared.edge_rules import check_pairs, check_skeleton, read_edge
from app.spaces.declared.graph_declaration import GraphDeclaration
from app.spaces.declared.messages import listed, shown
from app.spaces.declared.wiring import MAX_VERTICES, Limits, Skeleton

VERTICES_EXAMPLE = '{"nodes": ["input", "<operation>", "output"], "edges": [[0, 1], [1, 2]]}'
EDGES_EXAMPLE = '{"edges": [[0, 1, "<operation>"], [1, 2, "<operation>"]]}'


def read_cell(value: object, declaration: GraphDeclaration) -> Cell:
    """The graph that a notation stands for.

    Raises:
        InvalidArchitectureError: it stands for none of the space; says what is wrong and what is allowed.
    """
    read = _read_operations_on_edges if declaration.on_edges else _read_operations_on_vertices
    cell = read(value, declaration)
    if not cell.live():
        raise InvalidArchitectureError(
            f"no path leads from an input to the output, node {cell.n_nodes - 1}: connect them"
        )
    return cell


def write_cell(cell: Cell, declaration: GraphDeclaration) -> dict[str, object]:
    """The notation of a graph in its normal form: edges in ascending order, all of those of a skeleton."""
    if not declaration.on_edges:
        return {"nodes": list(cell.nodes), "edges": [list(pair) for pair in cell.pairs]}
    if declaration.skeleton is None:
        return {"edges": [list(edge) for edge in cell.edges]}
    operations = {edge.pair: edge.operation for edge in cell.edges}
    return {"edges": [[*pair, operations.get(pair, declaration.no_edge)] for pair in declaration.skeleton.edges]}


def _read_operations_on_vertices(value: object, declaration: GraphDeclaration) -> Cell:
    fields = _fields(value, ("nodes", "edges"), VERTICES_EXAMPLE)
    inputs, skeleton = declaration.inputs, declaration.skeleton
    nodes = _list(fields, "nodes", VERTICES_EXAMPLE)
    _check_size(len(nodes), declaration)
    if (nodes[: len(inputs)], nodes[len(inputs) :][-1:]) != ([*inputs], [OUTPUT]):
        expected = ", ".join([*map(repr, inputs), "operations", repr(OUTPUT)])
        raise InvalidArchitectureError(f"nodes are {expected} in this order, not {listed(map(shown, nodes))}")
    operations = [
        _operation(name, f"node {node}", declaration)
        for node, name in enumerate(nodes[len(inputs) : -1], start=len(inputs))
    ]
    if skeleton is not None and "edges" not in fields:
        pairs = list(skeleton.edges)
    else:
        entries = _list(fields, "edges", VERTICES_EXAMPLE)
        _check_length(len(entries), declaration)
        pairs = [read_edge(entry, "[source, target]")[:2] for entry in entries]
        check_pairs(pairs, len(nodes), inputs)
    if skeleton is not None:
        check_skeleton(pairs, skeleton, complete=True)
    return Cell(inputs, tuple(operations), tuple(Edge(u, v) for u, v in sorted(pairs)))


def _read_operations_on_edges(value: object, declaration: GraphDeclaration) -> Cell:
    entries = _list(_fields(value, ("edges",), EDGES_EXAMPLE), "edges", EDGES_EXAMPLE)
    inputs, skeleton, no_edge = declaration.inputs, declaration.skeleton, declaration.no_edge
    if len(entries) > MAX_VERTICES**2:  # edges that are written as no_edge count for nothing, but have an end too
        raise InvalidArchitectureError(f"{len(entries)} edges are more than there are pairs of {MAX_VERTICES} nodes")
    edges = [_edge(entry, declaration) for entry in entries]
    pairs = [edge.pair for edge in edges]
    # The output is the highest node of all, and comes after the inputs even where no edge is there to say so.
    n_nodes = skeleton.nodes if skeleton else max([len(inputs), *map(max, pairs)]) + 1
    _check_size(n_nodes, declaration)
    check_pairs(pairs, n_nodes, inputs)
    if skeleton is not None:
        check_skeleton(pairs, skeleton, complete=no_edge is None)
    edges = [edge for edge in edges if edge.operation != no_edge]
    _check_length(len(edges), declaration)
    return Cell(inputs, ("",) * (n_nodes - len(inputs) - 1), tuple(sorted(edges)))


def _edge(entry: object, declaration: GraphDeclaration) -> Edge:
    u, v, name = read_edge(entry, "[source, target, operation]")
    return Edge(u, v, _operation(name, f"edge {u}->{v}", declaration))


def _operation(name: object, where: str, declaration: GraphDeclaration) -> str:
    if isinstance(name, str) and name in declaration.operations:
        return name
    known = listed(declaration.operations)
    if isinstance(name, str):
        raise InvalidArchitectureError(f"operation {shown(name)} of {where} is not one of {known}")
    raise InvalidArchitectureError(f"{shown(name)} at {where} is no name of an operation: give one of {known}")


def _check_size(n_nodes: int, declaration: GraphDeclaration) -> None:
    wiring = declaration.wiring
    if isinstance(wiring, Limits) and n_nodes > wiring.max_vertices:
        raise InvalidArchitectureError(
            f"{n_nodes} nodes, inputs and output included, are more than the {wiring.max_vertices} of this space"
        )
    if isinstance(wiring, Skeleton) and n_nodes != wiring.nodes:
        raise InvalidArchitectureError(
            f"{n_nodes} nodes, inputs and output included, are not the {wiring.nodes} of the space's skeleton"
        )


def _check_length(n_edges: int, declaration: GraphDeclaration) -> None:
    wiring = declaration.wiring
    if isinstance(wiring, Limits) and n_edges > wiring.max_edges:
        raise InvalidArchitectureError(f"{n_edges} edges are more than the {wiring.max_edges} of this space")
    if isinstance(wiring, Skeleton) and n_edges > len(wiring.edges):
        raise InvalidArchitectureError(f"{n_edges} edges are more than the {len(wiring.edges)} of the space's skeleton")


def _fields(value: object, known: Sequence[str], example: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise InvalidArchitectureError(f"a graph is written {example}, not as {shown(value)}")
    for field in value:
        if field not in known:
            raise InvalidArchitectureError(f"field {shown(field)} is not known: a graph is written {example}")
    return value


def _list(fields: Mapping[str, object], field: str, example: str) -> list[object]:
    if field not in fields:
        raise InvalidArchitectureError(f"the graph has no field '{field}': it is written {example}")
    value = fields[field]
    if not isinstance(value, list):
        raise InvalidArchitectureError(f"{field} is a list, not {shown(value)}: a graph is written {example}")
    return value
