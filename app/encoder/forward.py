"""The trained networks of `network.py` in numpy, as the service runs them.

For one graph, torch spends its time on calls: numpy takes less than half of it (benchmarks/choices.py), and a server
that never imports torch starts sooner in less memory. A test holds both to the same numbers.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Weights = Mapping[str, Float32Array]
"""Arrays by the names that torch gives them, such as "network.read.weight"."""

_EPSILON = np.float32(1e-5)  # of torch's LayerNorm
_HALF = np.float32(0.5)


class EncoderForward:
    """`EncoderNetwork` with given weights; see there for what it computes."""

    def __init__(self, weights: Weights, n_cells: int, rounds: int, n_operations: int) -> None:
        self._n_cells = n_cells
        self._one_hot = np.eye(n_operations + 1, n_operations, dtype=np.float32)  # -1 takes the row of zeros
        self._read = _linear(weights, "network.read")
        self._rounds = [_after_norm(weights, i) for i in range(rounds)]
        self._straight = _linear(weights, "network.straight")
        self._head = [_linear(weights, f"network.head.{i}") for i in (0, 2, 4)]

    def __call__(self, operations: NDArray[np.int64], adjacency: Float32Array) -> Float32Array:
        """Shape (B / n_cells, dimension); arguments as in `GraphArrays`."""
        n_graphs, n_vertices = operations.shape
        one_hot = self._one_hot[operations]
        features = [one_hot, path_features(adjacency, one_hot[..., -1:])]
        if self._n_cells > 1:
            cell = np.tile(np.eye(self._n_cells, dtype=np.float32), (n_graphs // self._n_cells, 1))
            features.append(np.broadcast_to(cell[:, None], (n_graphs, n_vertices, self._n_cells)))
        weight, bias = self._read
        state = _silu(np.concatenate(features, axis=2) @ weight + bias)
        transposed = adjacency.transpose(0, 2, 1)
        width = state.shape[2]
        for weight, bias in self._rounds:
            normal = _normalized(state).reshape(-1, width)
            mixed = (normal @ weight + bias).reshape(n_graphs, n_vertices, -1)
            message = transposed @ mixed[..., width : 2 * width]
            message += adjacency @ mixed[..., 2 * width :]
            message += mixed[..., :width]
            state += _silu(message)
        pooled = _pool(state, operations, one_hot).reshape(n_graphs // self._n_cells, -1)
        weight, bias = self._straight
        straight = pooled @ weight + bias
        return _perceptron(pooled, self._head) + straight


class DecoderForward:
    """`DecoderNetwork` with given weights; see there for what it computes."""

    def __init__(self, weights: Weights) -> None:
        self._place = weights["decoder.place"]
        self._read = [_linear(weights, f"decoder.read.{i}") for i in (0, 2)]
        self._state = [_linear(weights, f"decoder.state.{i}") for i in (0, 2, 4)]
        self._heads = [_linear(weights, f"decoder.{name}") for name in ("operation", "source", "target")]

    def __call__(self, embedding: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Logits of the operation at each place and of an edge between two places, for (B, dimension)."""
        shape = (len(embedding), *self._place.shape)
        whole = np.broadcast_to(_perceptron(embedding, self._read)[:, None], shape)
        state = _perceptron(np.concatenate([whole, np.broadcast_to(self._place, shape)], axis=2), self._state)
        operations, sources, targets = (state @ weight + bias for weight, bias in self._heads)
        return operations, sources @ targets.transpose(0, 2, 1)


def path_features(adjacency: Float32Array, is_output: Float32Array) -> Float32Array:
    """Shape (B, V, N_PATH_FEATURES); see the function of the same name in `network.py`.

    Args:
        is_output: shape (B, V, 1), 1 at the output.
    """
    n_graphs, n_vertices, _ = adjacency.shape
    identity = np.eye(n_vertices, dtype=np.float32)
    in_degree = adjacency.sum(axis=1)[..., None]
    out_degree = adjacency.sum(axis=2)[..., None]
    shared = adjacency / np.maximum(in_degree, 1).transpose(0, 2, 1)
    # One call for three triangular systems: from the input on, to the output, and to it in shares.
    systems = identity - np.concatenate([adjacency.transpose(0, 2, 1), adjacency, shared])
    ends = np.zeros((3 * n_graphs, n_vertices, 1), dtype=np.float32)
    ends[:n_graphs, 0] = 1
    ends[n_graphs : 2 * n_graphs] = ends[2 * n_graphs :] = is_output
    solved = np.linalg.solve(systems, ends)
    from_input, onward, share = solved[:n_graphs], solved[n_graphs : 2 * n_graphs], solved[2 * n_graphs :]
    quarter = np.float32(0.25)
    paths = np.log1p(np.concatenate([from_input, onward, from_input * onward], axis=2))
    return np.concatenate([paths, share, in_degree * quarter, out_degree * quarter], axis=2)


def _pool(state: Float32Array, operations: NDArray[np.int64], one_hot: Float32Array) -> Float32Array:
    present = filled = state
    if operations.min() < 0:
        absent = (operations < 0)[..., None]
        present, filled = np.where(absent, np.float32(0), state), np.where(absent, np.float32(-1e9), state)
    total = np.add.reduce(present, axis=1) * np.float32(0.25)
    output = state[np.arange(len(state)), one_hot[..., -1].argmax(axis=1)]
    return np.concatenate([total, np.maximum.reduce(filled, axis=1), state[:, 0], output], axis=1)


def _linear(weights: Weights, name: str) -> tuple[Float32Array, Float32Array]:
    return np.ascontiguousarray(weights[f"{name}.weight"].T), weights[f"{name}.bias"]


def _perceptron(x: Float32Array, layers: list[tuple[Float32Array, Float32Array]]) -> Float32Array:
    for weight, bias in layers[:-1]:
        x = _silu(x @ weight + bias)
    weight, bias = layers[-1]
    return x @ weight + bias


def _silu(x: Float32Array) -> Float32Array:
    """x / (1 + exp(-x)), written so that nothing overflows."""
    half = x * _HALF
    result: Float32Array = np.tanh(half)
    result *= half
    result += half
    return result


def _after_norm(weights: Weights, i: int) -> tuple[Float32Array, Float32Array]:
    """The messages of a round, with scale and shift of the LayerNorm before them multiplied in."""
    scale, shift = weights[f"network.norms.{i}.weight"], weights[f"network.norms.{i}.bias"]
    weight, bias = _linear(weights, f"network.messages.{i}")
    return scale[:, None] * weight, shift @ weight + bias


def _normalized(x: Float32Array) -> Float32Array:
    """Each vertex's state with mean 0 and variance 1."""
    share = np.float32(1 / x.shape[2])
    total: Float32Array = np.add.reduce(x, axis=2, keepdims=True)  # `mean` takes twice as long
    centered = x - total * share
    squares: Float32Array = np.einsum("bvw,bvw->bv", centered, centered)[..., None]
    centered /= np.sqrt(squares * share + _EPSILON)
    return centered
