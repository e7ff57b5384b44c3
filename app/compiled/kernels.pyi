"""What `module.h` offers. Arrays of other floats are converted, and have to be finite; Python's lock is let go.

Rows of large batches are shared out among up to four cores. Every row's result is the same to the bit, however many
there are.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Weight, shape (inputs, outputs), and bias, shape (outputs,)."""

def fitting_build() -> str:
    """The widest build that this processor can run: "plain", "wide" (AVX2 and FMA) or "widest" (AVX-512)."""

def canonical_form(
    operations: tuple[str, ...], edges: tuple[tuple[int, int], ...]
) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...], bytes, str] | None:
    """The canonical form of a graph (`app.domain.canonical`): operations, edges, and these as in `Wiring`.

    Args:
        edges: in ascending order.

    Returns:
        None where vertices that are not twins are left with equal colors: what to do then is written in Python.

    Raises:
        ValueError: an edge does not lead on within the graph.
    """

def edges_of_matrix(matrix: object, n: int) -> tuple[tuple[int, int], ...] | None:
    """The edges of an upper triangular adjacency matrix, in ascending order.

    Returns:
        None unless it is n lists or tuples of n of the integers 0 and 1, those on the diagonal and below all 0.
    """

class MessagePassing:
    """The encoder of `app/encoder/network.py` with given weights.

    Args:
        read: from operation, path features and cell, one-hot where there are several, to the state of a vertex.
        rounds: what a vertex keeps, sends along its edges, and sends back; scale and shift of the norm multiplied in.
        straight: from what is pooled to the embedding.
        head: three layers, which are added to that.

    Raises:
        ValueError: layers do not fit each other.
    """

    def __init__(
        self,
        n_operations: int,
        n_cells: int,
        read: _Layer,
        rounds: Sequence[_Layer],
        straight: _Layer,
        head: Sequence[_Layer],
    ) -> None: ...
    def embed(
        self,
        sizes: NDArray[np.int32],
        operations: NDArray[np.int32],
        n_edges: NDArray[np.int32],
        edges: NDArray[np.int32],
    ) -> NDArray[np.float32]:
        """Shape (n, dimension), of the n * n_cells graphs of n architectures.

        Args:
            sizes: vertices of each graph.
            operations: of all vertices, the first of a graph its input and the last its output.
            n_edges: of each graph.
            edges: source and target of each, as places in its graph, ascending; one graph's after the other's.

        Raises:
            ValueError: there are not as many as said, or an edge does not lead on within its graph.
        """

class AnchorTable:
    """Anchors, and what they say.

    Args:
        points: shape (a, d).
        solved: alpha, shape (a,).
    """

    def __init__(self, points: NDArray[np.float32], solved: NDArray[np.float64]) -> None: ...
    def read(self, points: NDArray[np.float32], k: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """k(x)' alpha at points (m, d), shape (m,), and the k nearest anchors of each in any order, shape (m, k).

        Raises:
            ValueError: points have other columns, or there are not k anchors.
        """

def krige(
    points: NDArray[np.float32],
    around: NDArray[np.float32],
    labels: NDArray[np.int64],
    left: NDArray[np.float64],
    repeats: NDArray[np.float64],
    noise: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """What its own neighbors say of each point, by w = (K_NN + vR)^-1 k_N; see `app.proximity.local.weigh`.

    Args:
        points: shape (m, d).
        around: all that was observed, shape (n, d).
        labels: neighbors of each point among these, shape (m, k).
        left: to be expected at each of `around`, shape (n,).
        repeats: trainings of each, shape (n,).
        noise: v.

    Returns:
        w' left; 1 + v - k_N' w; the label of the nearest neighbor; and the squared distance to it: each of shape (m,).

    Raises:
        ValueError: shapes do not fit, or a label is none.
    """

def krige_together(
    candidates: NDArray[np.float64],
    points: NDArray[np.float64],
    upper: NDArray[np.float64],
    columns: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """What all points of a factorization say of each candidate, with k its kernel to them.

    Args:
        candidates: shape (m, d).
        points: shape (n, d).
        upper: L' of K + vR = L L', shape (n, n).
        columns: shape (n, c).

    Returns:
        k' columns, (m, c); |L^-1 k|^2, (m,); the label of the nearest point, (m,), the lowest among equals; and the
        distance to it, (m,).

    Raises:
        ValueError: shapes do not fit, or there are no points.
    """

def weights_together(
    candidates: NDArray[np.float64], points: NDArray[np.float64], upper: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The weights of all points for each candidate, (K + vR)^-1 k, shape (m, n); see `krige_together`."""

def lowered(upper: NDArray[np.float64], places: NDArray[np.int64], amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Cholesky factor of a matrix some of whose diagonal falls: for each a rank-one downdate.

    Args:
        upper: L' of L L', shape (n, n).
        places: on the diagonal, shape (r,).
        amounts: by which they fall, shape (r,).

    Returns:
        L' of what is left, shape (n, n).

    Raises:
        ValueError: shapes do not fit, a place is none, an amount is negative, or what is left is not positive definite.
    """

def nearest(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k of the vectors (n, d) that are nearest to each query (m, d): labels and distances, (m, k).

    Distances are computed in double precision and rounded once; the lower label comes first among equals.

    Raises:
        ValueError: queries have other columns, or there are not k vectors.
    """
