import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.architecture import Architecture
from app.domain.graph import Graph
from app.encoder.sequence_encoder import SequenceEncoder, SequenceOutputs
from app.encoder.sequence_network import SequenceEncoderDecoder
from app.encoder.sequence_shape import SequenceShape
from app.encoder.sequence_tokens import START, TokenAlphabet, TokenArrays

from .cells import NOTHING, SPACE, architectures

SHAPE = SequenceShape(dimension=12, n_cells=1, max_vertices=8)
ALPHABET = TokenAlphabet.of(SPACE.vocabulary, SHAPE.max_vertices)


def networks(seed: int = 0, shape: SequenceShape = SHAPE) -> SequenceEncoderDecoder:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return SequenceEncoderDecoder(shape, ALPHABET.size, dropout=0.1).eval()


ENCODER = SequenceEncoder(SPACE, SHAPE, networks().weights())


def test_numpy_and_torch_embed_alike(sample: list[Architecture]) -> None:
    cells = [SPACE.parse(NOTHING), *sample[:99]]
    arrays = TokenArrays.of(cells, ALPHABET)

    with torch.inference_mode():
        tensors = (torch.from_numpy(array) for array in (arrays.tokens, arrays.reversal, arrays.present))
        vectors, embedding = networks().encoder(*tensors)

    np.testing.assert_allclose(ENCODER.embed(cells), embedding.numpy(), atol=1e-5)
    np.testing.assert_allclose(ENCODER.outputs(cells).vectors, vectors.numpy(), atol=1e-5)
    assert ENCODER.embed(cells).dtype == np.float32


def test_numpy_and_torch_decode_the_same_tokens(sample: list[Architecture]) -> None:
    arrays = TokenArrays.of(sample[:50], ALPHABET)
    trained = networks()
    tokens = torch.full((50, 1), START)

    with torch.inference_mode():
        present = torch.from_numpy(arrays.present)
        vectors, embedding = trained.encoder(
            torch.from_numpy(arrays.tokens), torch.from_numpy(arrays.reversal), present
        )
        for _ in range(12):
            logits = trained.decoder(tokens, embedding, vectors, present)
            tokens = torch.cat([tokens, logits[:, -1:].argmax(dim=-1)], dim=1)
    found = ENCODER._decode(vectors.numpy(), arrays.present, 12)

    np.testing.assert_array_equal(found, tokens[:, 1:].numpy())


def test_embeddings_have_unit_norm(sample: list[Architecture]) -> None:
    norms = np.linalg.norm(ENCODER.embed(sample[:50]), axis=1)

    np.testing.assert_allclose(norms, 1, atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(batch=st.lists(architectures, min_size=1, max_size=10))
def test_one_at_a_time_equals_a_batch_whatever_the_padding(batch: list[Architecture]) -> None:
    together = ENCODER.embed([*batch, SPACE.parse(NOTHING)])

    for row, architecture in zip(together, batch, strict=False):
        np.testing.assert_allclose(row, ENCODER.embed([architecture])[0], atol=1e-6)


def test_notations_of_one_network_embed_alike() -> None:
    a = SPACE.parse("|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|none~0|avg_pool_3x3~1|skip_connect~2|")
    b = SPACE.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|skip_connect~1|avg_pool_3x3~2|")

    np.testing.assert_array_equal(ENCODER.embed([a]), ENCODER.embed([b]))


def test_different_weights_give_different_embeddings(sample: list[Architecture]) -> None:
    other = SequenceEncoder(SPACE, SHAPE, networks(seed=1).weights())

    assert np.abs(ENCODER.embed(sample[:1]) - other.embed(sample[:1])).max() > 1e-3


def test_the_order_of_two_cells_counts() -> None:
    chain = Graph(("input", "nor_conv_3x3", "output"), ((0, 1), (1, 2)))
    pool = Graph(("input", "avg_pool_3x3", "output"), ((0, 1), (1, 2)))
    shape = SequenceShape(dimension=12, n_cells=2, max_vertices=8)
    encoder = SequenceEncoder(SPACE, shape, networks(shape=shape).weights())

    first, second = encoder.embed([Architecture.of(cells, "") for cells in ([chain, pool], [pool, chain])])

    assert np.abs(first - second).max() > 1e-4


def test_a_cell_larger_than_any_in_training_still_embeds(sample: list[Architecture]) -> None:
    small = SequenceShape(dimension=12, n_cells=1, max_vertices=4)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        weights = SequenceEncoderDecoder(small, TokenAlphabet.of(SPACE.vocabulary, 4).size, dropout=0).weights()
    largest = max(sample, key=lambda architecture: len(architecture.cells[0].operations))

    embedding = SequenceEncoder(SPACE, small, weights).embed([largest])

    assert len(largest.cells[0].operations) > 4
    np.testing.assert_allclose(np.linalg.norm(embedding), 1, atol=1e-6)


def test_outputs_that_decode_to_no_cell_of_the_space_give_none() -> None:
    # Weights drawn at random hardly ever write a sentence.
    vectors = np.random.default_rng(0).normal(size=(20, 10, 12)).astype(np.float32)

    decoded = ENCODER.decode(SequenceOutputs(vectors, np.ones((20, 10), dtype=np.float32)))

    assert len(decoded) == 20
    assert None in decoded


@pytest.mark.parametrize(
    ("name", "damaged", "message"),
    [
        ("sequence.decoder.out.bias", np.zeros(12), r"'sequence\.decoder\.out\.bias' has shape \(12,\), not \(13,\)"),
        ("sequence.encoder.project.bias", np.full(12, np.nan), r"'sequence\.encoder\.project\.bias' is not finite"),
        ("sequence.more", np.zeros(1), r"lack 'sequence\.more', or have it"),
    ],
)
def test_weights_that_do_not_fit_are_refused(name: str, damaged: np.ndarray, message: str) -> None:
    weights = {**networks().weights(), name: damaged.astype(np.float32)}

    with pytest.raises(ValueError, match=message):
        SequenceEncoder(SPACE, SHAPE, weights)


def test_a_missing_weight_is_refused() -> None:
    weights = networks().weights()
    del weights["sequence.encoder.back.bias_hh_l0"]

    with pytest.raises(ValueError, match=r"lack 'sequence\.encoder\.back\.bias_hh_l0'"):
        SequenceEncoder(SPACE, SHAPE, weights)
