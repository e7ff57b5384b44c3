"""The trained networks of `network.py` in numpy, as the service runs them.

For one graph, torch spends its time on calls: numpy takes less than half of it (benchmarks/choices.py), and a server
that never imports torch starts sooner in less memory. A test holds both to the same numbers.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from app.encoder.network_shape import N_PATH_FEATURES

Float32Array = NDArray[np.float32]
Weights = Mapping[str, Float32Array]
"""Arrays by the names that torch gives them, such as "network.read.weight"."""

_EPSILON = np.float32(1e-5)  # of torch's LayerNorm
_HALF, _QUARTER = np.float32(0.5), np.float32(0.25)


class EncoderForward:
    """`EncoderNetwork` with given weights, in two steps; see there for what it computes.

    Args:
        n_operations: operation names, input and output included.
    """

    def __init__(self, weights: Weights, n_cells: int, rounds: int, n_operations: int) -> None:
        self._n_cells = n_cells
        self._n_operations = n_operations
        self._one_hot = np.eye(n_operations + 1, n_operations, dtype=np.float32)  # -1 takes the row of zeros
        self._read = _linear(weights, "network.read")
        width = len(self._read[1])
        self._average = np.full(width, 1 / width, dtype=np.float32)
        self._rounds = [_after_norm(weights, i) for i in range(rounds)]
        # One product for the straight way and the first layer of the head: both read what is pooled.
        both = [_linear(weights, name) for name in ("network.straight", "network.head.0")]
        self._from_pooled = tuple(np.concatenate(parts, axis=-1) for parts in zip(*both, strict=True))
        self._head = [_linear(weights, f"network.head.{i}") for i in (2, 4)]
        self.dimension = both[0][0].shape[1]
        self.pooled_width = 4 * width

    def pooled(self, operations: NDArray[np.int64], adjacency: Float32Array, cell: NDArray[np.int64]) -> Float32Array:
        """What the embedding is read from, of shape (B, pooled_width); operations and adjacency as in `GraphArrays`.

        Args:
            cell: shape (B,): which cell of its architecture each is.
        """
        n_graphs, n_vertices = operations.shape
        features = self._features(operations, adjacency, cell)
        weight, bias = self._read
        state = features.reshape(n_graphs * n_vertices, -1) @ weight
        state += bias
        _to_silu(state)
        width = state.shape[1]
        messages = _messages(adjacency)
        mixed = np.empty((len(state), 3 * width), dtype=np.float32)
        parts = mixed.reshape(n_graphs, 3 * n_vertices, width)
        received = np.empty_like(state)
        of_graphs = received.reshape(n_graphs, n_vertices, width)
        for weight, bias in self._rounds:
            np.matmul(_normalized(state, self._average), weight, out=mixed)
            mixed += bias
            np.matmul(messages, parts, out=of_graphs)
            _to_silu(received)
            state += received
        return _pool(state.reshape(of_graphs.shape), operations, self._n_operations - 1)

    def embedding(self, pooled: Float32Array) -> Float32Array:
        """Shape (n, dimension).

        Args:
            pooled: shape (n, n_cells * pooled_width).
        """
        weight, bias = self._from_pooled
        both = pooled @ weight
        both += bias
        straight, hidden = both[:, : self.dimension], both[:, self.dimension :]
        embedding = _perceptron(_silu(hidden), self._head)
        embedding += straight
        return embedding

    def _features(
        self, operations: NDArray[np.int64], adjacency: Float32Array, cell: NDArray[np.int64]
    ) -> Float32Array:
        n_paths = self._n_operations + N_PATH_FEATURES
        features = np.empty((*operations.shape, len(self._read[0])), dtype=np.float32)
        features[..., : self._n_operations] = self._one_hot[operations]
        is_output = features[..., self._n_operations - 1]
        features[..., self._n_operations : n_paths] = path_features(adjacency, is_output)
        if self._n_cells > 1:
            features[..., n_paths:] = np.eye(self._n_cells, dtype=np.float32)[cell][:, None]
        return features


class DecoderForward:
    """`DecoderNetwork` with given weights; see there for what it computes."""

    def __init__(self, weights: Weights) -> None:
        width = weights["decoder.place"].shape[1]
        self._read = [_linear(weights, f"decoder.read.{i}") for i in (0, 2)]
        first, bias = _linear(weights, "decoder.state.0")
        self._of_whole, self._of_place = first[:width], weights["decoder.place"] @ first[width:] + bias
        self._state = [_linear(weights, f"decoder.state.{i}") for i in (2, 4)]
        self._heads = [_linear(weights, f"decoder.{name}") for name in ("operation", "source", "target")]

    def __call__(self, embedding: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Logits of the operation at each place and of an edge between two places, for (B, dimension)."""
        whole = _perceptron(embedding, self._read) @ self._of_whole
        state = _perceptron(_silu(whole[:, None] + self._of_place), self._state)
        operations, sources, targets = (state @ weight + bias for weight, bias in self._heads)
        return operations, sources @ targets.transpose(0, 2, 1)


def path_features(adjacency: Float32Array, is_output: Float32Array) -> Float32Array:
    """Shape (B, V, N_PATH_FEATURES); see the function of the same name in `network.py`.

    Args:
        is_output: shape (B, V), 1 at the output.
    """
    in_degree, out_degree = adjacency.sum(axis=1), adjacency.sum(axis=2)
    # Three triangular systems: from the input on; and to the output, and to it in shares, with the vertices reversed.
    systems = np.empty((3, *adjacency.shape), dtype=np.float32)
    systems[0] = adjacency.transpose(0, 2, 1)
    backward = adjacency[:, ::-1, ::-1]
    systems[1] = backward
    np.divide(backward, np.maximum(in_degree, 1)[:, None, ::-1], out=systems[2])
    paths = np.zeros((3, *is_output.shape), dtype=np.float32)
    paths[0, :, 0] = 1
    paths[1:] = is_output[:, ::-1]
    for vertex in range(1, is_output.shape[1]):  # the first unknown of all systems, then the next
        paths[..., vertex] += np.vecdot(systems[..., vertex, :vertex], paths[..., :vertex])
    features = np.empty((*is_output.shape, N_PATH_FEATURES), dtype=np.float32)
    from_input, onward = paths[0], paths[1, :, ::-1]
    np.log1p(from_input, out=features[..., 0])
    np.log1p(onward, out=features[..., 1])
    np.log1p(from_input * onward, out=features[..., 2])
    features[..., 3] = paths[2, :, ::-1]
    np.multiply(in_degree, _QUARTER, out=features[..., 4])
    np.multiply(out_degree, _QUARTER, out=features[..., 5])
    return features


def _messages(adjacency: Float32Array) -> Float32Array:
    """Shape (B, V, 3 V): 1 where a vertex takes a part in: the first is its own, then that of one before, of one after.

    One product for what would be two products and two sums.
    """
    n_graphs, n_vertices, _ = adjacency.shape
    messages = np.empty((n_graphs, n_vertices, n_vertices, 3), dtype=np.float32)
    messages[..., 0] = np.eye(n_vertices, dtype=np.float32)
    messages[..., 1] = adjacency.transpose(0, 2, 1)
    messages[..., 2] = adjacency
    return messages.reshape(n_graphs, n_vertices, -1)


def _pool(state: Float32Array, operations: NDArray[np.int64], output: int) -> Float32Array:
    """Shape (B, 4 width): sum, maximum, input vertex and output vertex; `state`, of shape (B, V, width), is used up.

    Args:
        output: index of the output's operation.
    """
    n_graphs, _, width = state.shape
    pooled = np.empty((n_graphs, 4, width), dtype=np.float32)
    absent = operations < 0
    weight = np.where(absent, np.float32(0), _QUARTER)
    np.matmul(weight[:, None], state, out=pooled[:, :1])
    pooled[:, 2] = state[:, 0]
    pooled[:, 3] = state[operations == output]
    if absent.any():
        state[absent] = -1e9
    np.maximum.reduce(state, axis=1, out=pooled[:, 1])
    return pooled.reshape(n_graphs, -1)


def _linear(weights: Weights, name: str) -> tuple[Float32Array, Float32Array]:
    return np.ascontiguousarray(weights[f"{name}.weight"].T), weights[f"{name}.bias"]


def _perceptron(x: Float32Array, layers: list[tuple[Float32Array, Float32Array]]) -> Float32Array:
    for weight, bias in layers[:-1]:
        x = _silu(x @ weight + bias)
    weight, bias = layers[-1]
    return x @ weight + bias


def _silu(x: Float32Array) -> Float32Array:
    result = x.copy()
    _to_silu(result)
    return result


def _to_silu(x: Float32Array) -> None:
    """x / (1 + exp(-x)) in place of x, written so that nothing overflows."""
    x *= _HALF
    x += np.tanh(x) * x


def _after_norm(weights: Weights, i: int) -> tuple[Float32Array, Float32Array]:
    """The messages of a round, with scale and shift of the LayerNorm before them multiplied in."""
    scale, shift = weights[f"network.norms.{i}.weight"], weights[f"network.norms.{i}.bias"]
    weight, bias = _linear(weights, f"network.messages.{i}")
    return scale[:, None] * weight, shift @ weight + bias


def _normalized(x: Float32Array, average: Float32Array) -> Float32Array:
    """Each row of (N, width) with mean 0 and variance 1.

    Args:
        average: shape (width,), 1 / width each: a product with it is quicker than `mean`.
    """
    centered = x - (x @ average)[:, None]
    variance = np.vecdot(centered, centered)
    variance *= average[0]
    variance += _EPSILON
    centered /= np.sqrt(variance)[:, None]
    return centered
