import numpy as np
import pytest
import torch

from app.domain.architecture import Architecture
from app.encoder.sequence_training import (
    BATCH,
    TrainedSequence,
    sequence_loss,
    shuffled_batches,
    train_sequence,
)

from .cells import SPACE


@pytest.fixture(scope="module")
def losses() -> list[float]:
    return []


@pytest.fixture(scope="module")
def trained(sample: list[Architecture], losses: list[float]) -> TrainedSequence:
    """Thirty cells learned by heart."""
    return train_sequence(
        SPACE, sample[:30], dimension=32, seed=0, steps=700, progress=lambda _step, loss: losses.append(loss)
    )


def test_the_loss_falls(trained: TrainedSequence, losses: list[float]) -> None:
    assert len(losses) == 700
    assert losses[-1] < losses[0] / 10


def test_the_decoder_gives_back_what_was_learned_by_heart(trained: TrainedSequence, sample: list[Architecture]) -> None:
    decoded = trained.encoder.decode(trained.encoder.outputs(sample[:30]))

    exact = [found is not None and found.id == wanted.id for found, wanted in zip(decoded, sample[:30], strict=True)]
    assert np.mean(exact) > 0.9
    assert trained.reconstructed > 0.9


def test_decoded_architectures_are_written_in_the_notation_of_the_space(
    trained: TrainedSequence, sample: list[Architecture]
) -> None:
    decoded = trained.encoder.decode(trained.encoder.outputs(sample[30:100]))

    found = [architecture for architecture in decoded if architecture is not None]
    assert found
    assert all(SPACE.parse(architecture.notation).id == architecture.id for architecture in found)


def test_the_shape_follows_from_the_sample(trained: TrainedSequence, sample: list[Architecture]) -> None:
    shape = trained.encoder.shape

    assert (shape.dimension, shape.n_cells) == (32, 1)
    assert shape.max_vertices == max(len(architecture.cells[0].operations) for architecture in sample[:30])


def test_isomorphic_cells_count_once(sample: list[Architecture]) -> None:
    cells = [sample[0], sample[1], sample[0]]

    assert train_sequence(SPACE, cells, dimension=4, seed=0, steps=1).n_architectures == 2


def test_the_same_seed_gives_the_same_weights(sample: list[Architecture]) -> None:
    first, again, other = (
        train_sequence(SPACE, sample[:30], dimension=8, seed=seed, steps=3).encoder.weights for seed in (1, 1, 2)
    )

    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not all(np.array_equal(first[name], other[name]) for name in first)


def test_training_leaves_the_global_generator_alone(sample: list[Architecture]) -> None:
    before = torch.random.get_rng_state()

    train_sequence(SPACE, sample[:10], dimension=4, seed=1, steps=2)

    assert torch.equal(before, torch.random.get_rng_state())


def test_progress_is_told_after_each_step(sample: list[Architecture]) -> None:
    told: list[tuple[int, float]] = []

    train_sequence(
        SPACE, sample[:10], dimension=4, seed=0, steps=3, progress=lambda step, loss: told.append((step, loss))
    )

    assert [step for step, _ in told] == [1, 2, 3]
    assert all(np.isfinite(loss) and loss > 0 for _, loss in told)


def test_an_epoch_holds_each_row_once() -> None:
    first, second, third = shuffled_batches(BATCH + 20, steps=3)

    assert sorted(torch.cat([first, second]).tolist()) == list(range(BATCH + 20))
    assert [len(first), len(second), len(third)] == [BATCH, 20, BATCH]


def test_padding_costs_nothing() -> None:
    # Two sequences, of three tokens and of one; the logits are sure of token 1 everywhere.
    tokens = torch.tensor([[1, 1, 1], [1, 0, 0]])
    present = torch.tensor([[1.0, 1, 1], [1, 0, 0]])
    logits = torch.zeros(2, 3, 2)
    logits[..., 1] = 50

    right = sequence_loss(logits, tokens, present)
    one_of_four_wrong = sequence_loss(logits, torch.tensor([[1, 0, 1], [1, 0, 0]]), present)

    assert right < 1e-6
    assert one_of_four_wrong.item() == pytest.approx(50 / 4)
