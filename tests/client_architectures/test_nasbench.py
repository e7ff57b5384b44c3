"""Cells of NAS-Bench-101 and NAS-Bench-201, as the server reads what is made of them."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from emprox_client.architectures import ArchitectureError, nasbench101, nasbench201, nasbench201_from_naslib
from hypothesis import given
from hypothesis import strategies as st

from app.spaces.nasbench101 import NasBench101
from app.spaces.nasbench201 import NasBench201

# Six operations that differ in their places, so that no two edges can be mistaken for each other.
STRING = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_3x3~2|"
NAMES = ["nor_conv_3x3", "none", "skip_connect", "nor_conv_1x1", "avg_pool_3x3", "nor_conv_3x3"]
NODES = [
    (("nor_conv_3x3", 0),),
    (("none", 0), ("skip_connect", 1)),
    (("nor_conv_1x1", 0), ("avg_pool_3x3", 1), ("nor_conv_3x3", 2)),
]
# Row: target, column: source; 0 none, 1 skip_connect, 2 nor_conv_1x1, 3 nor_conv_3x3, 4 avg_pool_3x3.
MATRIX = np.array([[0, 0, 0, 0], [3, 0, 0, 0], [0, 1, 0, 0], [2, 4, 3, 0]], dtype=float)


class Structure:
    """As AutoDL-Projects has it."""

    nodes = NODES

    def tostr(self) -> str:
        return STRING


@pytest.mark.parametrize(
    "cell", [STRING, NAMES, np.array(NAMES), tuple(NAMES), NODES, MATRIX, MATRIX.tolist(), Structure(), Structure.nodes]
)
def test_every_form_of_a_cell_gives_its_string(cell: Any) -> None:
    assert nasbench201(cell) == STRING
    assert NasBench201().parse(nasbench201(cell)).notation == STRING


def test_the_sources_of_a_node_may_come_in_any_order() -> None:
    assert nasbench201([NODES[0], NODES[1][::-1], NODES[2][::-1]]) == STRING


def test_naslib_counts_operations_and_edges_its_own_way() -> None:
    # Edges 0->1, 0->2, 0->3, 1->2, 1->3, 2->3; 0 skip_connect, 1 none, 2 nor_conv_3x3, 3 nor_conv_1x1, 4 avg_pool_3x3.
    assert nasbench201_from_naslib(np.array([2, 1, 3, 0, 4, 2])) == STRING


@given(st.lists(st.integers(0, 4), min_size=6, max_size=6))
def test_every_cell_of_naslib_is_one_of_the_space(op_indices: list[int]) -> None:
    notation = nasbench201_from_naslib(op_indices)

    assert NasBench201().parse(notation).notation == notation


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ([2, 1, 3, 0, 4, 2], "nasbench201_from_naslib takes those of NASLib"),
        (MATRIX.T, "row 0, column 1 of the matrix is 3.0: .* transpose the matrix"),
        (MATRIX * 2, "row 1, column 0 of the matrix is the number of an operation .*, not 6.0"),
        (MATRIX / 2, "row 1, column 0 of the matrix is the number of an operation .*, not 1.5"),
        ([NODES[0], NODES[1], (("none", 0), ("none", 0), ("none", 2))], "node 3 reads from each of 0 to 2 once"),
        ([NODES[0], NODES[1], ("none", "none", "none")], "node 3 has a list of pairs"),
        (NAMES[:5], "a NAS-Bench-201 cell is the benchmark's string, six operations"),
        (None, "a NAS-Bench-201 cell is the benchmark's string, .* not None"),
    ],
)
def test_a_cell_in_no_known_form_is_refused_with_the_way_out(cell: Any, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        nasbench201(cell)


@pytest.mark.parametrize("op_indices", [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5], "012340"])
def test_other_numbers_than_naslibs_are_refused(op_indices: Any) -> None:
    with pytest.raises(ArchitectureError, match="op_indices"):
        nasbench201_from_naslib(op_indices)


ROWS = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
OPS = ["input", "conv3x3-bn-relu", "maxpool3x3", "output"]


class ModelSpec(NamedTuple):
    """The fields of nasbench.api's, which prunes the matrix that it is given."""

    original_matrix: Any
    original_ops: list[str]
    matrix: Any
    ops: list[str] | None


@pytest.mark.parametrize(
    "cell",
    [
        ModelSpec(np.array(ROWS), OPS, np.array(ROWS), OPS),
        ModelSpec(np.array(ROWS), OPS, None, None),
        {"matrix": np.array(ROWS, dtype=bool), "ops": tuple(OPS)},
        {"module_adjacency": np.array(ROWS, dtype=np.int8), "module_operations": OPS, "trainable_parameters": 8},
    ],
)
def test_every_form_of_a_cell_of_nasbench101_gives_matrix_and_operations(cell: Any) -> None:
    notation = nasbench101(cell)

    assert notation == {"matrix": ROWS, "ops": OPS} == nasbench101(np.array(ROWS, dtype=float), OPS)
    assert all(type(value) is int for row in notation["matrix"] for value in row)
    assert NasBench101().parse(notation).cells[0].operations == tuple(OPS)


def test_vertices_in_another_order_are_the_same_cell() -> None:
    swapped = np.array(ROWS)[[0, 2, 1, 3]][:, [0, 2, 1, 3]]

    one = NasBench101().parse(nasbench101(ROWS, OPS))
    other = NasBench101().parse(nasbench101(swapped, [OPS[i] for i in (0, 2, 1, 3)]))

    assert one.id == other.id


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0, 2], [0, 0]], ["input", "output"]), "row 0, column 1 of the matrix is 0, or 1 for an edge; not 2"),
        (([[0, float("nan")], [0, 0]], ["input", "output"]), "not nan"),
        ((np.array([0, 1]), ["input", "output"]), "is a list of rows"),
        ((ROWS, 5), "the operations of a NAS-Bench-101 cell are a list of names, not 5"),
        ((ROWS, ["input", 1, 2, "output"]), "are a list of names, not"),
        ((ROWS, OPS[:3]), "3 operations for 4 rows of the matrix: give one for each"),
        (([[0, 1], [0]], ["input", "output"]), "row 1 of the matrix has 1 columns: give as many as rows, 2"),
        ((ROWS,), "a matrix and its operations, a ModelSpec, or a dictionary"),
        (({"matrix": ROWS},), "a matrix and its operations, a ModelSpec, or a dictionary"),
    ],
)
def test_what_is_no_cell_of_nasbench101_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        nasbench101(*arguments)
