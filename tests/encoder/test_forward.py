import numpy as np
import pytest
import torch

from app.domain.architecture import Architecture
from app.domain.graph import Graph
from app.encoder.forward import DecoderForward, EncoderForward
from app.encoder.graph_arrays import GraphArrays, operation_names
from app.encoder.graph_encoder import GraphEncoder
from app.encoder.network import EncoderDecoder
from app.encoder.network_shape import NetworkShape

from .cells import NOTHING, SPACE

OPERATIONS = operation_names(SPACE.vocabulary)


def networks(shape: NetworkShape) -> EncoderDecoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return EncoderDecoder(shape, len(OPERATIONS))


@pytest.mark.parametrize("width", [64, 20, 3])
@pytest.mark.parametrize("n_cells", [1, 2])
def test_the_service_and_torch_embed_and_decode_alike(sample: list[Architecture], n_cells: int, width: int) -> None:
    shape = NetworkShape(dimension=20, n_cells=n_cells, max_vertices=8, width=width)
    trained = networks(shape)
    architectures = [SPACE.parse(NOTHING), *sample[:299]]
    graphs = GraphArrays.of(architectures, SPACE.vocabulary)

    with torch.inference_mode():
        embedding = trained.network(torch.from_numpy(graphs.operations), torch.from_numpy(graphs.adjacency))
        operations, edges = trained.decoder(embedding)
    forward = EncoderForward(trained.weights(), n_cells, shape.rounds, OPERATIONS)
    found = forward([cell for architecture in architectures for cell in architecture.cells])
    found_operations, found_edges = DecoderForward(trained.weights())(embedding.numpy())

    np.testing.assert_allclose(found, embedding.numpy(), atol=1e-5)
    np.testing.assert_allclose(found_operations, operations.numpy(), atol=1e-5)
    np.testing.assert_allclose(found_edges, edges.numpy(), atol=1e-5)
    assert found.dtype == found_operations.dtype == np.float32


def test_the_service_and_torch_embed_large_graphs_alike() -> None:
    rng, n = np.random.default_rng(0), 40
    shape = NetworkShape(dimension=20, n_cells=1, max_vertices=n)
    trained = networks(shape)
    graphs = [
        Graph(
            ("input", *rng.choice(SPACE.vocabulary.operations, n - 2).tolist(), "output"),
            tuple((u, v) for u in range(n) for v in range(u + 1, n) if v == u + 1 or rng.random() < density),
        )
        for density in (0.0, 0.1, 0.3)
    ]
    arrays = GraphArrays.of([Architecture("", (graph,), "") for graph in graphs], SPACE.vocabulary)

    with torch.inference_mode():
        expected = trained.network(torch.from_numpy(arrays.operations), torch.from_numpy(arrays.adjacency)).numpy()
    found = EncoderForward(trained.weights(), 1, shape.rounds, OPERATIONS)(graphs)

    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "damaged", "message"),
    [
        ("network.head.4.bias", np.zeros(19), r"'network\.head\.4\.bias' has shape \(19,\), not \(20,\)"),
        ("decoder.operation.bias", np.full(7, np.nan), r"'decoder\.operation\.bias' is not finite"),
        ("decoder.more", np.zeros(1), r"lack 'decoder\.more', or have it"),
    ],
)
def test_weights_that_do_not_fit_are_refused(name: str, damaged: np.ndarray, message: str) -> None:
    shape = NetworkShape(dimension=20, n_cells=1, max_vertices=8)
    weights = {**networks(shape).weights(), name: damaged.astype(np.float32)}

    with pytest.raises(ValueError, match=message):
        GraphEncoder(SPACE, shape, weights)


def test_a_missing_weight_is_refused() -> None:
    shape = NetworkShape(dimension=20, n_cells=1, max_vertices=8)
    weights = networks(shape).weights()
    del weights["network.read.bias"]

    with pytest.raises(ValueError, match=r"lack 'network\.read\.bias'"):
        GraphEncoder(SPACE, shape, weights)
