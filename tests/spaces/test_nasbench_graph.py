from itertools import permutations, product
from typing import Any

import pytest

from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.spaces.nasbench_graph import EXAMPLE, LINKS, OPERATIONS, NasBenchGraph
from app.spaces.space import SearchSpace

SPACE = NasBenchGraph()
EVERY_LINK = [list(link) for link in product(range(1), range(2), range(3), range(4))]


def network(link: list[int], *ops: str) -> dict[str, Any]:
    return {"link": link, "ops": list(ops)}


def refusal(notation: object) -> str:
    with pytest.raises(InvalidArchitectureError) as caught:
        SPACE.parse(notation)
    return str(caught.value)


def test_what_nothing_reads_from_leads_to_the_output() -> None:
    # input -> gcn -> skip -> output, and input -> gat -> fc -> output
    architecture = SPACE.parse(network([0, 0, 1, 2], "gcn", "gat", "skip", "fc"))

    (graph,) = architecture.cells
    named = {(graph.operations[u], graph.operations[v]) for u, v in graph.edges}
    assert named == {
        ("input", "gcn"), ("gcn", "skip"), ("skip", "output"), ("input", "gat"), ("gat", "fc"), ("fc", "output"),
    }  # fmt: skip


@pytest.mark.parametrize("link", EVERY_LINK, ids=str)
def test_each_of_the_24_link_lists_is_a_network(link: list[int]) -> None:
    architecture = SPACE.parse(network(link, "gcn", "gat", "skip", "fc"))

    assert architecture.notation == network(link, "gcn", "gat", "skip", "fc")
    assert len(architecture.cells[0].operations) == 6


def test_the_24_link_lists_have_the_networks_of_the_nine() -> None:
    orders = list(permutations(("gcn", "gat", "skip", "fc")))

    of_nine, of_all = (
        {SPACE.parse(network(list(link), *ops)).id for link in links for ops in orders} for links in (LINKS, EVERY_LINK)
    )

    assert len(EVERY_LINK) == 24
    assert of_all == of_nine


def test_the_order_of_the_operations_does_not_matter() -> None:
    # Both: gin and cheb read from gcn, and fc from gin.
    one = SPACE.parse(network([0, 1, 2, 1], "gcn", "gin", "fc", "cheb"))
    other = SPACE.parse(network([0, 1, 1, 2], "gcn", "gin", "cheb", "fc"))

    assert one.id == other.id


def test_the_same_operations_linked_otherwise_are_another_network() -> None:
    chain, star = (SPACE.parse(network(link, *["gcn"] * 4)) for link in ([0, 1, 2, 3], [0, 0, 0, 0]))

    assert chain.id != star.id


@pytest.mark.parametrize(
    "graph",
    [
        Graph(("input", "output"), ((0, 1),)),
        Graph(("input", "gcn", "gcn", "gcn", "output"), ((0, 1), (1, 2), (2, 3), (3, 4))),
        Graph(("input", *["gcn"] * 4, "output"), ((0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (4, 5))),
        Graph(("input", *["gcn"] * 4, "output"), ((0, 1), (1, 2), (1, 5), (2, 3), (3, 4), (4, 5))),
        Graph(("input", "gcn", "gcn", "gcn", "conv3x3", "output"), ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))),
    ],
    ids=["nothing", "three operations", "two sources", "read and put out", "unknown"],
)
def test_a_graph_that_no_network_has_gives_no_architecture(graph: Graph) -> None:
    assert SPACE.from_cells([graph]) is None


def test_there_is_no_formula_for_the_cost() -> None:
    space: SearchSpace = SPACE

    assert space.cost(SPACE.parse(EXAMPLE).cells) is None


@pytest.mark.parametrize(
    ("link", "place", "source"), [([1, 0, 0, 0], 1, 1), ([0, 0, 3, 0], 3, 3), ([0, -1, 0, 0], 2, -1)]
)
def test_an_operation_reads_from_one_before_it(link: list[int], place: int, source: int) -> None:
    message = refusal(network(link, *["gcn"] * 4))

    assert message == (
        f"operation {place} reads from 0, the input, or from an operation before it, up to {place - 1}; "
        f"'link' says {source}"
    )


@pytest.mark.parametrize(
    ("source", "shown"), [(True, "true"), ("0", "'0'"), (None, "null"), ([0], "a list of 1"), (0.5, "0.5")]
)
def test_a_source_is_a_number(source: object, shown: str) -> None:
    assert refusal({"link": [0, source, 0, 0], "ops": ["gcn"] * 4}).endswith(f"up to 1; 'link' says {shown}")


@pytest.mark.parametrize(("op", "shown"), [(1, "1"), ("GCN", "'GCN'"), (["gcn"], "a list of 1"), (None, "null")])
def test_operations_are_given_by_name(op: object, shown: str) -> None:
    message = refusal({"link": [0, 0, 0, 0], "ops": ["gcn", "gcn", op, "gcn"]})

    assert (
        message == f"operation 3 is {shown}, which is not one of {', '.join(OPERATIONS)}: operations are given by name"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"link": [0, 0, 0]}, "'link' lists what each of the 4 operations reads from, not a list of 3"),
        ({"ops": ["gcn"] * 5}, "'ops' lists 4 operations, not a list of 5"),
        ({"ops": "gcn"}, "'ops' lists 4 operations, not 'gcn'"),
    ],
)
def test_there_are_four_operations(change: dict[str, object], message: str) -> None:
    assert refusal(EXAMPLE | change) == message
