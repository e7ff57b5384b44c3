"""Why NAS-Bench-201 has 8,765 architectures here and 6,466 by the benchmark's own textual measure.

Four steps lead from the one number to the other. Each is a form of a cell that forgets or adds one thing, so each
is a function of a neighboring form, and the tests count the classes of every form over all 15,625 cells:

    8,765   our ids: graphs with skip_connect as a vertex like any other, dead branches pruned
    5,425   skip_connect contracted: what it passes on is read directly (parallel reads are counted)
    4,930   sharing forgotten: one operation read twice is the same as two equal operations
    5,390   sums not sorted again: the text of a sum that a skip_connect passes on keeps the order it had
    6,466   dead branches kept: a term '#' for every edge that carries nothing

`docs/architecture-ids.md` tells the same in words.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping

import pytest

from app.domain.architecture import Architecture
from app.domain.graph import Graph

from .cells import CONV1, CONV3, EDGES, NONE, SKIP, cell, operations_of

DEAD = "#"


def nodes_of(notation: str) -> list[list[tuple[int, str]]]:
    """For each of the nodes 1, 2 and 3, its sources and operations."""
    pairs = list(zip(EDGES, operations_of(notation), strict=True))
    return [[(source, op) for (source, target), op in pairs if target == node] for node in (1, 2, 3)]


def benchmark_text(notation: str) -> str:
    """`to_unique_str(consider_zero=True)` of NATS-Bench's `CellStructure`."""
    texts = ["0"]
    for node in nodes_of(notation):
        terms = []
        for source, op in node:
            if op == NONE or texts[source] == DEAD:
                terms.append(DEAD)
            elif op == SKIP:
                terms.append(texts[source])
            else:
                terms.append(f"({texts[source]})@{op}")
        texts.append("+".join(sorted(terms)))
    return texts[-1]


def pruned_text(notation: str) -> str:
    """The benchmark's text without its dead terms."""
    texts = ["0"]
    for node in nodes_of(notation):
        live = [(texts[source], op) for source, op in node if op != NONE and texts[source]]
        texts.append("+".join(sorted(text if op == SKIP else f"({text})@{op}" for text, op in live)))
    return texts[-1]


def unrolled(notation: str, *, contract: bool = True) -> str:
    """The cell as one expression, every sum sorted; an operation that is read twice is written twice."""
    sums = [["0"]]
    for node in nodes_of(notation):
        terms: list[str] = []
        for source, op in node:
            if op == NONE or not sums[source]:
                continue
            terms += sums[source] if op == SKIP and contract else [f"({'+'.join(sorted(sums[source]))})@{op}"]
        sums.append(terms)
    return "+".join(sorted(sums[-1]))


def contracted(notation: str) -> str:
    """Id of the graph without its skip_connect vertices; a vertex "again" stands on each of several parallel edges."""
    operations, edges = ["input"], []

    def add_vertex(op: str, reads: Mapping[int, int]) -> int:
        sources = []
        for vertex, times in sorted(reads.items()):
            for _ in range(times if times > 1 else 0):
                operations.append("again")
                edges.append((vertex, len(operations) - 1))
                sources.append(len(operations) - 1)
            sources += [vertex] if times == 1 else []
        operations.append(op)
        edges.extend((source, len(operations) - 1) for source in sources)
        return len(operations) - 1

    sums = [Counter({0: 1})]
    for node in nodes_of(notation):
        total: Counter[int] = Counter()
        for source, op in node:
            if op == SKIP:
                total += sums[source]
            elif op != NONE and sums[source]:
                total[add_vertex(op, sums[source])] += 1
        sums.append(total)
    add_vertex("output", sums[-1])
    return Architecture.of([Graph(tuple(operations), tuple(sorted(edges)))], notation).id


Forms = dict[str, dict[str, Hashable]]


@pytest.fixture(scope="module")
def forms(every_cell: list[Architecture]) -> Forms:
    """Every form of every cell, by the name of the form and the notation."""
    notations = {str(architecture.notation): architecture.id for architecture in every_cell}
    return {
        "id": dict(notations),
        "contracted": {notation: contracted(notation) for notation in notations},
        "unrolled": {notation: unrolled(notation) for notation in notations},
        "pruned text": {notation: pruned_text(notation) for notation in notations},
        "benchmark text": {notation: benchmark_text(notation) for notation in notations},
    }


def decides(forms: Forms, fine: str, coarse: str) -> bool:
    """Whether cells of one fine form always have one coarse form as well."""
    found = defaultdict(set)
    for notation, form in forms[fine].items():
        found[form].add(forms[coarse][notation])
    return all(len(group) == 1 for group in found.values())


def test_the_forms_of_the_space_are_counted(forms: Forms) -> None:
    assert {name: len(set(by_notation.values())) for name, by_notation in forms.items()} == {
        "id": 8765,
        "contracted": 5425,
        "unrolled": 4930,
        "pruned text": 5390,
        "benchmark text": 6466,
    }


@pytest.mark.parametrize(
    ("fine", "coarse"),
    [
        ("id", "contracted"),
        ("contracted", "unrolled"),
        ("pruned text", "unrolled"),
        ("benchmark text", "pruned text"),
    ],
)
def test_each_step_forgets_one_thing_and_adds_none(forms: Forms, fine: str, coarse: str) -> None:
    assert decides(forms, fine, coarse)
    assert not decides(forms, coarse, fine)


def test_neither_the_ids_nor_the_texts_decide_the_other(forms: Forms) -> None:
    assert not decides(forms, "id", "benchmark text")
    assert not decides(forms, "benchmark text", "id")


def test_1470_texts_differ_from_another_in_dead_branches_alone(forms: Forms) -> None:
    texts = defaultdict(set)
    for notation, text in forms["benchmark text"].items():
        texts[forms["pruned text"][notation]].add(text)
    merged = [group for group in texts.values() if len(group) > 1]

    assert (len(merged), sum(map(len, merged))) == (394, 1470)


def test_sharing_shows_only_through_skip_connect(forms: Forms) -> None:
    # An operation into node 1 reaches node 3 twice only by the edges 1->3 and 1->2->3. Where the edge 1->2 is kept as
    # an operation, no two operations give the same expression, so there are as many expressions as graphs.
    expressions = {unrolled(notation, contract=False) for notation in forms["id"]}

    assert len(expressions) == 8765


def test_two_equal_convolutions_and_one_read_twice_have_one_text_and_two_graphs() -> None:
    twice = cell(CONV1, CONV1, NONE, NONE, CONV3, CONV3)
    shared = cell(CONV1, NONE, SKIP, NONE, CONV3, CONV3)

    assert pruned_text(twice) == pruned_text(shared)
    assert unrolled(twice) == unrolled(shared)
    assert contracted(twice) != contracted(shared)
