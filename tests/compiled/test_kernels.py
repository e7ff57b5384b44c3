"""The compiled loops against the formulas in NumPy and double precision, in each build that this processor can run."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.compiled import kernels
from app.proximity.kernel import matern, squared_distances
from app.proximity.local import weigh
from app.proximity.weighting import Weighting

from .builds import BUILDS

CPUINFO = Path("/proc/cpuinfo")

DIMENSION, NOISE = 19, 0.05


@pytest.fixture(params=BUILDS)
def build(request: pytest.FixtureRequest) -> ModuleType:
    return import_module(request.param)


def points(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(scale=0.3, size=(n, DIMENSION)).astype(np.float32)


def network(build: ModuleType, n_operations: int = 3, width: int = 4, dimension: int = 5) -> object:
    rng = np.random.default_rng(0)

    def layer(inputs: int, outputs: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return rng.normal(size=(inputs, outputs)).astype(np.float32), rng.normal(size=outputs).astype(np.float32)

    pooled = 4 * width
    head = [layer(pooled, pooled), layer(pooled, pooled), layer(pooled, dimension)]
    return build.MessagePassing(
        n_operations, 1, layer(n_operations + 6, width), [layer(width, 3 * width)], layer(pooled, dimension), head
    )


@pytest.mark.parametrize("n_anchors", [1, 15, 16, 17, 1000])
def test_anchors_say_the_same_of_a_point_as_the_sum_over_their_kernel(build: ModuleType, n_anchors: int) -> None:
    anchors, asked = points(n_anchors), points(150, seed=1)
    solved = np.random.default_rng(2).normal(size=n_anchors)

    expected, nearest = build.AnchorTable(anchors, solved).read(asked, min(n_anchors, 12))

    squared = squared_distances(asked.astype(np.float64), anchors.astype(np.float64))
    np.testing.assert_allclose(expected, matern(squared) @ solved, atol=2e-6 * np.abs(solved).sum())
    np.testing.assert_array_equal(np.sort(nearest), np.sort(np.argsort(squared)[:, : min(n_anchors, 12)]))


def test_a_point_at_an_anchor_has_it_as_its_nearest(build: ModuleType) -> None:
    anchors = points(40)

    expected, nearest = build.AnchorTable(anchors, np.eye(40)[7]).read(anchors[7:8], 1)

    assert (expected[0], nearest[0, 0]) == (1.0, 7)


@pytest.mark.parametrize("k", [1, 2, 7, 16, 33, 96])
def test_neighbors_are_weighed_as_kriging_weighs_them(build: ModuleType, k: int) -> None:
    rng = np.random.default_rng(k)
    around, asked = points(300), points(150, seed=1)
    labels = np.stack([rng.choice(300, k, replace=False) for _ in asked])
    left, repeats = rng.normal(size=300), rng.integers(1, 5, size=300).astype(float)

    mean, variance, nearest, squared = build.krige(asked, around, labels, left, repeats, NOISE)

    weights, expected_variance = weigh(asked, around, labels, repeats, NOISE, Weighting.KRIGING)
    distances = np.square(around[labels] - asked[:, None]).sum(axis=2)
    np.testing.assert_allclose(mean, (weights * left[labels]).sum(axis=1), atol=2e-5)
    np.testing.assert_allclose(variance, expected_variance, atol=2e-6)
    place = distances.argmin(axis=1)
    np.testing.assert_array_equal(nearest, labels[np.arange(150), place])
    np.testing.assert_allclose(squared, distances[np.arange(150), place], rtol=1e-5)


def test_copies_of_one_neighbor_count_once_and_leave_a_variance(build: ModuleType) -> None:
    """Where rounding leaves a covariance that is none, as of a hundred thousand trainings of each copy."""
    around = np.repeat(points(1), 50, axis=0)
    labels = np.arange(50)[None]

    mean, variance, _, squared = build.krige(around[:1], around, labels, np.ones(50), np.full(50, 1e5), NOISE)

    assert squared[0] == 0
    assert mean[0] == pytest.approx(1, abs=1e-3)
    assert variance[0] == pytest.approx(NOISE, abs=1e-3)


@pytest.mark.parametrize("apart", [0.0, 1e-5, 1e-4, 1e-3])
@pytest.mark.parametrize("repeats", [1.0, 1e3, 1e5])
def test_what_rounding_leaves_of_near_copies_says_nothing(build: ModuleType, apart: float, repeats: float) -> None:
    noise = np.exp(-8)  # the least that a fit finds
    around = points(1) + apart * points(96, seed=1) / 0.3
    asked = (points(1) + apart * points(20, seed=2) / 0.3).astype(np.float32)
    labels, left = np.tile(np.arange(96), (20, 1)), np.linspace(0.9, 1.1, 96)

    mean, variance, _, _ = build.krige(asked, around, labels, left, np.full(96, repeats), noise)

    assert (np.abs(mean - 1) < 0.5).all()
    assert (variance >= noise).all()
    assert (variance < 0.1).all()


@settings(deadline=None, max_examples=30)
@given(n=st.integers(1, 300), start=st.integers(0, 299))
@pytest.mark.parametrize("name", BUILDS)
def test_how_many_are_asked_about_changes_nothing_of_an_answer(name: str, n: int, start: int) -> None:
    build = import_module(name)
    asked, around = points(300), points(200, seed=1)
    part = slice(start, start + n)
    table, left = build.AnchorTable(around, np.linspace(-1, 1, 200)), np.linspace(1, 2, 200)
    labels = table.read(asked, 20)[1]

    for whole, some in zip(table.read(asked, 20), table.read(asked[part], 20), strict=True):
        np.testing.assert_array_equal(whole[part], some)
    several = build.krige(asked, around, labels, left, np.ones(200), NOISE)
    for whole, some in zip(
        several, build.krige(asked[part], around, labels[part], left, np.ones(200), NOISE), strict=True
    ):
        np.testing.assert_array_equal(whole[part], some)


@pytest.mark.parametrize(
    ("sizes", "operations", "n_edges", "edges"),
    [
        ([2], [0, 3], [1], [0, 1]),
        ([2], [0, -1], [1], [0, 1]),
        ([2], [0, 1], [1], [1, 0]),
        ([2], [0, 1], [1], [0, 2]),
        ([2], [0, 1], [1], [-1, 1]),
        ([2], [0, 1], [2], [0, 1]),
        ([2], [0, 1], [1, 0], [0, 1]),
        ([3], [0, 1], [1], [0, 1]),
        ([0], [], [0], []),
        ([2], [0, 1], [-1], []),
    ],
)
def test_graphs_that_are_none_are_refused(
    build: ModuleType, sizes: list[int], operations: list[int], n_edges: list[int], edges: list[int]
) -> None:
    with pytest.raises(ValueError, match=r"graph|operation"):
        network(build).embed(*(np.array(each, dtype=np.int32) for each in (sizes, operations, n_edges, edges)))  # type: ignore[attr-defined]


def test_numbers_that_would_wrap_around_are_refused(build: ModuleType) -> None:
    one = np.array([1], dtype=np.int32)

    with pytest.raises(TypeError):
        network(build).embed(np.array([2**32 + 1]), one, one, one)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="graphs are one after the other"):
        network(build).embed(np.array(1, dtype=np.int32), one, one, one)  # type: ignore[attr-defined]


def test_layers_that_do_not_fit_are_refused(build: ModuleType) -> None:
    def layer(inputs: int, outputs: int = 4) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return np.ones((inputs, outputs), dtype=np.float32), np.ones(outputs, dtype=np.float32)

    read, pooled = layer(3 + 6), layer(16)  # of three operations and six path features; of four states
    head = [layer(16), layer(4), layer(4)]

    build.MessagePassing(3, 1, read, [layer(4, 12)], pooled, head)
    with pytest.raises(ValueError, match="for each operation, path feature and cell"):
        build.MessagePassing(3, 1, layer(8), [], pooled, head)
    for n_operations, n_cells in ((3, 0), (0, 1), (3, -1)):
        with pytest.raises(ValueError, match="a graph has operations, and an architecture cells"):
            build.MessagePassing(n_operations, n_cells, read, [], pooled, head)
    with pytest.raises(ValueError, match="a layer is a matrix and a bias"):
        build.MessagePassing(3, 1, read, [], (pooled[0], pooled[1][:2]), head)
    with pytest.raises(ValueError, match="columns for each of its parts"):
        build.MessagePassing(3, 1, read, [layer(4, 4)], pooled, head)
    with pytest.raises(ValueError, match="as wide as a state"):
        build.MessagePassing(3, 1, read, [layer(5, 12)], pooled, head)
    with pytest.raises(ValueError, match="fit each other"):
        build.MessagePassing(3, 1, read, [], pooled, [layer(16), layer(5), layer(4)])


def test_labels_and_points_that_are_none_are_refused(build: ModuleType) -> None:
    table, ones = build.AnchorTable(points(3), np.ones(3)), np.ones(3)

    with pytest.raises(ValueError, match="the anchors' columns"):
        table.read(points(1)[:, :4], 1)
    with pytest.raises(ValueError, match="at least k anchors"):
        table.read(points(1), 4)
    for wrong in (-1, 3):
        with pytest.raises(ValueError, match="a label is that of a neighbor"):
            build.krige(points(1), points(3), np.array([[wrong]]), ones, ones, NOISE)
    with pytest.raises(ValueError, match="every neighbor was measured"):
        build.krige(points(1), points(3), np.array([[0]]), ones[:2], ones, NOISE)


def test_what_is_not_finite_is_no_way_out_of_the_vectors(build: ModuleType) -> None:
    vectors, query = np.ones((50, 5), dtype=np.float32), np.full((1, 5), np.nan, dtype=np.float32)

    for asked in (query, np.full_like(query, np.inf)):
        labels, _ = build.nearest(vectors, asked, 3)
        assert ((labels >= 0) & (labels < 50)).all()


def test_queries_and_edges_that_are_none_are_refused(build: ModuleType) -> None:
    with pytest.raises(ValueError, match="the columns of the vectors"):
        build.nearest(points(3), points(1)[:, :4], 1)
    for wrong in (0, 4):
        with pytest.raises(ValueError, match="at least k vectors"):
            build.nearest(points(3), points(1), wrong)
    for numbers in ((0, 1, 1), (0, "1"), (0, 2**40)):
        with pytest.raises(ValueError, match="an edge is two whole numbers"):
            build.canonical_form(("input", "output"), (numbers,))
    for edge in ((1, 0), (0, 2), (-1, 1), (0, 0)):
        with pytest.raises(ValueError, match="an edge leads on within its graph"):
            build.canonical_form(("input", "output"), (edge,))
    with pytest.raises(ValueError, match="a graph has a vertex"):
        build.canonical_form((), ())


@pytest.mark.skipif(not CPUINFO.exists(), reason="the system does not say what the processor can")
def test_the_build_is_the_widest_that_the_processor_can_run() -> None:
    flags = set(CPUINFO.read_text().split())
    wide = {"avx2", "fma"} <= flags
    widest = wide and {"avx512f", "avx512vl", "avx512bw", "avx512dq"} <= flags

    assert kernels.fitting_build() == ("widest" if widest else "wide" if wide else "plain")
    assert kernels.__name__ == BUILDS[-1]


@settings(deadline=None)
@given(
    n=st.integers(2, 4),
    data=st.data(),
    kind=st.sampled_from([list, tuple]),
    entries=st.sampled_from([(0, 1), (0, 1, 2), (0, True), (0, 1.0), (0, -1), (0, 2**70), (0, "1")]),
)
def test_a_matrix_that_is_read_quickly_has_the_edges_that_it_has(
    n: int, data: st.DataObject, kind: type[list[Any] | tuple[Any, ...]], entries: tuple[Any, ...]
) -> None:
    upper = [[data.draw(st.sampled_from(entries)) if v > u else 0 for v in range(n)] for u in range(n)]
    matrix = kind([kind(row) for row in upper])

    found = kernels.edges_of_matrix(matrix, n)

    plain = all(type(entry) is int and entry in (0, 1) for row in upper for entry in row)
    assert found == (tuple((u, v) for u in range(n) for v in range(n) if upper[u][v]) if plain else None)


@pytest.mark.parametrize(
    "matrix", [[], [[0, 1]], [[0], [0, 0]], [[0, 1], [1, 0]], [[1, 1], [0, 0]], ["01", "00"], {0: [0, 1]}, None, 5]
)
def test_what_is_no_upper_triangular_matrix_is_left_to_be_looked_at(matrix: object) -> None:
    assert kernels.edges_of_matrix(matrix, 2) is None


def test_falls_that_are_none_are_refused(build: ModuleType) -> None:
    factor, place, amount = np.eye(3), np.array([1]), np.array([0.5])

    np.testing.assert_allclose(build.lowered(factor, place, amount), np.diag([1, np.sqrt(0.5), 1]))
    with pytest.raises(ValueError, match="a factor is square"):
        build.lowered(factor[:2], place, amount)
    with pytest.raises(ValueError, match="each place has an amount"):
        build.lowered(factor, place, np.array([0.1, 0.1]))
    for wrong in (np.array([3]), np.array([-1])):
        with pytest.raises(ValueError, match="a place on the diagonal falls"):
            build.lowered(factor, wrong, amount)
    with pytest.raises(ValueError, match="a place on the diagonal falls"):
        build.lowered(factor, place, -amount)
    with pytest.raises(ValueError, match="what is left is not positive definite"):
        build.lowered(factor, place, np.array([1.0]))
