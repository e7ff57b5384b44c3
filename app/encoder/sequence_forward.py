"""The trained networks of `sequence_network.py` in numpy, as the service runs them, without torch.

A test holds both to the same numbers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.encoder.forward import Float32Array, Weights
from app.encoder.sequence_shape import PREFIX
from app.encoder.sequence_tokens import START, TokenArrays

_HALF = np.float32(0.5)
_ROOT_HALF = np.float32(np.sqrt(0.5))
_TINY = np.float32(1e-12)  # of torch's normalize


class SequenceEncoderForward:
    """`SequenceEncoderNetwork` with given weights; see there for what it computes."""

    def __init__(self, weights: Weights) -> None:
        self._tokens = weights[f"{PREFIX}encoder.tokens.weight"]
        forth, back = (_Lstm.of(weights, f"{PREFIX}encoder.{name}", self._tokens) for name in ("forth", "back"))
        self._both = _Lstm(np.stack([forth.inputs, back.inputs]), np.stack([forth.recurrent, back.recurrent]))
        self._project = np.ascontiguousarray(weights[f"{PREFIX}encoder.project.weight"].T)
        self._bias = weights[f"{PREFIX}encoder.project.bias"]

    def __call__(self, arrays: TokenArrays) -> tuple[Float32Array, Float32Array]:
        """The output at each token (n, T, dimension), and the embedding (n, dimension)."""
        n, length = arrays.tokens.shape
        width = self._tokens.shape[1]
        backward = np.take_along_axis(arrays.tokens, arrays.reversal, axis=1)
        forth_inputs, back_inputs = self._both.inputs
        states = np.empty((2, n, length, width), dtype=np.float32)
        state = cell = np.zeros((2, n, width), dtype=np.float32)
        for t in range(length):
            inputs = np.stack([forth_inputs[arrays.tokens[:, t]], back_inputs[backward[:, t]]])
            state, cell = self._both.step(inputs, state, cell)
            states[:, :, t] = state
        forth, back = states
        back = np.take_along_axis(back, arrays.reversal[..., None], axis=1)
        read = np.concatenate([forth, back], axis=2) @ self._project + self._bias
        outputs = _normalized(self._tokens[arrays.tokens] + read)
        return outputs, _normalized((outputs * arrays.present[..., None]).sum(axis=1))


class SequenceDecoderForward:
    """`SequenceDecoderNetwork` with given weights, each token read being the likeliest one before."""

    def __init__(self, weights: Weights, n_cells: int) -> None:
        self._n_cells = n_cells
        self._tokens = weights[f"{PREFIX}decoder.tokens.weight"]
        self._step = _Lstm.of(weights, f"{PREFIX}decoder.step", self._tokens)
        self._query, self._attended, self._out = (
            np.ascontiguousarray(weights[f"{PREFIX}decoder.{name}.weight"].T) for name in ("query", "attended", "out")
        )
        self._bias = weights[f"{PREFIX}decoder.out.bias"]

    def __call__(self, outputs: Float32Array, present: Float32Array, length: int) -> NDArray[np.int64]:
        """Tokens, shape (n, at most `length`): as many as it takes until each row has all its cells.

        Args:
            outputs: shape (n, T, dimension): of the encoder.
            present: shape (n, T): 1 at a token, 0 beyond the last.
        """
        ends = np.zeros(len(outputs), dtype=np.int64)
        state = cell = _normalized((outputs * present[..., None]).sum(axis=1))
        absent = np.where(present == 0, np.float32(-np.inf), np.float32(0))
        token = np.full(len(outputs), START, dtype=np.int64)
        tokens = np.empty((len(outputs), length), dtype=np.int64)
        for t in range(length):
            state, cell = self._step.step(self._step.inputs[token], state, cell)
            read = (self._tokens[token] + state) * _ROOT_HALF
            scores = np.einsum("ntd,nd->nt", outputs, read @ self._query) + absent
            attention = np.exp(scores - scores.max(axis=1, keepdims=True))
            attention /= attention.sum(axis=1, keepdims=True)
            mixed = np.einsum("nt,ntd->nd", attention, outputs)
            mixed = np.tanh(np.concatenate([mixed, read], axis=1) @ self._attended)
            token = ((read + mixed) * _ROOT_HALF @ self._out + self._bias).argmax(axis=1)
            tokens[:, t] = token
            ends += token == len(self._bias) - 1  # the last token of the alphabet is "output"
            if ends.min() >= self._n_cells:
                return tokens[:, : t + 1]
        return tokens


@dataclass(frozen=True, slots=True)
class _Lstm:
    """One LSTM, or several side by side.

    Args:
        inputs: shape (..., n_tokens, 4 * width): what each token brings to the gates, biases included.
        recurrent: shape (..., width, 4 * width).
    """

    inputs: Float32Array
    recurrent: Float32Array

    @classmethod
    def of(cls, weights: Weights, name: str, tokens: Float32Array) -> "_Lstm":
        bias = weights[f"{name}.bias_ih_l0"] + weights[f"{name}.bias_hh_l0"]
        return cls(tokens @ weights[f"{name}.weight_ih_l0"].T + bias, weights[f"{name}.weight_hh_l0"].T.copy())

    def step(self, inputs: Float32Array, state: Float32Array, cell: Float32Array) -> tuple[Float32Array, Float32Array]:
        """State and cell after one token, shape (..., n, width) as those before it."""
        gates = inputs + state @ self.recurrent
        let_in, forget, content, let_out = np.split(gates, 4, axis=-1)
        cell = _sigmoid(forget) * cell + _sigmoid(let_in) * np.tanh(content)
        return _sigmoid(let_out) * np.tanh(cell), cell


def _sigmoid(x: Float32Array) -> Float32Array:
    """1 / (1 + exp(-x)), written so that nothing overflows."""
    result: Float32Array = np.tanh(x * _HALF) * _HALF + _HALF
    return result


def _normalized(x: Float32Array) -> Float32Array:
    norm = np.sqrt(np.einsum("...d,...d->...", x, x))[..., None]
    result: Float32Array = x / np.maximum(norm, _TINY)
    return result
