import numpy as np
import torch

from app.domain.architecture import Architecture
from app.encoder.training import reconstruction_loss, train

from .cells import NOTHING, SPACE
from .conftest import Run


def test_the_same_seed_gives_the_same_weights(sample: list[Architecture]) -> None:
    first, again, other = (train(SPACE, sample[:30], seed=seed, steps=8).encoder.weights for seed in (1, 1, 2))

    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not all(np.array_equal(first[name], other[name]) for name in first)


def test_training_leaves_the_global_generator_alone(sample: list[Architecture]) -> None:
    before = torch.random.get_rng_state()

    train(SPACE, sample[:10], seed=1, steps=2)

    assert torch.equal(before, torch.random.get_rng_state())


def test_the_loss_falls(run: Run) -> None:
    assert len(run.losses) == 250
    assert run.losses[-1] < run.losses[0] / 100


def test_the_encoder_learns_the_structural_embedding(run: Run) -> None:
    wanted = run.trained.structural.embed(run.sample)

    error = ((run.trained.encoder.embed(run.sample) - wanted) ** 2).sum(axis=1).mean()

    assert error < 0.01 * wanted.var(axis=0).sum()
    assert set(run.trained.losses.embedding) == {scaling.name for scaling in run.trained.structural.scalings}
    assert max(run.trained.losses.embedding.values()) < 0.01


def test_the_decoder_gives_back_what_was_learned_by_heart(run: Run) -> None:
    decoded = run.trained.encoder.decode(run.trained.structural.embed(run.sample))

    assert [found.id if found else None for found in decoded] == [architecture.id for architecture in run.sample]
    assert run.trained.losses.reconstructed == 1


def test_isomorphic_cells_count_once(run: Run, sample: list[Architecture]) -> None:
    n_distinct = len({architecture.id for architecture in run.sample})

    assert run.trained.n_architectures == n_distinct < len(run.sample)


def test_progress_is_told_after_each_step(sample: list[Architecture]) -> None:
    told: list[tuple[int, float]] = []

    train(SPACE, sample[:10], seed=0, steps=3, progress=lambda step, loss: told.append((step, loss)))

    assert [step for step, _ in told] == [1, 2, 3]
    assert all(np.isfinite(loss) and loss > 0 for _, loss in told)


def test_cells_that_differ_in_little_train_as_well() -> None:
    # Between these two, hardly any block varies.
    chains = [
        SPACE.parse(NOTHING.replace("+|none~0|none~1|none~2", f"+|{op}~0|none~1|none~2"))
        for op in ("skip_connect", "avg_pool_3x3")
    ]

    losses = train(SPACE, chains, seed=0, steps=3).losses

    assert all(np.isfinite(share) for share in losses.embedding.values())


def test_a_sure_and_right_decoder_loses_nothing() -> None:
    # One architecture of input -> output, padded to three places; operations: input 0, output 1, no vertex 2.
    operations = torch.tensor([[0, 1, -1]])
    adjacency = torch.zeros(1, 3, 3)
    adjacency[0, 0, 1] = 1
    sure = 50 * torch.nn.functional.one_hot(torch.tensor([[0, 1, 2]])).float()
    edges = torch.where(adjacency == 1, 50.0, -50.0)

    right = reconstruction_loss((sure, edges), operations, adjacency, n_cells=1)
    wrong_edge = reconstruction_loss((sure, -edges), operations, adjacency, n_cells=1)
    wrong_vertex = reconstruction_loss((sure.flip(1), edges), operations, adjacency, n_cells=1)

    assert right < 1e-6
    # Three pairs of places point forward; two of three places are flipped.
    assert wrong_edge.item() == 3 * 50
    assert wrong_vertex.item() == 2 * 50


def test_edges_between_cells_do_not_count() -> None:
    # Two cells of two places each: whatever the decoder says of an edge from the one to the other is left out.
    operations = torch.tensor([[0, 1], [0, 1]])
    adjacency = torch.zeros(2, 2, 2)
    sure = 50 * torch.nn.functional.one_hot(torch.tensor([[0, 1, 0, 1]]), 3).float()
    edges = torch.full((1, 4, 4), 50.0)
    edges[0, :2, :2] = edges[0, 2:, 2:] = -50

    assert reconstruction_loss((sure, edges), operations, adjacency, n_cells=2) < 1e-6


def test_the_shape_follows_from_the_sample(run: Run) -> None:
    shape = run.trained.encoder.shape

    assert shape.n_cells == 1
    assert shape.dimension == run.trained.structural.dimension
    assert shape.max_vertices == max(len(architecture.cells[0].operations) for architecture in run.sample)
