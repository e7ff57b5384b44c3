import numpy as np
import pytest

from app.proximity.kernel import FloatArray
from app.proximity.scales import ColumnGroups, Objective

# Six columns in four groups of three blocks: the first block has a group per column, the others one each.
GROUPS = ColumnGroups.of(np.array([0, 1, 2, 2, 3, 3]), np.array([0, 0, 1, 1, 2, 2]))


def observations(n: int, seed: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(n, 6))
    return embeddings, embeddings[:, 0] + 0.3 * embeddings[:, 4] + 0.1 * rng.normal(size=n)


def by_differences(objective: Objective, parameters: FloatArray, step: float = 1e-5) -> FloatArray:
    """The gradient by central differences."""
    steps = step * np.eye(len(parameters))
    return np.array([(objective(parameters + e)[0] - objective(parameters - e)[0]) / (2 * step) for e in steps])


def test_groups_know_their_blocks() -> None:
    assert GROUPS.block.tolist() == [0, 0, 1, 2]
    assert GROUPS.start == pytest.approx(-np.log(8))


@pytest.mark.parametrize("repeated", [False, True], ids=["single trainings", "repeats"])
@pytest.mark.parametrize("seed", range(6))
def test_the_gradient_agrees_with_finite_differences(seed: int, repeated: bool) -> None:
    rng = np.random.default_rng(seed)
    embeddings, scores = observations(25, seed)
    if repeated:
        embeddings = embeddings[rng.integers(10, size=25)]
    objective = Objective(embeddings, scores, GROUPS)
    parameters = np.append(rng.normal(GROUPS.start, 2, size=4), rng.uniform(-6, 1))

    value, gradient = objective(parameters)

    assert np.isfinite(value)
    np.testing.assert_allclose(gradient, by_differences(objective, parameters), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_with_a_trend_agrees_with_finite_differences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    embeddings, scores = observations(25, seed)
    objective = Objective(embeddings, scores, GROUPS, scores + rng.normal(size=25))
    parameters = np.concatenate([rng.normal(GROUPS.start, 2, size=4), rng.uniform(-6, 1, size=1), rng.normal(size=1)])

    _, gradient = objective(parameters)

    np.testing.assert_allclose(gradient, by_differences(objective, parameters), rtol=1e-4, atol=1e-5)


def test_a_trend_that_says_nothing_is_left_out() -> None:
    embeddings, scores = observations(15, 3)
    parameters = np.append(np.full(4, GROUPS.start), -1.5)

    with_trend, _ = Objective(embeddings, scores, GROUPS, np.full(15, 7.0))(np.append(parameters, 2.0))

    assert with_trend == pytest.approx(Objective(embeddings, scores, GROUPS)(parameters)[0] + 0.1 * 2.0**2)


def test_the_value_is_that_of_the_formula() -> None:
    embeddings, scores = observations(15, 3)
    w, log_noise = np.array([-2.0, -1.0, -3.0, -2.5]), -1.5
    squared = sum(
        np.exp(w[g]) * (embeddings[:, None, c] - embeddings[None, :, c]) ** 2 for c, g in enumerate(GROUPS.of_column)
    )
    root = np.sqrt(3 * np.asarray(squared))
    covariance = (1 + root) * np.exp(-root) + np.exp(log_noise) * np.eye(15)
    fit = scores @ np.linalg.inv(covariance) @ scores
    likelihood = 15 / 2 * np.log(fit / 15) + 0.5 * np.linalg.slogdet(covariance)[1]
    # Block means -1.5, -3 and -2.5; the mean of all is -2.125.
    within = 0.5**2 + 0.5**2
    between = (-1.5 + 2.125) ** 2 + (-3 + 2.125) ** 2 + (-2.5 + 2.125) ** 2
    penalty = 0.3 * within + 0.3 * between + 0.05 * (-2.125 + np.log(8)) ** 2

    value, _ = Objective(embeddings, scores, GROUPS)(np.append(w, log_noise))

    assert value == pytest.approx(likelihood + penalty)
