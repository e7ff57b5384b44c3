"""Training the graph encoder-decoder of a space, from unlabelled architectures alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from app.domain.architecture import Architecture
from app.encoder.graph_arrays import GraphArrays, operation_names
from app.encoder.graph_encoder import GraphEncoder
from app.encoder.network import EncoderDecoder
from app.encoder.network_shape import NetworkShape
from app.encoder.structural import StructuralEmbedding
from app.spaces.space import SearchSpace

BATCH = 256
STEPS, STEPS_OF_SIZE, FEWEST_STEPS = 3_500, 16, 800  # up to 16 vertices; larger graphs take longer
LEARNING_RATE = 3e-3
DECODER_NOISE = 0.02  # of a block's total deviation: points between architectures should decode as well


@dataclass(frozen=True, slots=True)
class Losses:
    """How well training went, on the architectures trained on.

    Args:
        embedding: mean squared error per block, as a share of the block's variance.
        reconstructed: share of the architectures that the decoder gives back exactly.
    """

    embedding: dict[str, float]
    reconstructed: float


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gives."""

    encoder: GraphEncoder
    structural: StructuralEmbedding
    losses: Losses
    n_architectures: int


def steps_for(sample: Sequence[Architecture]) -> int:
    """Optimization steps that are worth their time: fewer for large graphs, whose steps take longer."""
    size = max(sum(len(cell.operations) for cell in architecture.cells) for architecture in sample)
    return max(FEWEST_STEPS, round(STEPS * min(1, STEPS_OF_SIZE / size)))


def train(
    space: SearchSpace,
    sample: Sequence[Architecture],
    *,
    seed: int,
    steps: int,
    progress: Callable[[int, float], None] = lambda _step, _loss: None,
) -> Trained:
    """Train on an unlabelled sample of the space; the same seed and sample give the same weights on one machine.

    Args:
        sample: isomorphic architectures count once.
        progress: called after each step with its number, from 1, and its loss.
    """
    distinct = list({architecture.id: architecture for architecture in sample}.values())
    structural = StructuralEmbedding.fit(space, sample)
    target = torch.from_numpy(structural.embed(distinct))
    graphs = GraphArrays.of(distinct, space.vocabulary)
    shape = NetworkShape(structural.dimension, len(distinct[0].cells), graphs.operations.shape[1])
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        networks = EncoderDecoder(shape, len(operation_names(space.vocabulary)))
        _optimize(networks, graphs, target, steps, progress)
    encoder = GraphEncoder(space, shape, networks.weights())
    losses = _losses(encoder, structural, distinct, target)
    return Trained(encoder, structural, losses, len(distinct))


def _optimize(
    networks: EncoderDecoder, graphs: GraphArrays, target: Tensor, steps: int, progress: Callable[[int, float], None]
) -> None:
    parameters = list(networks.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=1e-4, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.1)
    n_cells = networks.network.n_cells
    batches = GraphBatches(torch.from_numpy(graphs.operations), torch.from_numpy(graphs.adjacency), n_cells)
    deviation = target.std(dim=0, correction=0)
    for step in range(1, steps + 1):
        chosen = torch.randint(len(target), (BATCH,))
        operations, adjacency = batches.select(chosen)
        embedding = networks.network(operations, adjacency)
        fit = (embedding - target[chosen]).square().sum(dim=1).mean()
        # The embedding has its target; the decoder reads it and does not pull at it.
        blurred = target[chosen] + DECODER_NOISE * deviation * torch.randn_like(target[chosen])
        loss = fit + reconstruction_loss(networks.decoder(blurred), operations, adjacency, n_cells)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        progress(step, float(loss.detach()))


@dataclass(frozen=True, slots=True)
class GraphBatches:
    """Selects whole architectures from tensors of cells, shaped as in `GraphArrays`."""

    operations: Tensor
    adjacency: Tensor
    n_cells: int

    def select(self, architectures: Tensor) -> tuple[Tensor, Tensor]:
        """Operations and adjacency of the cells of these architectures."""
        cells = (architectures[:, None] * self.n_cells + torch.arange(self.n_cells)).flatten()
        return self.operations[cells], self.adjacency[cells]


def reconstruction_loss(logits: tuple[Tensor, Tensor], operations: Tensor, adjacency: Tensor, n_cells: int) -> Tensor:
    """Cross-entropy of operations and of edges, each summed over an architecture and averaged over the batch."""
    operation_logits, edge_logits = logits
    n_architectures = len(operations) // n_cells
    n_vertices = operations.shape[1]
    no_vertex = operation_logits.shape[-1] - 1
    wanted = torch.where(operations < 0, no_vertex, operations).reshape(n_architectures, -1)
    operation_loss = functional.cross_entropy(operation_logits.flatten(0, 1), wanted.flatten(), reduction="sum")
    edge_loss = torch.zeros(())
    for cell in range(n_cells):
        span = slice(cell * n_vertices, (cell + 1) * n_vertices)
        upper = torch.ones(n_vertices, n_vertices).triu(1)
        loss = functional.binary_cross_entropy_with_logits(
            edge_logits[:, span, span], adjacency[cell::n_cells], reduction="none"
        )
        edge_loss = edge_loss + (loss * upper).sum()
    return (operation_loss + edge_loss) / n_architectures


def _losses(
    encoder: GraphEncoder, structural: StructuralEmbedding, architectures: Sequence[Architecture], target: Tensor
) -> Losses:
    embedding = encoder.embed(architectures)
    wanted = target.numpy()
    error = ((embedding - wanted) ** 2).mean(axis=0)
    variance = wanted.var(axis=0)
    block, n_blocks = structural.block_of_column, len(structural.scalings)
    variances = np.bincount(block, variance, n_blocks)
    # A block that is constant over the sample has no variance to be a share of.
    shares = np.bincount(block, error, n_blocks) / np.where(variances > 0, variances, 1)
    decoded = encoder.decode(embedding)
    exact = sum(
        found is not None and found.id == wanted.id for found, wanted in zip(decoded, architectures, strict=True)
    )
    names = [scaling.name for scaling in structural.scalings]
    return Losses(
        {name: round(float(share), 6) for name, share in zip(names, shares, strict=True)},
        round(exact / len(architectures), 6),
    )
