"""The trained networks of `network.py` as the service runs them, which never imports torch.

For one graph, torch spends its time on calls, and so does numpy: the encoder is compiled (`app.compiled`;
benchmarks/choices.py compares it with torch). The decoder, which suggestions alone need, is in numpy. A test holds both
to torch's numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from app.compiled import kernels
from app.domain.graph import Graph

Float32Array = NDArray[np.float32]
Weights = Mapping[str, Float32Array]
"""Arrays by the names that torch gives them, such as "network.read.weight"."""

_HALF = np.float32(0.5)


class EncoderForward:
    """`EncoderNetwork` with given weights; see there for what it computes. Safe to call from any thread.

    The embedding of an architecture is the same to the bit, whatever others it is embedded with.

    Args:
        operations: names in the order of their index, input and output included.
    """

    def __init__(self, weights: Weights, n_cells: int, rounds: int, operations: Sequence[str]) -> None:
        self._index = {name: i for i, name in enumerate(operations)}
        self._network = kernels.MessagePassing(
            len(operations),
            n_cells,
            _linear(weights, "network.read"),
            [_after_norm(weights, i) for i in range(rounds)],
            _linear(weights, "network.straight"),
            [_linear(weights, f"network.head.{i}") for i in (0, 2, 4)],
        )

    def __call__(self, cells: Sequence[Graph]) -> Float32Array:
        """Shape (n, dimension).

        Args:
            cells: of the architectures, one architecture's after the other's: n * n_cells.
        """
        names: Iterable[str] = chain.from_iterable([cell.operations for cell in cells])
        return self._network.embed(
            np.array([len(cell.operations) for cell in cells], dtype=np.int32),
            np.array([*map(self._index.__getitem__, names)], dtype=np.int32),
            np.array([len(cell.edges) for cell in cells], dtype=np.int32),
            np.frombuffer(b"".join([cell.wiring.packed for cell in cells]), dtype=np.int32),
        )


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
