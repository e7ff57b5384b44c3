"""EmProx as published: Franken, Singh & Vanschoren (PMLR 191, 2022)."""

from collections.abc import Sequence

import numpy as np

from app.domain.architecture import Architecture
from app.encoder.sequence_encoder import SequenceEncoder
from app.encoder.sequence_training import BATCH, train_sequence
from app.proximity.kernel import squared_distances
from app.proximity.weighting import inverse_distance_weights
from app.spaces.space import SearchSpace
from benchmarks.baselines.baseline import FloatArray, largest_cell

DIMENSION = 32  # with 50 epochs: as in the authors' experiments
EPOCHS = 50


class EmproxPaper:
    """The mean of the k nearest labelled architectures, weighted by 1 / distance between sequence embeddings.

    The encoder learns to reconstruct the labelled architectures alone, anew at each fit. Unlike in the authors' code,
    each of these is a neighbor once, as the trained encoder sees it, and not once per epoch.

    Args:
        k: neighbors; the paper has 10 and 60.
        epochs: passes over the labelled architectures.
    """

    def __init__(self, space: SearchSpace, k: int, epochs: int = EPOCHS) -> None:
        self._space = space
        self._k = k
        self._epochs = epochs
        self._max_vertices = largest_cell(space)
        self._encoder: SequenceEncoder | None = None
        self._points = np.empty((0, DIMENSION))
        self._values = np.empty(0)

    def fit(self, architectures: Sequence[Architecture], values: FloatArray, seed: int) -> None:
        """Train the encoder and embed the labelled architectures."""
        self._encoder = train_sequence(
            self._space,
            architectures,
            dimension=DIMENSION,
            seed=seed,
            steps=self._epochs * -(-len(architectures) // BATCH),
            max_vertices=self._max_vertices,
        ).encoder
        self._points = self._encoder.embed(architectures).astype(np.float64)
        self._values = np.asarray(values, dtype=np.float64)

    def predict(self, architectures: Sequence[Architecture]) -> FloatArray:
        """Shape (n,), in the metric's unit."""
        if self._encoder is None:
            raise RuntimeError("fit first")
        candidates = self._encoder.embed(architectures).astype(np.float64)
        distances = np.sqrt(squared_distances(candidates, self._points))
        nearest = np.argsort(distances, axis=1, kind="stable")[:, : self._k]
        weights = inverse_distance_weights(np.take_along_axis(distances, nearest, axis=1))
        return np.asarray((weights * self._values[nearest]).sum(axis=1), dtype=np.float64)
