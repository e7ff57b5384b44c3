import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proximity.estimates import Estimates
from app.proximity.value_transform import ValueTransform


def straight(n: int) -> ValueTransform:
    """Values that are twice their scores, plus ten: the map back is one straight line."""
    scores = np.linspace(-2.5, 2.5, n)
    return ValueTransform(scores, scores, 10 + 2 * scores, (2.0, 2.0))


def test_the_score_of_an_observed_value_leads_back_to_it() -> None:
    observed = ValueTransform.fit(np.array([1.0, 5.0, 90.0]))

    assert Estimates.of(observed.scores, np.ones(3), observed).score.tolist() == [1, 5, 90]


def test_the_interval_is_ninety_percent_of_a_normal_distribution() -> None:
    estimates = Estimates.of(np.array([0.5]), np.array([0.25]), straight(1000))

    # Caution is 1 + 0.12 * 100 / 1000 with a thousand observations.
    deviation = 1.012 * 0.5
    assert estimates.score[0] == pytest.approx(10 + 2 * 0.5)
    assert estimates.std[0] == pytest.approx(2 * deviation)
    assert estimates.lower[0] == pytest.approx(11 - 1.6449 * 2 * deviation)
    assert estimates.upper[0] == pytest.approx(11 + 1.6449 * 2 * deviation)


@pytest.mark.parametrize(("n", "caution"), [(20, 1.12), (100, 1.12), (200, 1.06), (1200, 1.01)])
def test_few_observations_make_intervals_wider(n: int, caution: float) -> None:
    estimates = Estimates.of(np.array([0.0]), np.array([1.0]), straight(n))

    assert estimates.std[0] == pytest.approx(2 * caution)


@settings(deadline=None)
@given(
    values=st.lists(st.integers(0, 50).map(float), min_size=2, max_size=40),
    mean=st.floats(-6, 6),
    variance=st.floats(0, 9),
)
def test_an_interval_contains_its_score(values: list[float], mean: float, variance: float) -> None:
    observed = ValueTransform.fit(np.array(values))

    estimates = Estimates.of(np.array([mean]), np.array([variance]), observed)

    if observed.constant:
        assert np.isnan([estimates.std, estimates.lower, estimates.upper]).all()
    else:
        assert estimates.lower[0] <= estimates.score[0] <= estimates.upper[0]
        assert estimates.std[0] >= 0


def test_nothing_is_known_of_the_spread_where_all_values_are_the_same() -> None:
    estimates = Estimates.of(np.array([-1.0, 2.0]), np.array([1.0, 1.0]), ValueTransform.fit(np.full(5, 93.0)))

    assert estimates.score.tolist() == [93, 93]
    assert np.isnan([estimates.std, estimates.lower, estimates.upper]).all()
    assert estimates.std.shape == estimates.lower.shape == estimates.upper.shape == (2,)


def test_a_certain_estimate_has_no_width() -> None:
    estimates = Estimates.of(np.array([0.3]), np.array([0.0]), straight(50))

    assert estimates.std[0] == 0
    assert estimates.lower[0] == estimates.score[0] == estimates.upper[0]


def test_a_larger_variance_gives_a_wider_interval() -> None:
    estimates = Estimates.of(np.zeros(3), np.array([0.1, 0.2, 0.4]), straight(50))

    assert (np.diff(estimates.std) > 0).all()
    assert (np.diff(estimates.lower) < 0).all()
    assert (np.diff(estimates.upper) > 0).all()
