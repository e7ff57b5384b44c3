import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.architecture import Architecture
from app.domain.graph import Graph
from app.encoder.scaling import KEPT_VARIANCE, MAX_COMPONENTS_OF_CELLS, Transform
from app.encoder.structural import StructuralEmbedding, structural_features
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space
from app.spaces.nasbench201 import NasBench201

from .cells import NOTHING, SPACE, architectures

SMALL = {"op": 0.5, "pop": 0.5, "popb": 0.5, "glob": 2.0, "ext": 1.65, "cost": 2.0}  # with the variance of each
LARGE = ("bag", "bi", "bib", "deg", "dep", "wl", "graf")


class OneCell(NasBench201):
    """A space without a formula for the cost."""

    name = "one-cell"

    def cost(self, cells: object) -> None:  # type: ignore[override]
        return None


class TwoCells(OneCell):
    """The same, with two cells."""

    name = "two-cells"


def test_the_embedding_has_a_block_for_each_kind_of_feature(structural: StructuralEmbedding) -> None:
    names = [scaling.name for scaling in structural.scalings]

    assert sorted(names) == sorted([*SMALL, *LARGE])
    assert structural.dimension == sum(scaling.n_columns for scaling in structural.scalings)
    assert len(structural.block_of_column) == len(structural.group_of_column) == structural.dimension
    assert sorted(set(structural.block_of_column.tolist())) == list(range(13))


def test_a_group_lies_within_one_block(structural: StructuralEmbedding) -> None:
    groups = structural.group_of_column.tolist()
    pairs = set(zip(groups, structural.block_of_column.tolist(), strict=True))

    assert len(pairs) == len(set(groups))
    assert sorted(set(groups)) == list(range(len(pairs)))


def test_a_small_block_has_a_group_per_column_and_another_block_one(structural: StructuralEmbedding) -> None:
    for block, scaling in enumerate(structural.scalings):
        groups = structural.group_of_column[structural.block_of_column == block]
        assert len(set(groups)) == (len(groups) if scaling.name in SMALL else 1)
    assert {s.name for s in structural.scalings if s.transform is Transform.COMPONENTS} == set(LARGE)


def test_blocks_have_their_variances_over_their_sample(
    structural: StructuralEmbedding, sample: list[Architecture]
) -> None:
    variances = np.bincount(structural.block_of_column, structural.embed(sample).astype(np.float64).var(axis=0))

    total = {scaling.name: variance for scaling, variance in zip(structural.scalings, variances, strict=True)}

    for name, variance in SMALL.items():
        assert total[name] == pytest.approx(variance, abs=1e-4)
    # What the components keep of a block; neighborhoods are too many for 64 of them.
    assert all(KEPT_VARIANCE - 1e-4 < total[name] < 1.0001 for name in LARGE if name != "wl")
    assert 0.7 < total["wl"] < KEPT_VARIANCE


def test_fitting_and_embedding_again_gives_the_same(
    structural: StructuralEmbedding, sample: list[Architecture]
) -> None:
    again = StructuralEmbedding.fit(SPACE, sample)

    np.testing.assert_array_equal(again.embed(sample[:50]), structural.embed(sample[:50]))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (
            "|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|none~0|avg_pool_3x3~1|skip_connect~2|",
            "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|skip_connect~1|avg_pool_3x3~2|",
        ),
        (
            "|nor_conv_1x1~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|",
            "|none~0|+|none~0|skip_connect~1|+|nor_conv_3x3~0|none~1|none~2|",
        ),
    ],
    ids=["nodes swapped", "dead branches"],
)
def test_notations_of_one_network_embed_alike(structural: StructuralEmbedding, a: str, b: str) -> None:
    first, second = (structural.embed([SPACE.parse(notation)]) for notation in (a, b))

    np.testing.assert_array_equal(first, second)


@settings(deadline=None, max_examples=40)
@given(a=architectures, b=architectures)
def test_networks_embed_alike_exactly_when_they_are_the_same(
    structural: StructuralEmbedding, a: Architecture, b: Architecture
) -> None:
    x, y = structural.embed([a])[0], structural.embed([b])[0]

    assert (np.abs(x - y).max() < 1e-6) == (a.id == b.id)


@settings(deadline=None, max_examples=25)
@given(batch=st.lists(architectures, min_size=1, max_size=12), data=st.data())
def test_one_at_a_time_equals_a_batch_in_any_order(
    structural: StructuralEmbedding, batch: list[Architecture], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(batch))))

    together = structural.embed([batch[i] for i in order])

    for row, i in zip(together, order, strict=True):
        np.testing.assert_allclose(row, structural.embed([batch[i]])[0], atol=1e-6)


def test_a_cell_of_nothing_embeds_finite(structural: StructuralEmbedding) -> None:
    embedding = structural.embed([SPACE.parse(NOTHING)])

    assert np.isfinite(embedding).all()
    assert embedding.dtype == np.float32


CHAIN = Graph(("input", "nor_conv_3x3", "output"), ((0, 1), (1, 2)))
EMPTY = Graph(("input", "output"), ())


def test_each_of_two_cells_has_blocks_of_its_own() -> None:
    features = structural_features(TwoCells(), Architecture.of([CHAIN, EMPTY], "two cells"))

    assert sorted(features) == sorted(
        f"{cell}:{name}" for cell in (0, 1) for name in [*SMALL, *LARGE] if name != "cost"
    )
    assert features["0:op"] == {"nor_conv_3x3": 1}
    assert (features["0:glob"]["paths"], features["1:glob"]["paths"]) == (1, 0)


def test_blocks_of_one_of_two_cells_are_scaled_as_those_of_one() -> None:
    rng = np.random.default_rng(0)
    cells = [[SPACE.sample(rng).cells[0] for _ in range(2)] for _ in range(300)]

    embedding = StructuralEmbedding.fit(TwoCells(), [Architecture.of(pair, "two cells") for pair in cells])

    at_most = MAX_COMPONENTS_OF_CELLS // 2
    alone = StructuralEmbedding.fit(OneCell(), [Architecture.of(pair[:1], "one cell") for pair in cells])
    for scaling in alone.scalings:
        (beside,) = (other for other in embedding.scalings if other.name == f"0:{scaling.name}")
        n_columns = scaling.n_columns if scaling.name in SMALL else min(scaling.n_columns, at_most)
        np.testing.assert_allclose(beside.projection, scaling.projection[:, :n_columns], atol=1e-6)


def test_a_space_without_a_cost_formula_has_no_cost_block(sample: list[Architecture]) -> None:
    embedding = StructuralEmbedding.fit(OneCell(), sample[:50])

    assert {scaling.name for scaling in embedding.scalings} == {*SMALL, *LARGE} - {"cost"}
    assert embedding.embed(sample[:2]).shape == (2, embedding.dimension)


def test_a_space_of_choices_has_blocks_of_its_own() -> None:
    choices = {"kind": "choices", "variables": [{"name": "depth", "values": [1, 2]}, {"name": "se", "values": [True]}]}
    space = declared_space("mine", parse_declaration(choices))

    embedding = StructuralEmbedding.fit(space, list(space.enumerate()))

    assert [scaling.name for scaling in embedding.scalings] == ["choice", "rank", "total"]


OPERATIONS = [f"op{i}" for i in range(64)]
DIAMONDS = [[3 * i + a, 3 * i + b] for i in range(6) for a, b in ((0, 1), (0, 2), (1, 3), (2, 3))]
TAIL = [[v, v + 1] for v in range(18, 63)]
FREE = {"kind": "graph", "operations": OPERATIONS, "max_vertices": 64, "max_edges": 26}
LARGEST = {
    "free": FREE,
    "all pairs": {"kind": "graph", "operations": OPERATIONS, "skeleton": {"nodes": 11, "edges": "all"}},
    "edges": {
        "kind": "graph",
        "operations": OPERATIONS,
        "operations_on": "edges",
        "skeleton": {"nodes": 11, "edges": "all"},
    },
    "cells": {
        "kind": "graph",
        "operations": OPERATIONS,
        "convolutions": OPERATIONS,
        "skeleton": {"nodes": 64, "edges": DIAMONDS + TAIL},
        "cells": [f"cell{i}" for i in range(8)],
    },
    "choices": {
        "kind": "choices",
        "variables": [
            {"name": f"v{i}", "values": list(range(i, i + 64)), "ordered": i % 2 == 0, "when": {"v0": [0]} if i else {}}
            for i in range(128)
        ],
    },
}


@pytest.mark.parametrize("declaration", LARGEST.values(), ids=LARGEST)
def test_the_largest_spaces_that_can_be_declared_have_bounded_features_and_columns(
    declaration: dict[str, object],
) -> None:
    space = declared_space("largest", parse_declaration(declaration))
    rng = np.random.default_rng(0)
    sample = [space.sample(rng) for _ in range(30)]

    structural = StructuralEmbedding.fit(space, sample)

    assert structural.dimension <= 1_000
    for architecture in sample[:5]:
        features = structural_features(space, architecture)
        assert sum(map(len, features.values())) <= 10_000
    assert np.isfinite(structural.embed(sample)).all()
