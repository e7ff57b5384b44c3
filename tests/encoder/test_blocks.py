"""Every block on the cell of `cells.py`, whose counts can be checked in the head."""

from collections import Counter
from collections.abc import Callable
from math import log, sqrt

import pytest

from app.domain.graph import INPUT, OUTPUT, Graph
from app.encoder import blocks
from app.encoder.blocks import SCALED_AS_BLOCK, SCALED_BY_FEATURE, Features, View
from app.spaces.space import Vocabulary

from .cells import EMPTY_VIEW, VIEW


def nonzero(features: Features) -> dict[str, float]:
    return {name: value for name, value in features.items() if value}


def test_op_counts_each_operation() -> None:
    assert blocks.operation_counts(VIEW) == {"conv3": 2, "conv1": 1, "pool": 1, "skip": 1}


def test_pop_counts_operations_over_all_paths_but_the_identity() -> None:
    assert blocks.path_operation_counts(VIEW) == {"conv3": 3, "conv1": 1, "pool": 1}


def test_popb_weighs_each_path() -> None:
    assert blocks.weighted_path_operation_counts(VIEW) == {"conv3": 0.75, "conv1": 0.25, "pool": 0.25}


def test_glob_measures_the_whole_graph() -> None:
    assert blocks.whole_graph(VIEW) == {
        "vertices": 5,
        "edges": 8,
        "paths": 3,
        "log_paths": pytest.approx(log(4)),
        "longest": 3,
        "shortest": 1,
        "mean_length": 2,
        "w_length": 3 / 4 + 2 / 4 + 1 / 2,
        "w_length_working": 3 / 4 + 2 / 4,
        "longest_working": 3,
        "shortest_working": 0,
        "output_in_degree": 2,
        "input_out_degree": 3,
        "direct": 0,
    }


def test_glob_counts_an_edge_from_input_to_output() -> None:
    graph = Graph(("input", "conv3", "output"), ((0, 1), (0, 2), (1, 2)))

    features = blocks.whole_graph(View.of(graph, VIEW.vocabulary))

    assert (features["direct"], features["shortest"], features["paths"]) == (1, 0, 2)


def test_ext_gives_extremes_and_moments_over_paths() -> None:
    features = blocks.extremes(VIEW)

    def of(name: str) -> list[float]:
        return [features[f"{name} {what}"] for what in ("most", "fewest", "mean", "w_mean", "spread")]

    # How often on the three paths: conv3 2, 1, 0; all convolutions 3, 1, 0; skip 0, 0, 1; the weights 1/4, 1/4, 1/2.
    assert of("conv3") == pytest.approx([2, 0, 1, 0.75, sqrt(2 / 3)])
    assert of("convolutions") == pytest.approx([3, 0, 4 / 3, 1, sqrt(42 / 27)])
    assert of("skip") == pytest.approx([1, 0, 1 / 3, 0.5, sqrt(2 / 9)])
    assert len(features) == 25


def test_bag_counts_what_is_on_each_path_in_any_order() -> None:
    assert blocks.path_bags(VIEW) == {
        "conv1+conv3+conv3": 1, "conv3+pool": 1, "": 1, "length 3": 1, "length 2": 1, "length 1": 1,
    }  # fmt: skip


def test_bag_adds_up_bags_of_one_name() -> None:
    vocabulary = Vocabulary(("a", "b", "a+b"), None, ())
    both = View.of(Graph((INPUT, "a", "b", "a+b", OUTPUT), ((0, 1), (0, 3), (1, 2), (2, 4), (3, 4))), vocabulary)

    assert blocks.path_bags(both)["a+b"] == 2


def test_bi_counts_pairs_along_paths_with_their_ends() -> None:
    assert blocks.pairs_along_paths(VIEW) == {
        "input>conv3": 1, "conv3>conv1": 1, "conv1>conv3": 1, "conv3>output": 2,
        "input>pool": 1, "pool>conv3": 1, "input>output": 1,
    }  # fmt: skip


def test_bib_weighs_each_pair_by_its_path() -> None:
    assert blocks.weighted_pairs_along_paths(VIEW) == {
        "input>conv3": 0.25, "conv3>conv1": 0.25, "conv1>conv3": 0.25, "conv3>output": 0.5,
        "input>pool": 0.25, "pool>conv3": 0.25, "input>output": 0.5,
    }  # fmt: skip


def test_deg_counts_operations_by_their_degrees() -> None:
    assert blocks.degrees(VIEW) == {
        "input in 0": 1, "conv3 in 1": 1, "pool in 1": 1, "skip in 1": 1, "conv1 in 1": 1, "conv3 in 2": 1,
        "output in 2": 1, "input out 3": 1, "conv3 out 1": 2, "pool out 1": 1, "skip out 1": 1, "conv1 out 1": 1,
        "output out 0": 1,
    }  # fmt: skip


def test_dep_counts_operations_by_their_distances() -> None:
    features = blocks.distances(VIEW)

    def of(op: str) -> set[str]:
        return {name for name in features if name.startswith(f"{op} ")}

    assert of("conv1") == {"conv1 from longest 2", "conv1 from shortest 2", "conv1 to longest 2", "conv1 to shortest 2"}
    assert of("conv3") == {
        "conv3 from longest 1", "conv3 from longest 3", "conv3 from shortest 1", "conv3 from shortest 2",
        "conv3 to longest 3", "conv3 to longest 1", "conv3 to shortest 3", "conv3 to shortest 1",
    }  # fmt: skip
    assert of("input") == {"input from longest 0", "input from shortest 0", "input to longest 4", "input to shortest 2"}
    assert sum(features.values()) == 4 * 7


def test_wl_counts_operations_by_their_neighbors() -> None:
    assert blocks.neighborhoods(VIEW) == {
        ">input>conv3,pool,skip": 1, "input>conv3>conv1": 1, "input>pool>conv3": 1, "input>skip>output": 1,
        "conv3>conv1>conv3": 1, "conv1,pool>conv3>output": 1, "conv3,skip>output>": 1,
    }  # fmt: skip


def test_graf_looks_at_paths_of_some_operations_alone() -> None:
    features = nonzero(blocks.restricted_paths(VIEW))

    def of(subset: str) -> dict[str, float]:
        return {name.split()[1]: value for name, value in features.items() if name.split()[0] == subset}

    assert of("skip") == {
        "any": 1, "shortest": 1, "longest": 1, "log_paths": log(2), "into_output": 1, "out_of_input": 1,
    }  # fmt: skip
    assert of("conv3") == {"into_output": 1, "out_of_input": 1}
    assert of("conv3+pool") == {
        "any": 1, "shortest": 2, "longest": 2, "log_paths": log(2), "into_output": 1, "out_of_input": 2,
    }  # fmt: skip
    assert of("skip+conv1+conv3+pool") == {
        "any": 1, "shortest": 1, "longest": 3, "log_paths": log(4), "into_output": 2, "out_of_input": 3,
    }  # fmt: skip


def test_graf_names_each_of_the_fifteen_subsets_once() -> None:
    subsets = {name.split()[0] for name in blocks.restricted_paths(VIEW)}

    assert len(subsets) == 15


@pytest.mark.parametrize(
    ("n", "sizes"), [(1, {1: 1}), (5, {1: 5, 2: 10, 3: 10, 4: 5, 5: 1}), (7, {1: 7, 2: 21, 6: 7}), (17, {1: 17})]
)
def test_graf_names_all_subsets_of_few_operations_and_small_and_large_ones_of_many(
    n: int, sizes: dict[int, int]
) -> None:
    operations = tuple(f"op{i}" for i in range(n))
    vocabulary = Vocabulary(operations=operations, identity=None, convolutions=())

    features = blocks.restricted_paths(View.of(Graph(("input", "op0", "output"), ((0, 1), (1, 2))), vocabulary))

    assert Counter(len(subset.split("+")) for subset in {name.split()[0] for name in features}) == sizes


def test_a_long_name_is_a_digest_that_is_the_same_for_the_same_feature() -> None:
    long = tuple(f"{i}" * 60 for i in range(4))
    vocabulary = Vocabulary(operations=long, identity=None, convolutions=())
    graph = Graph(("input", *long, "output"), tuple((i, i + 1) for i in range(5)))
    reverse = Graph(("input", *long[::-1], "output"), graph.edges)

    bags, other = (blocks.path_bags(View.of(each, vocabulary)) for each in (graph, reverse))

    assert bags == other
    assert sorted(map(len, bags)) == [len("length 4"), 32]
    for read in SCALED_AS_BLOCK.values():
        assert max(map(len, read(View.of(graph, vocabulary)))) <= blocks.LONGEST_NAME + len(" out_of_input")


def test_pairs_start_at_the_input_that_their_path_reads() -> None:
    graph = Graph(("input", "left", "right", "conv3", "output"), ((0, 1), (0, 2), (1, 3), (2, 3), (2, 4), (3, 4)))
    vocabulary = Vocabulary(operations=("conv3",), identity=None, convolutions=(), inputs=("left", "right"))

    view = View.of(graph, vocabulary)

    assert blocks.pairs_along_paths(view) == {
        "left>conv3": 1, "right>conv3": 1, "conv3>output": 2, "right>output": 1,
    }  # fmt: skip
    assert blocks.path_operation_counts(view) == {"conv3": 2}


def test_cost_is_logarithms() -> None:
    assert blocks.log_cost((1.0, 10.0)) == {"log_params": 0, "log_flops": pytest.approx(log(10))}


@pytest.mark.parametrize(
    "read", [*SCALED_BY_FEATURE.values(), *SCALED_AS_BLOCK.values()], ids=lambda read: read.__name__
)
def test_a_graph_of_nothing_has_finite_features(read: Callable[[View], Features]) -> None:
    features = read(EMPTY_VIEW)

    # It has two vertices, which have degrees, distances and neighborhoods, all of them zero or none.
    if read not in {blocks.degrees, blocks.distances, blocks.neighborhoods}:
        assert nonzero(features) == {}
    assert all(value >= 0 for value in features.values())
