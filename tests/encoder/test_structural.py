import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.architecture import Architecture
from app.domain.graph import Graph
from app.encoder.scaling import Transform
from app.encoder.structural import StructuralEmbedding, structural_features
from app.spaces.nasbench201 import NasBench201

from .cells import NOTHING, SPACE, architectures

NAMES = ["op", "pop", "popb", "glob", "ext", "cost", "bag", "bi", "bib", "deg", "dep", "wl", "graf"]


class TwoCells(NasBench201):
    """A space of two cells without a formula for their cost."""

    name = "two-cells"

    def cost(self, cells: object) -> None:  # type: ignore[override]
        return None


def test_the_embedding_has_218_columns_in_57_groups_and_13_blocks(structural: StructuralEmbedding) -> None:
    assert [scaling.name for scaling in structural.scalings] == NAMES
    assert structural.dimension == 218
    assert len(structural.block_of_column) == len(structural.group_of_column) == 218
    assert sorted(set(structural.block_of_column.tolist())) == list(range(13))
    assert sorted(set(structural.group_of_column.tolist())) == list(range(57))


def test_a_group_lies_within_one_block(structural: StructuralEmbedding) -> None:
    pairs = set(zip(structural.group_of_column.tolist(), structural.block_of_column.tolist(), strict=True))

    assert len(pairs) == 57


def test_a_small_block_has_a_group_per_column_and_another_block_one(structural: StructuralEmbedding) -> None:
    for block, scaling in enumerate(structural.scalings):
        groups = structural.group_of_column[structural.block_of_column == block]
        assert len(set(groups)) == (1 if scaling.transform is Transform.COMPONENTS else len(groups))
    assert [s.name for s in structural.scalings if s.transform is Transform.COMPONENTS] == NAMES[6:]


def test_blocks_are_of_one_size_over_their_sample(structural: StructuralEmbedding, sample: list[Architecture]) -> None:
    variances = structural.embed(sample).astype(np.float64).var(axis=0)

    total = dict(zip(NAMES, np.bincount(structural.block_of_column, variances), strict=True))

    assert all(total[name] == pytest.approx(1, abs=1e-4) for name in NAMES[:6])
    # What 24 components hold of a block; neighborhoods are too many for them.
    assert all(0.95 < total[name] < 1.0001 for name in NAMES[6:] if name != "wl")
    assert 0.4 < total["wl"] < 0.6


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


def test_features_of_two_cells_are_told_apart_by_their_cell() -> None:
    chain = Graph(("input", "nor_conv_3x3", "output"), ((0, 1), (1, 2)))
    nothing = Graph(("input", "output"), ())

    features = structural_features(TwoCells(), Architecture.of([chain, nothing], "two cells"))

    assert features["op"] == {"0:nor_conv_3x3": 1}
    assert (features["glob"]["0:paths"], features["glob"]["1:paths"]) == (1, 0)


def test_a_space_without_a_cost_formula_has_no_cost_block(sample: list[Architecture]) -> None:
    embedding = StructuralEmbedding.fit(TwoCells(), sample[:50])

    assert [scaling.name for scaling in embedding.scalings] == [name for name in NAMES if name != "cost"]
    assert embedding.embed(sample[:2]).shape == (2, embedding.dimension)
