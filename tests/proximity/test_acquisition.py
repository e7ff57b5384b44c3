import numpy as np
import pytest

from app.proximity.acquisition import (
    Chooser,
    Posterior,
    Strategy,
    expected_improvement,
    probability_at_most,
)
from app.proximity.kernel import FloatArray, matern, squared_distances

NOISE = 0.01
ALL = list(Strategy)


def posterior(mean: list[float], deviation: list[float] | float = 1.0, where: FloatArray | None = None) -> Posterior:
    """Of candidates that tell nothing of each other, unless they lie somewhere."""
    n = len(mean)
    related = np.eye(n) if where is None else matern(squared_distances(where, where))
    spread = np.broadcast_to(np.asarray(deviation, dtype=np.float64), n)
    return Posterior(np.array(mean, dtype=np.float64), related * np.outer(spread, spread), NOISE)


def chosen(
    objectives: list[Posterior],
    n: int,
    strategy: Strategy = Strategy.UPPER_CONFIDENCE_BOUND,
    feasible: list[float] | None = None,
    seed: int = 0,
    best: float = 0.0,
) -> list[int]:
    probability = np.ones(len(objectives[0].mean)) if feasible is None else np.array(feasible)
    chooser = Chooser(objectives, [best] * len(objectives), probability, strategy, np.random.default_rng(seed))
    return [i for i, _ in chooser.choose(n)]


@pytest.mark.parametrize("strategy", ALL)
def test_of_equally_sure_candidates_the_best_are_chosen(strategy: Strategy) -> None:
    assert chosen([posterior([1.0, 3.0, 2.0, -1.0], 0.01)], 2, strategy) == [1, 2]


@pytest.mark.parametrize("strategy", ALL)
def test_of_equally_good_candidates_the_least_sure_is_worth_a_training(strategy: Strategy) -> None:
    first = [chosen([posterior([0.0] * 4, [0.1, 0.1, 2.0, 0.1])], 1, strategy, seed=seed)[0] for seed in range(40)]

    assert first.count(2) >= 15


@pytest.mark.parametrize("strategy", ALL)
def test_nothing_is_chosen_twice_and_no_more_than_there_is(strategy: Strategy) -> None:
    assert sorted(chosen([posterior([1.0, 3.0, 2.0])], 10, strategy)) == [0, 1, 2]


@pytest.mark.parametrize("strategy", ALL)
def test_what_is_being_trained_is_not_chosen(strategy: Strategy) -> None:
    chooser = Chooser([posterior([5.0, 1.0])], [0.0], np.ones(2), strategy, np.random.default_rng(0))

    chooser.exclude([0])

    assert [i for i, _ in chooser.choose(2)] == [1]


def test_a_batch_is_spread_out() -> None:
    where = np.array([[0.0], [0.01], [0.02], [5.0]])  # three near copies, and one far away that is a bit worse

    batch = chosen([posterior([1.0, 1.0, 1.0, 0.9], 1.0, where)], 2, Strategy.EXPECTED_IMPROVEMENT)

    assert 3 in batch


def test_doubt_falls_around_what_is_expected_and_not_elsewhere() -> None:
    found = posterior([0.0] * 3, 1.0, np.array([[0.0], [0.1], [50.0]]))

    found.expect([0])

    assert found.deviation[0] == pytest.approx(np.sqrt(1 - 1 / 1.01), abs=1e-3)
    assert found.deviation[1] < 0.3
    assert found.deviation[2] == pytest.approx(1)


def test_draws_have_the_mean_and_the_covariance_of_the_posterior() -> None:
    found = posterior([1.0, -1.0, 0.0], [1.0, 2.0, 0.5], np.array([[0.0], [0.5], [1.0]]))
    rng = np.random.default_rng(0)

    drawn = np.stack([found.draw(rng) for _ in range(20_000)])

    np.testing.assert_allclose(drawn.mean(axis=0), found.mean, atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), found.covariance, atol=0.1)


def test_what_probably_breaks_a_constraint_is_left_for_last() -> None:
    good = posterior([5.0, 1.0, 3.0], 0.01)

    assert chosen([good], 3, feasible=[0.1, 0.9, 0.4]) == [1, 2, 0]


def test_a_smaller_value_is_better_where_less_is_better() -> None:
    assert chosen([posterior([1.0, 3.0, -2.0], 0.01).negated()], 1) == [2]


@pytest.mark.parametrize("strategy", ALL)
def test_of_two_metrics_the_pareto_front_is_covered(strategy: Strategy) -> None:
    angles = np.linspace(0, np.pi / 2, 9)
    front = np.stack([np.cos(angles), np.sin(angles)])
    inside = front * 0.6
    points = 4 * np.concatenate([front, inside], axis=1)
    objectives = [posterior(list(each), 0.05) for each in points]

    batch = chosen(objectives, 6, strategy, best=4.0)

    assert max(batch) < 9
    assert max(batch) - min(batch) >= 4


def test_expected_improvement_of_known_cases() -> None:
    gain = np.array([0.0, 2.0, -8.0, -1.0])

    found = expected_improvement(gain, np.array([1.0, 0.0, 1.0, 0.0]))

    np.testing.assert_allclose(found, [1 / np.sqrt(2 * np.pi), 2, 0, 0], atol=1e-7)


def test_expected_improvement_is_what_draws_say() -> None:
    rng = np.random.default_rng(0)

    drawn = np.maximum(rng.normal(-0.5, 2.0, 200_000), 0).mean()

    assert expected_improvement(np.array([-0.5]), np.array([2.0]))[0] == pytest.approx(drawn, rel=0.02)


def test_the_probability_of_a_bound_is_that_of_the_normal_distribution() -> None:
    found = probability_at_most(1.0, np.array([1.0, 0.0, 5.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0]))

    np.testing.assert_allclose(found, [0.5, 0.8413, 0, 1], atol=1e-4)
