from itertools import pairwise

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.architecture import Architecture
from app.domain.graph import Graph
from app.encoder.graph_arrays import GraphArrays, operation_names
from app.encoder.graph_encoder import GraphEncoder
from app.encoder.network import EncoderDecoder
from app.encoder.network_shape import NetworkShape

from .cells import NOTHING, SPACE, architectures
from .conftest import Run

FULL = "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_3x3~1|nor_conv_1x1~2|"


def untrained(seed: int = 0, n_cells: int = 1) -> GraphEncoder:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        shape = NetworkShape(dimension=10, n_cells=n_cells, max_vertices=8)
        networks = EncoderDecoder(shape, len(operation_names(SPACE.vocabulary)))
    return GraphEncoder(SPACE, shape, networks.weights())


def test_arrays_hold_operations_and_edges_padded_to_the_largest_cell() -> None:
    chain = Architecture.of([Graph(("input", "nor_conv_3x3", "output"), ((0, 1), (1, 2)))], "chain")
    nothing = SPACE.parse(NOTHING)

    graphs = GraphArrays.of([chain, nothing], SPACE.vocabulary)

    names = operation_names(SPACE.vocabulary)
    assert names[-2:] == ("input", "output")
    conv, start, end = (names.index(name) for name in ("nor_conv_3x3", "input", "output"))
    assert graphs.operations.tolist() == [[start, conv, end], [start, end, -1]]
    assert graphs.adjacency.tolist() == [[[0, 1, 0], [0, 0, 1], [0, 0, 0]], [[0, 0, 0]] * 3]


@settings(deadline=None, max_examples=40)
@given(batch=st.lists(architectures, min_size=1, max_size=10))
def test_one_at_a_time_equals_a_batch_to_the_bit(run: Run, batch: list[Architecture]) -> None:
    encoder = run.trained.encoder

    together = encoder.embed([*batch, SPACE.parse(NOTHING), SPACE.parse(FULL)])

    for row, architecture in zip(together, batch, strict=False):
        np.testing.assert_array_equal(row, encoder.embed([architecture])[0])


def test_cells_of_many_sizes_find_the_way_back_to_their_architectures(run: Run) -> None:
    encoder = untrained(n_cells=2)
    pairs = [Architecture.of([*a.cells, *b.cells], "a pair") for a, b in pairwise(run.sample[:300])]

    together = encoder.embed(pairs)

    assert len({len(cell.operations) for pair in pairs for cell in pair.cells}) > 4
    for row, pair in zip(together[::10], pairs[::10], strict=True):
        np.testing.assert_array_equal(row, encoder.embed([pair])[0])


def test_notations_of_one_network_embed_alike(run: Run) -> None:
    a = SPACE.parse("|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|none~0|avg_pool_3x3~1|skip_connect~2|")
    b = SPACE.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|skip_connect~1|avg_pool_3x3~2|")

    np.testing.assert_array_equal(run.trained.encoder.embed([a]), run.trained.encoder.embed([b]))


def test_a_cell_of_nothing_embeds_finite(run: Run) -> None:
    embedding = run.trained.encoder.embed([SPACE.parse(NOTHING)])

    assert embedding.shape == (1, run.trained.structural.dimension)
    assert embedding.dtype == np.float32
    assert np.isfinite(embedding).all()


def test_embedding_is_not_left_to_chance(run: Run) -> None:
    encoder = run.trained.encoder
    before = torch.random.get_rng_state()

    first, second = encoder.embed(run.sample[:5]), encoder.embed(run.sample[:5])

    np.testing.assert_array_equal(first, second)
    assert torch.equal(before, torch.random.get_rng_state())


def test_different_weights_give_different_embeddings() -> None:
    cells = [SPACE.parse(FULL)]

    assert np.abs(untrained(0).embed(cells) - untrained(1).embed(cells)).max() > 1e-3


def test_the_order_of_two_cells_counts() -> None:
    chain = Graph(("input", "nor_conv_3x3", "output"), ((0, 1), (1, 2)))
    pool = Graph(("input", "avg_pool_3x3", "output"), ((0, 1), (1, 2)))
    encoder = untrained(n_cells=2)

    first, second = encoder.embed([Architecture.of(cells, "") for cells in ([chain, pool], [pool, chain])])

    assert first.shape == (10,)
    assert np.abs(first - second).max() > 1e-4


def test_a_point_that_decodes_to_no_cell_of_the_space_gives_none() -> None:
    # Weights drawn at random decode to graphs at random, of which hardly any begins with its input.
    points = np.random.default_rng(0).normal(size=(20, 10)).astype(np.float32)

    decoded = untrained().decode(points)

    assert len(decoded) == 20
    assert None in decoded


def test_decoded_architectures_are_written_in_the_notation_of_the_space(run: Run) -> None:
    rng = np.random.default_rng(0)
    points = run.trained.structural.embed(run.sample)
    points += rng.normal(scale=0.05, size=points.shape).astype(np.float32)

    found = [architecture for architecture in run.trained.encoder.decode(points) if architecture is not None]

    assert found
    assert all(SPACE.parse(architecture.notation).id == architecture.id for architecture in found)
