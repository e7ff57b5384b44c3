"""The edges of a graph without its operations: the graphs of a space share few, so what follows from them is kept."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations

from app.domain.errors import InvalidArchitectureError
from app.domain.remembering import remembering

Edge = tuple[int, int]

REMEMBERED = 4_096
LARGEST_REMEMBERED = 64  # edges: so many wirings without a bound to their size would have none to their memory


class _Texts(dict[Edge, str]):
    """Of edges between the first vertices, kept; of others, written when asked for."""

    def __missing__(self, edge: Edge) -> str:
        return f"{edge[0]}-{edge[1]}"


_TEXTS = _Texts(((u, v), f"{u}-{v}") for u, v in combinations(range(32), 2))


@dataclass(frozen=True, eq=False)
class Wiring:
    """The edges of a directed acyclic graph. Compared by identity; `Wiring.of` is the way to one that is checked.

    Args:
        n_vertices: the first is the input, the last the output.
        edges: pairs (u, v) with u < v, in ascending order, each once.
    """

    n_vertices: int
    edges: tuple[Edge, ...]

    @classmethod
    def of(cls, n_vertices: int, edges: tuple[Edge, ...]) -> "Wiring":
        """The wiring of these edges: where they are few, the same object for the same edges.

        Raises:
            InvalidArchitectureError: an edge points backward or nowhere, or edges are not in order.
        """
        return (_remembered if len(edges) <= LARGEST_REMEMBERED else _checked)(n_vertices, edges)

    @classmethod
    def written(cls, n_vertices: int, edges: tuple[Edge, ...], packed: bytes, text: str) -> "Wiring":
        """The wiring of edges that were written out already; nothing is checked again."""
        wiring = cls(n_vertices, edges)
        wiring.__dict__.update(packed=packed, text=text)
        return wiring

    @cached_property
    def neighbors(self) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
        """For each vertex the vertices that it reads from; and for each those that read from it."""
        before: list[list[int]] = [[] for _ in range(self.n_vertices)]
        after: list[list[int]] = [[] for _ in range(self.n_vertices)]
        for u, v in self.edges:
            before[v].append(u)
            after[u].append(v)
        return tuple(map(tuple, before)), tuple(map(tuple, after))

    @cached_property
    def live(self) -> tuple[int, ...]:
        """The vertices on paths from input to output, and these two, even when nothing connects them."""
        before, after = self.neighbors
        if all(before[1:]) and all(after[:-1]):  # then each is reached from the input, and leads on to the output
            return tuple(range(self.n_vertices))
        last = self.n_vertices - 1
        from_input, to_output = {0}, {last}
        for u, v in self.edges:  # ascending in u, and u comes before v, so one pass reaches everything
            if u in from_input:
                from_input.add(v)
        for u, v in reversed(self.edges):
            if v in to_output:
                to_output.add(u)
        return tuple(sorted((from_input & to_output) | {0, last}))

    @cached_property
    def pruned(self) -> "Wiring":
        """The live vertices alone."""
        return self if len(self.live) == self.n_vertices else self.renumbered(self.live)

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """Longest distance of each vertex from one that reads nothing, in edges; the output deeper than all others."""
        depths = [0] * self.n_vertices
        for u, v in self.edges:
            if depths[v] <= depths[u]:
                depths[v] = depths[u] + 1
        depths[-1] = self.n_vertices  # even where nothing reaches it
        return tuple(depths)

    @cached_property
    def packed(self) -> bytes:
        """The edges as two whole numbers of 32 bits each, in the machine's order."""
        return array("i", chain.from_iterable(self.edges)).tobytes()

    @cached_property
    def text(self) -> str:
        """The edges in one line, such as "0-1,0-2,1-2"."""
        return ",".join(map(_TEXTS.__getitem__, self.edges))

    def renumbered(self, order: Sequence[int]) -> "Wiring":
        """The wiring of the vertices of `order`, numbered by their place in it.

        Args:
            order: distinct vertices in a topological order.
        """
        return Wiring(len(order), self.renumbered_edges(order))

    def renumbered_edges(self, order: Sequence[int]) -> tuple[Edge, ...]:
        """The edges of `renumbered`."""
        if len(order) < self.n_vertices:
            place_of = {vertex: i for i, vertex in enumerate(order)}
            return tuple(sorted([(place_of[u], place_of[v]) for u, v in self.edges if u in place_of and v in place_of]))
        place = [0] * self.n_vertices
        for i, vertex in enumerate(order):
            place[vertex] = i
        return tuple(sorted([(place[u], place[v]) for u, v in self.edges]))


def _checked(n_vertices: int, edges: tuple[Edge, ...]) -> Wiring:
    last = (-1, -1)
    for edge in edges:
        u, v = edge
        if not 0 <= u < v < n_vertices:
            raise InvalidArchitectureError(
                f"edge {u}->{v} points backward or outside of the {n_vertices} vertices: "
                "list vertices in topological order"
            )
        if edge <= last:
            raise InvalidArchitectureError(
                f"edge {u}->{v} follows edge {last[0]}->{last[1]}: list edges in ascending order, each once"
            )
        last = edge
    return Wiring(n_vertices, edges)


_remembered = remembering("wirings", REMEMBERED)(_checked)
