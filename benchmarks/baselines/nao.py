"""NAO and SemiNAS: the sequence encoder with a regression head, by reconstruction and labels together.

R. Luo et al., "Neural Architecture Optimization", NeurIPS 2018, and "Semi-Supervised Neural Architecture Search",
NeurIPS 2020. Sizes and settings are those of NASLib (C. White et al., "How Powerful are Performance Predictors in
Neural Architecture Search?", NeurIPS 2021), with which EmProx compares itself.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from app.domain.architecture import Architecture
from app.encoder.sequence_network import SequenceEncoderDecoder
from app.encoder.sequence_shape import SequenceShape
from app.encoder.sequence_tokens import TokenAlphabet, TokenArrays
from app.encoder.sequence_training import (
    BATCH,
    DROPOUT,
    TokenBatches,
    optimize,
    sequence_loss,
    shuffled_batches,
)
from app.spaces.space import SearchSpace
from benchmarks.baselines.baseline import FloatArray, Standardization, largest_cell

DIMENSION = 64
HEAD_WIDTH = 16
EPOCHS = 50
LABEL_SHARE = 0.8  # of the loss; the rest is reconstruction
UPSAMPLING = 10  # a label counts this often beside a pseudo-label
MIN_STEPS = 200  # 50 epochs of few labels are too few steps
MAX_STEPS = 700  # as many as 50 epochs of SemiNAS take with 121 labels; keeps a fit with 1,500 under a minute
_ROWS_AT_ONCE = 512


class NaoNetwork(nn.Module):
    """The encoder-decoder of a space with a head that reads a value off the embedding."""

    def __init__(self, shape: SequenceShape, n_tokens: int) -> None:
        super().__init__()
        self.sequence = SequenceEncoderDecoder(shape, n_tokens, DROPOUT)
        self.hidden = nn.Sequential(
            nn.Linear(shape.dimension, HEAD_WIDTH),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(HEAD_WIDTH, shape.dimension),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
        )
        self.value = nn.Linear(shape.dimension, 1)

    def head(self, embedding: Tensor) -> Tensor:
        """Shape (B,): the value expected at each embedding."""
        value: Tensor = self.value((embedding + self.hidden(embedding)) * sqrt(0.5))
        return value[:, 0]


class Nao:
    """NAO's predictor, trained on the labelled architectures alone.

    Args:
        epochs: passes over the labelled architectures, within MIN_STEPS and MAX_STEPS batches.
        min_steps: batches at least.
    """

    def __init__(self, space: SearchSpace, epochs: int = EPOCHS, min_steps: int = MIN_STEPS) -> None:
        self._space = space
        self._epochs = epochs
        self._min_steps = min_steps
        self._alphabet = TokenAlphabet.of(space.vocabulary, largest_cell(space))
        self._network: NaoNetwork | None = None
        self._scale = Standardization(0, 1)

    def fit(self, architectures: Sequence[Architecture], values: FloatArray, seed: int) -> None:
        """Train a new network."""
        self._scale = Standardization.of(values)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            shape = SequenceShape(DIMENSION, len(architectures[0].cells), self._alphabet.max_vertices)
            self._network = NaoNetwork(shape, self._alphabet.size)
            self._learn(self._network, architectures, self._scale.apply(values), seed)

    def predict(self, architectures: Sequence[Architecture]) -> FloatArray:
        """Shape (n,), in the metric's unit."""
        if self._network is None:
            raise RuntimeError("fit first")
        return self._scale.undo(self._standard(self._network, architectures))

    def _learn(
        self, network: NaoNetwork, architectures: Sequence[Architecture], standard: FloatArray, _seed: int
    ) -> None:
        self._train(network, architectures, standard)

    def _train(self, network: NaoNetwork, architectures: Sequence[Architecture], standard: FloatArray) -> None:
        batches = TokenBatches.of(TokenArrays.of(architectures, self._alphabet))
        target = torch.from_numpy(standard.astype(np.float32))

        def loss(rows: Tensor) -> Tensor:
            tokens, reversal, present = batches.select(rows)
            embedding, logits = network.sequence(tokens, reversal, present)
            error = functional.mse_loss(network.head(embedding), target[rows])
            return LABEL_SHARE * error + (1 - LABEL_SHARE) * sequence_loss(logits, tokens, present)

        network.train()
        steps = int(np.clip(self._epochs * -(-len(target) // BATCH), self._min_steps, MAX_STEPS))
        optimize(network.parameters(), loss, shuffled_batches(len(target), steps))
        network.eval()

    @torch.inference_mode()
    def _standard(self, network: NaoNetwork, architectures: Sequence[Architecture]) -> FloatArray:
        values = []
        for start in range(0, len(architectures), _ROWS_AT_ONCE):
            arrays = TokenArrays.of(architectures[start : start + _ROWS_AT_ONCE], self._alphabet)
            tensors = (torch.from_numpy(array) for array in (arrays.tokens, arrays.reversal, arrays.present))
            _, embedding = network.sequence.encoder(*tensors)
            values.append(network.head(embedding).numpy().astype(np.float64))
        return np.concatenate(values)


class SemiNas(Nao):
    """SemiNAS: NAO's predictor labels architectures drawn from the space, and trains on with these as well.

    Args:
        epochs: passes over the labelled architectures, and then over both, within MIN_STEPS and MAX_STEPS batches.
        min_steps: batches at least, of either.
        unlabelled: architectures drawn for each labelled one.
    """

    def __init__(
        self, space: SearchSpace, epochs: int = EPOCHS, min_steps: int = MIN_STEPS, unlabelled: int = 1
    ) -> None:
        super().__init__(space, epochs, min_steps)
        self._unlabelled = unlabelled

    def _learn(
        self, network: NaoNetwork, architectures: Sequence[Architecture], standard: FloatArray, seed: int
    ) -> None:
        self._train(network, architectures, standard)
        rng = np.random.default_rng(seed)
        drawn = [self._space.sample(rng) for _ in range(self._unlabelled * len(architectures))]
        both = [*architectures] * UPSAMPLING + drawn
        labels = np.concatenate([np.tile(standard, UPSAMPLING), self._standard(network, drawn)])
        self._train(network, both, labels)
