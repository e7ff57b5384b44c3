import gzip
import json
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.spaces.nasbench101 import CONV1, CONV3, EXAMPLE, POOL, NasBench101, module_hash

SPACE = NasBench101()
Cell = dict[str, Any]


@pytest.fixture(scope="module")
def rows(benchmark_data: Path) -> list[Cell]:
    """2,143 of the 15,000 cells of the table, which are in no order."""
    with gzip.open(benchmark_data / "nasbench101_sample.jsonl.gz", "rt", encoding="utf-8") as table:
        return [json.loads(line) for line in table][::7]


def cell(n: int, *edges: tuple[int, int], ops: tuple[str, ...] = ()) -> Cell:
    """A cell of n vertices with these edges; vertices without an operation are convolutions."""
    matrix = [[int((u, v) in edges) for v in range(n)] for u in range(n)]
    return {"matrix": matrix, "ops": ["input", *ops, *[CONV3] * (n - 2 - len(ops)), "output"]}


def chain(n: int) -> list[tuple[int, int]]:
    return [(v, v + 1) for v in range(n - 1)]


def refusal(notation: object) -> str:
    with pytest.raises(InvalidArchitectureError) as caught:
        SPACE.parse(notation)
    return str(caught.value)


def test_operations_are_vertices_and_entries_of_the_matrix_edges() -> None:
    architecture = SPACE.parse(cell(4, (0, 1), (1, 2), (1, 3), (2, 3), ops=(CONV1, POOL)))

    assert architecture.cells == (Graph(("input", CONV1, POOL, "output"), ((0, 1), (1, 2), (1, 3), (2, 3))),)


def test_the_example_of_the_messages_is_a_cell() -> None:
    assert SPACE.parse(EXAMPLE).notation == EXAMPLE


def test_vertices_on_no_path_do_not_count() -> None:
    # 2 is never reached, and 3 leads nowhere.
    with_dead = SPACE.parse(cell(5, (0, 1), (0, 3), (1, 4), (2, 4), ops=(CONV1, POOL, POOL)))

    assert with_dead == SPACE.parse(cell(3, (0, 1), (1, 2), ops=(CONV1,)))
    assert with_dead.notation == {"matrix": [[0, 1, 0], [0, 0, 1], [0, 0, 0]], "ops": ["input", CONV1, "output"]}


def test_the_order_of_the_vertices_does_not_matter() -> None:
    one = SPACE.parse(cell(5, (0, 1), (0, 2), (1, 3), (2, 4), (3, 4), ops=(CONV1, POOL, CONV3)))
    other = SPACE.parse(cell(5, (0, 1), (0, 2), (2, 3), (1, 4), (3, 4), ops=(POOL, CONV1, CONV3)))

    assert one.id == other.id
    assert one.cells == other.cells


def test_limits_hold_after_pruning() -> None:
    # Nine edges between seven vertices, and two more to a vertex that leads nowhere.
    live = [*chain(6), (5, 7), (0, 2), (0, 3), (0, 4)]

    architecture = SPACE.parse(cell(8, *live, (0, 6), (1, 6)))

    assert len(architecture.cells[0].operations) == 7
    assert len(architecture.cells[0].edges) == 9


def test_a_cell_may_be_a_single_edge() -> None:
    assert SPACE.parse(cell(2, (0, 1))).cells == (Graph(("input", "output"), ((0, 1),)),)


def test_entries_of_the_matrix_may_be_written_as_floats() -> None:
    floats = {"matrix": [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]], "ops": ["input", CONV3, "output"]}

    assert SPACE.parse(floats).notation == EXAMPLE


def test_there_are_as_many_small_cells_as_in_the_benchmark_and_a_hash_for_each() -> None:
    found = list(takewhile(lambda each: len(each.cells[0].operations) < 6, SPACE.enumerate()))

    for n, count in ((2, 1), (3, 6), (4, 84), (5, 2441)):
        alike = [each for each in found if len(each.cells[0].operations) == n]
        assert len({each.id for each in alike}) == len({module_hash(each.cells[0]) for each in alike}) == count


def test_as_many_draws_have_seven_vertices_as_cells_of_the_benchmark_have() -> None:
    rng = np.random.default_rng(0)

    drawn = [len(SPACE.sample(rng).cells[0].operations) for _ in range(1000)]

    # 359,082 of 423,624, with a standard deviation of 11
    assert 815 < drawn.count(7) < 880


def test_cells_of_the_table_hash_to_their_key(rows: list[Cell]) -> None:
    assert len(rows) == 2143
    for row in rows:
        architecture = SPACE.parse({"matrix": row["adjacency"], "ops": row["ops"], "hash": row["hash"]})
        assert module_hash(architecture.cells[0]) == row["hash"]


def test_cells_of_the_table_are_different_ones(rows: list[Cell]) -> None:
    assert len({SPACE.parse({"matrix": row["adjacency"], "ops": row["ops"]}).id for row in rows}) == len(rows)


def test_parameters_are_those_of_the_table_but_for_the_rounding_of_channels(rows: list[Cell]) -> None:
    found = [SPACE.cost(SPACE.parse({"matrix": row["adjacency"], "ops": row["ops"]}).cells)[0] for row in rows]

    exact = [round(params * 1e6) == row["params"] for params, row in zip(found, rows, strict=True)]
    assert sum(exact) >= 0.95 * len(rows)
    # Which vertex gets the channel that is left over depends on the order in which the benchmark happens to list them.
    assert found == pytest.approx([row["params"] / 1e6 for row in rows], rel=0.012)


def test_a_cell_of_nothing_but_an_edge_costs_stem_projections_and_classifier() -> None:
    params, flops = SPACE.cost(SPACE.parse(cell(2, (0, 1))).cells)

    # 3x3 stem to 128 channels; 1x1 projections to 128, 256 and 512, each cell with 2 numbers per channel to normalize.
    stem = 27 * 128
    first, second, third = (128 * 128 * 3, 128 * 256 + 256 * 256 * 2, 256 * 512 + 512 * 512 * 2)
    normalized = 2 * (128 + 3 * (128 + 256 + 512))
    assert params * 1e6 == pytest.approx(stem + first + second + third + normalized + 512 * 10 + 10)
    assert flops * 1e6 == pytest.approx(stem * 1024 + first * 1024 + second * 256 + third * 64 + 5120)


def test_the_hash_of_another_cell_is_refused() -> None:
    right = module_hash(SPACE.parse(EXAMPLE).cells[0])

    assert SPACE.parse(EXAMPLE | {"hash": right}) == SPACE.parse(EXAMPLE)
    message = refusal(EXAMPLE | {"hash": right[::-1]})
    assert message.startswith(f"hash '{right[::-1]}' is not that of the cell, {right}: leave it out")


@pytest.mark.parametrize("odd", [None, 0, True, 10**5000, [], ["x"], {}, "x" * 10_000, "\ud800\x00"], ids=type)
def test_a_hash_of_any_form_is_refused(odd: object) -> None:
    message = refusal(EXAMPLE | {"hash": odd})

    assert "is not that of the cell" in message
    assert len(message.encode()) < 400


@pytest.mark.parametrize(
    ("notation", "found"), [("cell", "'cell'"), ([], "a list of 0"), ({}, "an object of 0 fields")]
)
def test_another_form_is_answered_with_an_example(notation: object, found: str) -> None:
    assert refusal(notation) == f"a NAS-Bench-101 cell is an object such as {json.dumps(EXAMPLE)}, not {found}"


@pytest.mark.parametrize(("edge", "name"), [((2, 1), "2->1"), ((1, 1), "1->1"), ((3, 0), "3->0")])
def test_a_matrix_that_is_not_upper_triangular_is_refused(edge: tuple[int, int], name: str) -> None:
    message = refusal(cell(4, *chain(4), edge))

    assert message.startswith(f"edge {name} of 'matrix' points backward or to itself: list the vertices in topological")


def test_a_cycle_is_refused_as_an_edge_that_points_backward() -> None:
    assert refusal(cell(4, (0, 1), (1, 2), (2, 1), (2, 3))).startswith("edge 2->1 of 'matrix' points backward")


@pytest.mark.parametrize("edges", [[], [(0, 1)], [(1, 2)], [(0, 1), (2, 3)]])
def test_a_cell_whose_output_nothing_reaches_is_refused(edges: list[tuple[int, int]]) -> None:
    assert refusal(cell(4, *edges)) == "no path leads from 'input' to 'output': connect them"


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0, 1], [0, 0, 1], [0, 0, 0]], "row 0 of 'matrix' lists 3 entries, one for each vertex, not a list of 2"),
        ([[0, 1, 0], [0, 0, 1], 7], "row 2 of 'matrix' lists 3 entries, one for each vertex, not 7"),
        ([[0, 1, 0], [0, 0, 1]], "'matrix' lists a row for each of the 3 operations, not a list of 2"),
        ("010", "'matrix' lists a row for each of the 3 operations, not '010'"),
        ([[0, 2, 0], [0, 0, 1], [0, 0, 0]], "entry 0,1 of 'matrix' is 0 or 1, not 2"),
        ([[0, True, 0], [0, 0, 1], [0, 0, 0]], "entry 0,1 of 'matrix' is 0 or 1, not true"),
        ([[0, 1, 0], [0, 0, [1]], [0, 0, 0]], "entry 1,2 of 'matrix' is 0 or 1, not a list of 1"),
        ([[0, 1e400, 0], [0, 0, 1], [0, 0, 0]], "entry 0,1 of 'matrix' is 0 or 1, not Infinity"),
    ],
)
def test_a_matrix_of_another_form_is_refused_with_its_place(matrix: object, message: str) -> None:
    assert refusal({"matrix": matrix, "ops": ["input", CONV3, "output"]}) == message


def test_too_many_vertices_or_edges_are_counted() -> None:
    too_many_edges = [*chain(7), *((0, v) for v in range(2, 6))]

    assert refusal(cell(8, *chain(8))).endswith("7 vertices and 9 edges on paths from input to output, not 8 and 7")
    assert refusal(cell(7, *too_many_edges)).endswith("9 edges on paths from input to output, not 7 and 10")


def test_a_huge_cell_is_refused_before_it_is_read() -> None:
    message = refusal({"matrix": [[0] * 3000] * 3000, "ops": ["input", *[CONV3] * 2998, "output"]})

    assert message.startswith(
        "'ops' lists the operation of each vertex: 2 to 7 of them, and at most 32 with those on no"
    )
    assert message.endswith("not a list of 3000")


@pytest.mark.parametrize(
    ("op", "shown"),
    [
        (1, "1"),
        ("conv3x3", "'conv3x3'"),
        ("input", "'input'"),
        (None, "null"),
        ([CONV3], "a list of 1"),
        ({}, "an object of 0 fields"),
    ],
)
def test_operations_are_given_by_name(op: object, shown: str) -> None:
    message = refusal(cell(4, *chain(4)) | {"ops": ["input", CONV3, op, "output"]})

    assert message == (
        f"operation {shown} of vertex 2 is not one of conv3x3-bn-relu, conv1x1-bn-relu, maxpool3x3: "
        "operations are given by name"
    )


def test_the_ends_are_input_and_output() -> None:
    message = refusal({"matrix": [[0, 1, 0], [0, 0, 1], [0, 0, 0]], "ops": ["output", CONV3, 7]})

    assert message == "the first of 'ops' is 'input' and the last 'output', not 'output' and 7"
