import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proximity.kernel import FloatArray, matern, squared_distances
from app.proximity.weighting import inverse_distance_weights, kriging_weights, uniform_weights

NOISE = 0.05


def krige(neighbors: FloatArray, candidate: FloatArray, noise: float = NOISE) -> FloatArray:
    """Weights of the neighbors of one candidate."""
    kernel = matern(squared_distances(candidate[None], neighbors))
    covariance = matern(squared_distances(neighbors, neighbors)) + noise * np.eye(len(neighbors))
    weights: FloatArray = kriging_weights(kernel, covariance[None])[0]
    return weights


def test_kriging_gives_the_mean_of_a_gaussian_process() -> None:
    rng = np.random.default_rng(0)
    neighbors, candidates, t = rng.normal(size=(9, 3)), rng.normal(size=(4, 3)), rng.normal(size=9)
    # The joint distribution of observations and candidates, conditioned entry by entry.
    everything = np.concatenate([neighbors, candidates])
    joint = matern(((everything[:, None] - everything[None]) ** 2).sum(axis=2))
    observed = joint[:9, :9] + NOISE * np.eye(9)
    expected = joint[9:, :9] @ np.linalg.inv(observed) @ t

    kernel = matern(squared_distances(candidates, neighbors))
    weights = kriging_weights(kernel, np.broadcast_to(observed, (4, 9, 9)))

    np.testing.assert_allclose(weights @ t, expected, rtol=1e-9)


def test_each_candidate_has_neighbors_of_its_own() -> None:
    near, far = np.array([[0.0], [1.0]]), np.array([[5.0], [7.0]])
    candidates = np.array([[0.2], [5.5]])
    kernel = np.stack([matern(squared_distances(c[None], n))[0] for c, n in zip(candidates, (near, far), strict=True)])
    covariance = np.stack([matern(squared_distances(n, n)) + NOISE * np.eye(2) for n in (near, far)])

    weights = kriging_weights(kernel, covariance)

    np.testing.assert_allclose(weights[0], krige(near, candidates[0]))
    np.testing.assert_allclose(weights[1], krige(far, candidates[1]))


def test_near_copies_share_the_weight_of_one() -> None:
    # One network on the left, ten near-copies of another on the right, the candidate halfway.
    copies = np.stack([np.ones(10), np.linspace(-0.001, 0.001, 10)], axis=1)

    weights = krige(np.concatenate([[[-1.0, 0.0]], copies]), np.array([0.0, 0.0]))

    assert weights[1:].sum() == pytest.approx(weights[0], rel=0.1)
    np.testing.assert_allclose(weights[1:], weights[1:].mean(), rtol=0.05)


def test_a_nearer_neighbor_counts_for_more_when_kriging() -> None:
    near, far = krige(np.array([[0.5], [-1.0]]), np.array([0.0]))

    assert near > far > 0


def test_an_exact_match_without_noise_is_repeated() -> None:
    weights = krige(np.array([[0.0], [1.0], [2.0]]), np.array([1.0]), noise=0.0)

    np.testing.assert_allclose(weights, [0, 1, 0], atol=1e-12)


def test_kriging_trusts_no_neighbor_that_is_far_away() -> None:
    assert np.abs(krige(np.array([[0.0], [1.0]]), np.array([100.0]))).max() < 1e-9


def test_half_the_distance_counts_twice() -> None:
    assert inverse_distance_weights(np.array([[1.0, 2.0, 2.0]])).tolist() == [[0.5, 0.25, 0.25]]


def test_exact_matches_share_all_the_weight() -> None:
    weights = inverse_distance_weights(np.array([[0.0, 0.0, 1e-9], [1.0, 1.0, 2.0]]))

    np.testing.assert_allclose(weights, [[0.5, 0.5, 0], [0.4, 0.4, 0.2]])


@pytest.mark.parametrize("unit", [5e-324, 1e-310, 1e-160, 1e160, 1e307])
def test_distances_of_any_size_neither_overflow_nor_vanish(unit: float) -> None:
    weights = inverse_distance_weights(np.array([[unit, 4 * unit]]))

    np.testing.assert_allclose(weights, [[0.8, 0.2]])


def test_equal_neighbors_weigh_the_same_at_any_distance() -> None:
    assert uniform_weights(np.array([[0.0, 1.0, 9.0, 1e9]])).tolist() == [[0.25] * 4]


DISTANCES = st.lists(st.floats(0, 1e9), min_size=1, max_size=20)


@settings(deadline=None)
@given(distances=DISTANCES, seed=st.integers(0, 1000))
def test_a_score_of_positive_weights_lies_among_its_neighbors(distances: list[float], seed: int) -> None:
    values = np.random.default_rng(seed).normal(90, 5, size=len(distances))

    for weigh in (inverse_distance_weights, uniform_weights):
        weights = weigh(np.array([distances]))
        assert (weights >= 0).all()
        assert weights.sum() == pytest.approx(1)
        assert values.min() - 1e-9 <= (weights @ values)[0] <= values.max() + 1e-9


@settings(deadline=None)
@given(distances=DISTANCES)
def test_a_nearer_neighbor_never_counts_for_less(distances: list[float]) -> None:
    ordered = np.sort(distances)[None]

    assert (np.diff(inverse_distance_weights(ordered)[0]) <= 0).all()
