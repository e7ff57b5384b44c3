import gzip
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.spaces.darts import Darts
from app.spaces.darts_notation import OPERATIONS

from .genotypes import DARTS_V2, DARTS_V2_CONFIG, DARTS_V2_TEXT

SPACE = Darts()
PREFIX = "NetworkSelectorDatasetInfo:darts:"
Genotype = dict[str, Any]


@pytest.fixture(scope="module")
def rows(benchmark_data: Path) -> list[Genotype]:
    """The table, one dictionary per genotype."""
    with gzip.open(benchmark_data / "darts_nb301_sample.jsonl.gz", "rt", encoding="utf-8") as table:
        return [json.loads(line) for line in table]


def parse(row: Genotype) -> Architecture:
    return SPACE.parse({"normal": row["normal"], "reduce": row["reduce"]})


def edited(cell: str, place: int, pair: object) -> Genotype:
    """The example with another pair in one place."""
    genotype = deepcopy(DARTS_V2)
    genotype[cell][place] = pair
    return genotype


def refusal(notation: object) -> str:
    with pytest.raises(InvalidArchitectureError) as caught:
        SPACE.parse(notation)
    return str(caught.value)


def test_the_three_ways_to_write_a_genotype_are_one_architecture() -> None:
    as_json, as_text, as_config = map(SPACE.parse, (DARTS_V2, DARTS_V2_TEXT, DARTS_V2_CONFIG))

    assert as_json.notation == DARTS_V2
    assert as_json == as_text
    assert as_json.id == as_config.id
    assert as_json.cells == as_config.cells


def test_the_text_may_have_a_range_for_the_concatenated_nodes() -> None:
    assert SPACE.parse(f" {DARTS_V2_TEXT.replace('[2, 3, 4, 5]', 'range(2, 6)')}\n") == SPACE.parse(DARTS_V2)


def test_all_nodes_are_concatenated_where_nothing_is_said() -> None:
    assert SPACE.parse({cell: DARTS_V2[cell] for cell in ("normal", "reduce")}) == SPACE.parse(DARTS_V2)


def test_a_vertex_reads_from_both_edges_of_its_source_and_all_nodes_lead_to_the_output() -> None:
    normal, _ = SPACE.parse(DARTS_V2).cells

    # Both inputs, and the last pair: node 5 reads node 2, which sums up two separable convolutions.
    assert sorted(normal.operations) == sorted(
        ["input", "c_k-2", "c_k-1", *["sep_conv_3x3"] * 5, *["skip_connect"] * 2, "dil_conv_3x3", "output"]
    )
    (dilated,) = (v for v, op in enumerate(normal.operations) if op == "dil_conv_3x3")
    assert [normal.operations[u] for u in normal.predecessors[dilated]] == ["sep_conv_3x3"] * 2
    assert len(normal.predecessors[-1]) == 8


def test_the_cells_do_not_stand_for_one_another() -> None:
    swapped = {"normal": DARTS_V2["reduce"], "reduce": DARTS_V2["normal"]}

    assert SPACE.parse(swapped).id != SPACE.parse(DARTS_V2).id
    assert SPACE.parse(swapped).cells == SPACE.parse(DARTS_V2).cells[::-1]


def test_the_inputs_do_not_stand_for_one_another() -> None:
    assert SPACE.parse(edited("normal", 5, ["skip_connect", 0])).id == SPACE.parse(DARTS_V2).id
    other = edited("normal", 4, ["sep_conv_3x3", 0])
    other["normal"][5] = ["skip_connect", 1]
    assert SPACE.parse(other).id != SPACE.parse(DARTS_V2).id


def test_the_order_of_the_two_edges_of_a_node_does_not_matter() -> None:
    swapped = deepcopy(DARTS_V2)
    for cell in ("normal", "reduce"):
        pairs = swapped[cell]
        swapped[cell] = [pair for i in range(0, 8, 2) for pair in (pairs[i + 1], pairs[i])]

    assert SPACE.parse(swapped).id == SPACE.parse(DARTS_V2).id


def test_renumbered_nodes_are_the_same_architecture() -> None:
    # Nodes 2 and 3 of the reduction cell read inputs alone; 4 reads 2, and 5 reads 3.
    def genotype(first: list[object], second: list[object], two: int, three: int) -> Genotype:
        later = [["skip_connect", two], ["sep_conv_3x3", 0], ["max_pool_3x3", three], ["sep_conv_5x5", 1]]
        return {"normal": DARTS_V2["normal"], "reduce": [*first, *second, *later]}

    a, b = [["dil_conv_3x3", 0], ["dil_conv_5x5", 1]], [["avg_pool_3x3", 0], ["skip_connect", 1]]

    assert SPACE.parse(genotype([*a], [*b], 2, 3)).id == SPACE.parse(genotype([*b], [*a], 3, 2)).id
    assert SPACE.parse(genotype([*a], [*b], 2, 3)).id != SPACE.parse(genotype([*b], [*a], 2, 3)).id


def test_nodes_that_nothing_reads_vanish() -> None:
    # Without 4 and 5 in its list, the output of the normal cell reads two nodes of two operations.
    short = DARTS_V2 | {"normal_concat": [3, 2]}

    architecture = SPACE.parse(short)

    assert architecture.notation == DARTS_V2 | {"normal_concat": [2, 3]}
    assert len(architecture.cells[0].operations) == 1 + 2 + 4 + 1
    other = deepcopy(short)
    other["normal"][4:] = [["max_pool_3x3", 0], ["max_pool_3x3", 1]] * 2
    assert SPACE.parse(other).id == architecture.id != SPACE.parse(DARTS_V2).id


def test_an_unlisted_node_that_another_one_reads_stays() -> None:
    # Node 2 is read by node 5, and so are all operations of the one listed node's sources.
    architecture = SPACE.parse(DARTS_V2 | {"normal_concat": [5]})

    assert sorted(architecture.cells[0].operations) == sorted(
        ["input", "c_k-2", "c_k-1", "sep_conv_3x3", "sep_conv_3x3", "skip_connect", "dil_conv_3x3", "output"]
    )


def test_every_genotype_of_the_table_comes_back_from_its_graphs(rows: list[Genotype]) -> None:
    assert len(rows) == 850
    for row in rows:
        architecture = parse(row)
        found = SPACE.from_cells(architecture.cells)
        assert found is not None
        assert (found.id, found.cells) == (architecture.id, architecture.cells)
        assert SPACE.parse(found.notation) == found


def test_genotypes_whose_outputs_skip_nodes_come_back_from_their_graphs() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        notation = SPACE.sample(rng).notation
        assert isinstance(notation, dict)
        for cell in ("normal", "reduce"):
            n_listed = int(rng.integers(1, 5))
            notation[f"{cell}_concat"] = sorted(map(int, rng.choice([2, 3, 4, 5], n_listed, replace=False)))
        architecture = SPACE.parse(notation)

        found = SPACE.from_cells(architecture.cells)

        assert found is not None
        assert (found.id, found.cells) == (architecture.id, architecture.cells)


def test_parameters_and_flops_are_those_of_the_table(rows: list[Genotype]) -> None:
    known = [row for row in rows if row["params_m"] is not None]
    assert len(known) > 600

    for row in known:
        params, flops = SPACE.cost(parse(row).cells)
        assert params == pytest.approx(row["params_m"], abs=5e-7)
        assert flops == pytest.approx(row["flops_m"], abs=5e-7)


CELL = SPACE.parse(DARTS_V2).cells[0]


def node(left: str, right: str, *inputs: str) -> Graph:
    """Two operations, each of which reads from an input of its own."""
    return Graph(("input", *inputs, left, right, "output"), ((0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 5)))


@pytest.mark.parametrize(
    "graph",
    [
        Graph(("input", "output"), ()),
        Graph(("input", "output"), ((0, 1),)),
        Graph(("input", "c_k-1", "output"), ((0, 1), (1, 2))),
        Graph(("input", "c_k-1", "skip_connect", "output"), ((0, 1), (1, 2), (2, 3))),
        Graph(("input", "skip_connect", "sep_conv_3x3", "output"), ((0, 1), (0, 2), (1, 3), (2, 3))),
        Graph(("input", "c_k-1", "sep_conv_3x3", "skip_connect", "output"), ((0, 1), (1, 2), (1, 3), (2, 4), (3, 4))),
        node("skip_connect", "sep_conv_3x3", "c_k-1", "c_k-1"),
        node("skip_connect", "conv", "c_k-2", "c_k-1"),
    ],
    ids=["nothing", "an edge", "an input", "one operation", "no inputs", "one source", "an input twice", "unknown"],
)
def test_a_graph_that_no_cell_has_gives_no_architecture(graph: Graph) -> None:
    assert SPACE.from_cells([graph, CELL]) is None
    assert SPACE.from_cells([CELL, graph]) is None


def test_the_graph_of_one_node_is_a_cell() -> None:
    found = SPACE.from_cells([node("skip_connect", "sep_conv_3x3", "c_k-2", "c_k-1"), CELL])

    assert found is not None
    assert isinstance(found.notation, dict)
    assert found.notation["normal_concat"] == [2]


def test_mutations_reach_every_operation_and_every_source() -> None:
    parent = edited("normal", 2, ["sep_conv_5x5", 0])  # or nodes 2 and 3 would be alike, and so would reading them
    rng = np.random.default_rng(0)
    pairs: list[set[tuple[str, int]]] = [set() for _ in range(8)]

    for _ in range(2000):
        mutant: Any = SPACE.mutate(SPACE.parse(parent), rng).notation
        for place, (operation, source) in enumerate(mutant["normal"]):
            pairs[place].add((operation, source))

    for place, reached in enumerate(pairs):
        of_other_edge = parent["normal"][place ^ 1][1]
        assert {operation for operation, _ in reached} == set(OPERATIONS)
        assert {source for _, source in reached} == set(range(2 + place // 2)) - {of_other_edge}


def test_two_edges_from_one_node_into_one_node_are_refused() -> None:
    message = refusal(edited("normal", 3, ["skip_connect", 0]))

    assert message == "node 3 of 'normal' has two edges from node 0: its two sources must differ"


@pytest.mark.parametrize(
    ("source", "shown"),
    [(5, "5"), (6, "6"), (-1, "-1"), (True, "true"), ("2", "'2'"), (2.0, "2.0"), ([2], "a list of 1"), (None, "null")],
)
def test_a_node_reads_from_nodes_before_it(source: object, shown: str) -> None:
    message = refusal(edited("reduce", 7, ["max_pool_3x3", source]))

    assert message == f"node 5 of 'reduce' reads from a node before it, 0 to 4, not from {shown}"


@pytest.mark.parametrize(
    ("operation", "shown"),
    [(3, "3"), ("none", "'none'"), (["skip_connect"], "a list of 1"), ({}, "an object of 0 fields"), (None, "null")],
)
def test_operations_are_given_by_name(operation: object, shown: str) -> None:
    for notation in (edited("normal", 2, [operation, 0]), DARTS_V2_CONFIG | {f"{PREFIX}edge_normal_2": operation}):
        message = refusal(notation)

        assert message.startswith(f"operation {shown} into node 3 of 'normal' is not one of max_pool_3x3, avg_pool_3x3")
        assert message.endswith("operations are given by name")


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        (DARTS_V2["normal"][:7], ", not a list of 7"),
        ("sep_conv_3x3", ", not 'sep_conv_3x3'"),
        ([*DARTS_V2["normal"][:7], ["skip_connect", 0, 1]], "; number 7 is not a pair but a list of 3"),
        (["skip_connect", *DARTS_V2["normal"][1:]], "; number 0 is not a pair but 'skip_connect'"),
    ],
)
def test_a_cell_lists_eight_pairs(pairs: object, found: str) -> None:
    message = refusal(DARTS_V2 | {"normal": pairs})

    assert message == f"'normal' lists 8 pairs [operation, source], two for each of the nodes 2 to 5{found}"


@pytest.mark.parametrize(
    ("concat", "shown"),
    [
        ([], "a list of 0"),
        ([2, 2], "a list of 2"),
        ([1, 2], "a list of 2"),
        ([6], "a list of 1"),
        ([True], "a list of 1"),
        ([[2]], "a list of 1"),
        (5, "5"),
        (None, "null"),
    ],
)
def test_the_concatenated_nodes_are_some_of_2_to_5_each_once(concat: object, shown: str) -> None:
    message = refusal(DARTS_V2 | {"reduce_concat": concat})

    assert message == (
        f"'reduce_concat' lists the nodes that the output concatenates, each once, from 2 to 5, not {shown}"
    )


@pytest.mark.parametrize(
    "concat", ["range(2, 7)", "range(3, 6)", "range(6)", "range(2, 10**9)", "range(2, 2)", "list()"]
)
def test_a_range_of_other_nodes_is_refused(concat: str) -> None:
    refusal(DARTS_V2_TEXT.replace("[2, 3, 4, 5]", concat))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DARTS_V2",
        "Genotype",
        "Genotype(",
        "Cell(normal=[])",
        f"{DARTS_V2_TEXT}.normal",
        DARTS_V2_TEXT.replace("normal=", "", 1),
        DARTS_V2_TEXT.replace("reduce=", "normal="),
        f"Genotype(**{DARTS_V2!r})",
        DARTS_V2_TEXT.replace("[2, 3, 4, 5]", "range(2, 6, step=1)"),
        DARTS_V2_TEXT.replace("('sep_conv_3x3', 0)", "open('file')"),
        DARTS_V2_TEXT.replace("'sep_conv_3x3'", "'sep_conv' + '_3x3'"),
        DARTS_V2_TEXT.replace("[2, 3, 4, 5]", "{[2]: 3}"),
        DARTS_V2_TEXT.replace("[2, 3, 4, 5]", "[" * 900 + "]" * 900),
        DARTS_V2_TEXT.replace("[2, 3, 4, 5]", "-" * 2000 + "1"),
        "-" * 3900 + "1",
        "a." * 1900 + "b",
    ],
    ids=lambda text: text[:40],
)
def test_a_text_of_another_form_is_not_evaluated_but_refused(text: str) -> None:
    message = refusal(text)

    assert message.startswith(
        "the text of a DARTS genotype is Genotype(normal=[...], normal_concat=[...], reduce=[...]"
    )
    assert len(message) < 250


def test_a_number_that_cannot_be_printed_is_refused() -> None:
    text = DARTS_V2_TEXT.replace("('dil_conv_3x3', 2)", f"('dil_conv_3x3', 0x{'f' * 3000})")

    assert refusal(text).endswith("0 to 4, not from a number of more than 20 digits")


def test_a_text_too_long_is_not_read() -> None:
    assert refusal("Genotype(" + " " * 4000).endswith("of at most 4000 characters, not 4009")


@pytest.mark.parametrize("value", ["0_0", "1_0", "0_3", "", "0", None, [0, 1]])
def test_a_configuration_chooses_two_sources_in_order(value: object) -> None:
    message = refusal(DARTS_V2_CONFIG | {f"{PREFIX}inputs_node_normal_3": value})

    assert message.startswith(f"'{PREFIX}inputs_node_normal_3' of the configuration is one of 0_1, 0_2, 1_2, not ")


def test_a_configuration_lacks_no_edge_and_has_no_other() -> None:
    lacking = {key: value for key, value in DARTS_V2_CONFIG.items() if not key.endswith("edge_normal_11")}

    assert refusal(lacking) == f"the configuration lacks '{PREFIX}edge_normal_11', the edge 2->5"
    assert refusal(DARTS_V2_CONFIG | {f"{PREFIX}edge_normal_12": "skip_connect"}) == (
        f"the configuration has '{PREFIX}edge_normal_12', which is no choice that its other choices leave open"
    )


def test_another_field_is_answered_with_the_fields() -> None:
    assert refusal(DARTS_V2 | {"concat": [2]}) == (
        "a DARTS genotype has no field 'concat': its fields are normal, normal_concat, reduce, reduce_concat"
    )


@pytest.mark.parametrize(("notation", "shown"), [(None, "null"), (7, "7"), ([DARTS_V2], "a list of 1")])
def test_something_else_is_answered_with_an_example(notation: object, shown: str) -> None:
    message = refusal(notation)

    assert message.startswith('a DARTS genotype is an object such as {"normal": [["sep_conv_3x3", 0]')
    assert message.endswith(f"ConfigSpace dictionary, not {shown}")
