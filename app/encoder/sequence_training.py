"""Training the paper's sequence encoder-decoder by reconstruction alone.

Franken, Singh & Vanschoren (PMLR 191, 2022), section 3; what the paper leaves open is as in their code, which
follows NASLib's SemiNAS.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from app.domain.architecture import Architecture
from app.encoder.sequence_encoder import SequenceEncoder
from app.encoder.sequence_network import SequenceEncoderDecoder
from app.encoder.sequence_shape import SequenceShape
from app.encoder.sequence_tokens import TokenAlphabet, TokenArrays
from app.spaces.space import SearchSpace

BATCH = 100
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-4
DROPOUT = 0.1
MAX_GRADIENT = 5.0

Progress = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class TrainedSequence:
    """What training gives.

    Args:
        reconstructed: share of the architectures trained on that the decoder gives back exactly.
    """

    encoder: SequenceEncoder
    reconstructed: float
    n_architectures: int


def train_sequence(
    space: SearchSpace,
    sample: Sequence[Architecture],
    *,
    dimension: int,
    seed: int,
    steps: int,
    max_vertices: int | None = None,
    progress: Progress = lambda _step, _loss: None,
) -> TrainedSequence:
    """Train on a sample of the space; the same seed and sample give the same weights on one machine.

    Args:
        sample: isomorphic architectures count once.
        dimension: columns of the embedding.
        max_vertices: of the largest cell that is to be read exactly; by default the sample's largest.
        progress: called after each step with its number, from 1, and its loss.
    """
    distinct = list({architecture.id: architecture for architecture in sample}.values())
    largest = max(len(cell.operations) for architecture in distinct for cell in architecture.cells)
    shape = SequenceShape(dimension, len(distinct[0].cells), max_vertices or largest)
    alphabet = TokenAlphabet.of(space.vocabulary, shape.max_vertices)
    batches = TokenBatches.of(TokenArrays.of(distinct, alphabet))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        networks = SequenceEncoderDecoder(shape, alphabet.size, DROPOUT)

        def loss(rows: Tensor) -> Tensor:
            tokens, reversal, present = batches.select(rows)
            _, logits = networks(tokens, reversal, present)
            return sequence_loss(logits, tokens, present)

        optimize(networks.parameters(), loss, shuffled_batches(len(distinct), steps), progress)
    encoder = SequenceEncoder(space, shape, networks.weights())
    decoded = encoder.decode(encoder.outputs(distinct))
    exact = sum(found is not None and found.id == wanted.id for found, wanted in zip(decoded, distinct, strict=True))
    return TrainedSequence(encoder, exact / len(distinct), len(distinct))


@dataclass(frozen=True, slots=True)
class TokenBatches:
    """Selects architectures from tensors shaped as in `TokenArrays`."""

    tokens: Tensor
    reversal: Tensor
    present: Tensor

    @classmethod
    def of(cls, arrays: TokenArrays) -> "TokenBatches":
        """The same arrays as tensors."""
        return cls(*(torch.from_numpy(array) for array in (arrays.tokens, arrays.reversal, arrays.present)))

    def select(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens, reversal and presence of these architectures, no longer than the longest of them."""
        present = self.present[rows]
        length = int(present.sum(dim=1).max())
        return self.tokens[rows, :length], self.reversal[rows, :length], present[:, :length]


def sequence_loss(logits: Tensor, tokens: Tensor, present: Tensor) -> Tensor:
    """Cross-entropy of a token, averaged over all tokens of the batch.

    Args:
        logits: shape (B, T, n_tokens).
        tokens, present: shape (B, T).
    """
    losses = functional.cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="none")
    return (losses * present.flatten()).sum() / present.sum()


def shuffled_batches(n: int, steps: int) -> Iterator[Tensor]:
    """So many batches of at most BATCH of n rows: each row once in an epoch, in an order drawn anew."""
    done = 0
    while done < steps:
        order = torch.randperm(n)
        for start in range(0, min(n, (steps - done) * BATCH), BATCH):
            yield order[start : start + BATCH]
            done += 1


def optimize(
    parameters: Iterable[nn.Parameter],
    loss_of: Callable[[Tensor], Tensor],
    batches: Iterable[Tensor],
    progress: Progress = lambda _step, _loss: None,
) -> None:
    """One step of Adam along the loss of each batch of rows."""
    parameters = list(parameters)
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    for step, rows in enumerate(batches, start=1):
        loss = loss_of(rows)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT)
        optimizer.step()
        progress(step, float(loss.detach()))
