from collections.abc import Callable

import numpy as np
import pytest
import torch

from app.domain.architecture import Architecture
from app.domain.graph import Graph
from app.spaces.nasbench201 import CONV3, NasBench201
from app.spaces.space import SearchSpace
from benchmarks.baselines.adjacency import AdjacencyEncoding
from benchmarks.baselines.baseline import Baseline, Standardization, largest_cell
from benchmarks.baselines.emprox_paper import EmproxPaper
from benchmarks.baselines.nao import Nao, SemiNas
from benchmarks.baselines.published_cells import OnPublishedCells, PublishedCells, published
from benchmarks.baselines.registry import BASELINES, CLASSICAL

SPACE = NasBench201()
QUICK: dict[str, Callable[[SearchSpace], Baseline]] = {
    **CLASSICAL,
    "EmProx": lambda space: EmproxPaper(space, k=10, epochs=20),
    "NAO": lambda space: Nao(space, epochs=60, min_steps=1),
    "SemiNAS": lambda space: SemiNas(space, epochs=15, min_steps=60),
}
HASTY: dict[str, Callable[[SearchSpace], Baseline]] = {
    **CLASSICAL,
    "EmProx": lambda space: EmproxPaper(space, k=60, epochs=1),
    "NAO": lambda space: Nao(space, epochs=1, min_steps=2),
    "SemiNAS": lambda space: SemiNas(space, epochs=1, min_steps=2),
}


@pytest.fixture(scope="module")
def cells() -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [SPACE.sample(rng) for _ in range(90)]


@pytest.fixture(scope="module")
def values(cells: list[Architecture]) -> np.ndarray:
    """Convolutions of three counted: what any predictor can learn."""
    return np.array([60.0 + 5 * cell.cells[0].operations.count(CONV3) for cell in cells])


@pytest.mark.parametrize("name", QUICK)
def test_a_baseline_learns_what_is_plain(name: str, cells: list[Architecture], values: np.ndarray) -> None:
    baseline = QUICK[name](SPACE)

    baseline.fit(cells[:60], values[:60], seed=0)
    predicted = baseline.predict(cells[60:])

    assert predicted.shape == (30,)
    assert predicted.dtype == np.float64
    assert np.isfinite(predicted).all()
    assert np.corrcoef(predicted, values[60:])[0, 1] > 0.3
    assert np.abs(predicted - values[60:]).mean() < 10


@pytest.mark.parametrize("name", HASTY)
def test_the_same_seed_gives_the_same_predictions(name: str, cells: list[Architecture], values: np.ndarray) -> None:
    baseline = HASTY[name](SPACE)
    before = torch.random.get_rng_state()

    baseline.fit(cells[:30], values[:30], seed=3)
    first = baseline.predict(cells[60:])
    baseline.fit(cells[:30], values[:30], seed=3)

    np.testing.assert_array_equal(baseline.predict(cells[60:]), first)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("make", BASELINES.values(), ids=BASELINES)
def test_predicting_before_fitting_is_refused(make: Callable[[SearchSpace], Baseline]) -> None:
    with pytest.raises(RuntimeError, match="fit first"):
        make(SPACE).predict([SPACE.sample(np.random.default_rng(0))])


@pytest.mark.parametrize("name", ["XGBoost", "EmProx"])
def test_values_that_are_all_the_same_are_predicted(name: str, cells: list[Architecture]) -> None:
    baseline = QUICK[name](SPACE)

    baseline.fit(cells[:20], np.full(20, 71.0), seed=0)

    np.testing.assert_allclose(baseline.predict(cells[20:25]), 71)


def test_a_trained_architecture_has_its_own_value_by_inverse_distance(
    cells: list[Architecture], values: np.ndarray
) -> None:
    distinct = list({cell.id: (cell, value) for cell, value in zip(cells, values, strict=True)}.values())
    baseline = EmproxPaper(SPACE, k=10, epochs=1)

    baseline.fit([cell for cell, _ in distinct], np.array([value for _, value in distinct]), seed=0)

    np.testing.assert_allclose(baseline.predict([distinct[7][0]]), distinct[7][1], rtol=1e-3)


def test_standardized_values_come_back() -> None:
    scale = Standardization.of(np.array([1.0, 3.0]))

    assert scale == Standardization(mean=2, std=1)
    np.testing.assert_allclose(scale.undo(scale.apply(np.array([7.0]))), 7)


def test_the_encoding_has_operations_and_edges_with_the_output_in_its_place() -> None:
    encoding = AdjacencyEncoding(SPACE)
    chain = Architecture.of([Graph(("input", CONV3, "output"), ((0, 1), (1, 2)))], "chain")
    longer = Architecture.of([Graph(("input", CONV3, CONV3, "output"), ((0, 1), (1, 2), (2, 3)))], "longer")

    first, second = encoding([chain, longer])

    # Seven places before the output, with an operation of four, the input or the output; 28 pairs of eight places.
    assert first.shape == (7 * 6 + 28,)
    assert set(first) == {0, 1}
    assert (first[: 7 * 6].sum(), first[7 * 6 :].sum()) == (2, 2)
    assert (second[: 7 * 6].sum(), second[7 * 6 :].sum()) == (3, 3)
    np.testing.assert_array_equal(encoding([chain])[0], first)


def test_cells_of_one_architecture_lie_side_by_side() -> None:
    chain = Graph(("input", CONV3, "output"), ((0, 1), (1, 2)))
    encoding = AdjacencyEncoding(SPACE)

    both = encoding([Architecture.of([chain, chain], "both")])
    alone = encoding([Architecture.of([chain], "alone")])

    np.testing.assert_array_equal(both, np.concatenate([alone, alone], axis=1))


def test_a_cell_larger_than_any_drawn_is_cut() -> None:
    n = largest_cell(SPACE) + 4
    chain = Graph(("input", *[CONV3] * (n - 2), "output"), tuple((v, v + 1) for v in range(n - 1)))

    encoded = AdjacencyEncoding(SPACE)([Architecture.of([chain], "long")])

    assert encoded.shape == (1, 7 * 6 + 28)


def test_published_cells_have_all_their_operations() -> None:
    notation = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|avg_pool_3x3~2|"

    cell = published(SPACE.parse(notation))

    operations = ("input", "nor_conv_3x3", "none", "none", "none", "skip_connect", "avg_pool_3x3", "output")
    assert cell.cells[0].operations == operations
    assert cell.cells[0].edges == (
        (0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7),
    )  # fmt: skip


def test_published_cells_are_told_apart_by_what_is_dead() -> None:
    space = PublishedCells()
    a, b = (
        SPACE.parse(f"|{dead}~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
        for dead in ("nor_conv_3x3", "avg_pool_3x3")
    )

    assert a.id == b.id
    assert published(a).id != published(b).id
    assert len(space.sample(np.random.default_rng(0)).cells[0].operations) == 8


def test_a_baseline_runs_on_published_cells(cells: list[Architecture], values: np.ndarray) -> None:
    baseline = OnPublishedCells(lambda space: SemiNas(space, epochs=1, min_steps=1))

    baseline.fit(cells[:20], values[:20], seed=0)

    assert np.isfinite(baseline.predict(cells[20:30])).all()
