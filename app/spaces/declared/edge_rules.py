"""The rules that the edges of a notation follow, and what is said where one does not."""

from collections.abc import Sequence

from app.domain.errors import InvalidArchitectureError
from app.spaces.declared.messages import shown
from app.spaces.declared.wiring import MAX_VERTICES, Pair, Skeleton


def read_edge(entry: object, form: str) -> tuple[int, int, object]:
    """The two ends of an edge, and what comes after them.

    Args:
        form: in which it is written, "[source, target]" or with a third entry.

    Raises:
        InvalidArchitectureError: it is written otherwise, or an end can be no node.
    """
    if not isinstance(entry, list) or len(entry) != form.count(",") + 1:
        raise InvalidArchitectureError(f"an edge is written {form}, not as {shown(entry)}")
    source, target, *rest = entry
    return _node(source, form), _node(target, form), rest[0] if rest else None


def check_pairs(pairs: Sequence[Pair], n_nodes: int, inputs: Sequence[str]) -> None:
    """Refuse edges that repeat, point backward or outside, or lead into an input.

    Raises:
        InvalidArchitectureError: names the edge.
    """
    seen: set[Pair] = set()
    for u, v in pairs:
        if max(u, v) >= n_nodes:
            raise InvalidArchitectureError(
                f"edge {u}->{v} points outside of the {n_nodes} nodes: they are numbered from 0 to {n_nodes - 1}"
            )
        if u >= v:
            cycle = _cycle(pairs)
            raise InvalidArchitectureError(
                f"the edges {'->'.join(map(str, cycle))} form a cycle: leave one of them out"
                if cycle
                else f"edge {u}->{v} points backward: number the nodes in topological order"
            )
        if v < len(inputs):
            raise InvalidArchitectureError(f"edge {u}->{v} leads into input {inputs[v]!r}: leave it out")
        if (u, v) in seen:
            raise InvalidArchitectureError(f"edge {u}->{v} is listed twice: list each edge once")
        seen.add((u, v))


def check_skeleton(pairs: Sequence[Pair], skeleton: Skeleton, *, complete: bool) -> None:
    """Refuse edges that are not those of the skeleton.

    Args:
        pairs: each once.
        complete: none may be missing.

    Raises:
        InvalidArchitectureError: names the edge.
    """
    wired = set(skeleton.edges)
    for u, v in pairs:
        if (u, v) not in wired:
            raise InvalidArchitectureError(
                f"edge {u}->{v} is not among the {len(wired)} edges of the space's skeleton: leave it out"
            )
    missing = wired - set(pairs)
    if complete and missing:
        u, v = min(missing)
        raise InvalidArchitectureError(f"edge {u}->{v} of the space's skeleton is missing: list it, with the others")


def _node(value: object, form: str) -> int:
    # In Python, true is an integer; in JSON it is none.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MAX_VERTICES:
        raise InvalidArchitectureError(
            f"{shown(value)} in an edge {form} is no node: nodes are numbered from 0 to {MAX_VERTICES - 1} at most"
        )
    return value


def _cycle(pairs: Sequence[Pair]) -> list[int]:
    """The nodes of a cycle, the first one again at its end; empty where there is none."""
    before: dict[int, set[int]] = {}
    for u, v in pairs:
        before.setdefault(v, set()).add(u)
    while ends := [node for node, sources in before.items() if not sources & before.keys()]:
        for node in ends:  # a node that only nodes without predecessors lead to is on no cycle
            del before[node]
    if not before:
        return []
    walk = [min(before)]
    while len(set(walk)) == len(walk):
        walk.append(min(before[walk[-1]] & before.keys()))
    # The walk went against the edges, and ends where it has been before.
    return walk[walk.index(walk[-1]) :][::-1]
