import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from app.proximity.value_transform import ValueTransform

VALUES = st.lists(st.integers(-30, 30).map(float), min_size=1, max_size=60).map(np.array)


def test_scores_are_normal_quantiles_of_the_ranks() -> None:
    observed = ValueTransform.fit(np.array([90.0, 10.0, 94.0]))

    np.testing.assert_allclose(observed.scores, norm.ppf([3 / 6, 1 / 6, 5 / 6]), atol=1e-12)


def test_equal_values_share_their_score() -> None:
    observed = ValueTransform.fit(np.array([1.0, 2.0, 2.0, 3.0]))

    # ranks 1, 2.5, 2.5 and 4 of 4
    np.testing.assert_allclose(observed.scores, norm.ppf([0.125, 0.5, 0.5, 0.875]), atol=1e-12)
    assert observed.scores[1] == observed.scores[2]


@given(values=VALUES)
def test_a_larger_value_has_a_larger_score(values: np.ndarray) -> None:
    scores = ValueTransform.fit(values).scores

    np.testing.assert_array_equal(
        np.sign(np.subtract.outer(scores, scores)), np.sign(np.subtract.outer(values, values))
    )


@given(values=VALUES)
def test_scores_of_observed_values_lead_back_to_them(values: np.ndarray) -> None:
    observed = ValueTransform.fit(values)

    np.testing.assert_array_equal(observed.to_values(observed.scores), values)


@settings(deadline=None)
@given(values=VALUES, seed=st.integers(0, 1000))
def test_the_way_back_is_monotone_everywhere(values: np.ndarray, seed: int) -> None:
    observed = ValueTransform.fit(values)
    scores = np.sort(np.random.default_rng(seed).normal(scale=3, size=200))

    found = observed.to_values(scores)

    assert (np.diff(found) >= 0).all() if observed.constant else (np.diff(found) > 0).all()


def test_between_two_values_the_way_back_is_a_straight_line() -> None:
    observed = ValueTransform.fit(np.array([10.0, 20.0]))

    middle, quarter = observed.to_values(np.array([0.0, observed.knots[0] / 2]))

    assert middle == 15
    assert quarter == 12.5


def test_tails_go_on_with_the_slope_to_the_value_three_places_inside() -> None:
    values = np.array([0.0, 10.0, 20.0, 30.0, 31.0, 32.0, 90.0])
    observed = ValueTransform.fit(values)
    t = observed.knots

    below, above = observed.to_values(np.array([t[0] - 2, t[-1] + 2]))

    assert below == pytest.approx(0 - 2 * (30 - 0) / (t[3] - t[0]))
    assert above == pytest.approx(90 + 2 * (90 - 30) / (t[6] - t[3]))


def test_tails_of_many_values_reach_a_tenth_inside() -> None:
    values = np.arange(100.0) ** 2
    observed = ValueTransform.fit(values)
    t = observed.knots

    assert observed.slopes[0] == pytest.approx((10**2 - 0) / (t[10] - t[0]))
    assert observed.slopes[1] == pytest.approx((99**2 - 89**2) / (t[99] - t[89]))


def test_candidates_beyond_the_best_value_never_tie() -> None:
    observed = ValueTransform.fit(np.array([10.0, 90.0, 91.0, 92.0, 92.0]))

    beyond = observed.to_values(observed.knots[-1] + np.array([0.0, 0.01, 0.02, 5.0]))

    assert (np.diff(beyond) > 0).all()


def test_an_outlier_does_not_move_the_scores_of_the_others() -> None:
    values = np.random.default_rng(0).normal(90, 2, size=50)
    beside, outlier = np.append(values, values.min() - 1), np.append(values, -1e6)

    np.testing.assert_array_equal(ValueTransform.fit(outlier).scores, ValueTransform.fit(beside).scores)


def test_an_outlier_does_not_move_estimates_among_the_others() -> None:
    values = np.random.default_rng(0).normal(90, 2, size=50)
    middle = np.linspace(-1, 1, 9)

    beside, outlier = (
        ValueTransform.fit(np.append(values, worst)).to_values(middle) for worst in (values.min() - 1, -1e6)
    )

    np.testing.assert_array_equal(outlier, beside)


def test_one_value_is_every_estimate() -> None:
    observed = ValueTransform.fit(np.array([93.0]))

    assert observed.constant
    assert observed.scores.tolist() == [0]
    assert observed.to_values(np.array([-3.0, 0.0, 3.0])).tolist() == [93, 93, 93]


def test_identical_values_are_every_estimate() -> None:
    observed = ValueTransform.fit(np.full(7, 93.0))

    assert observed.constant
    assert observed.scores.tolist() == [0] * 7
    assert observed.to_values(np.array([-3.0, 3.0])).tolist() == [93, 93]


def test_two_values_go_on_straight_on_both_sides() -> None:
    observed = ValueTransform.fit(np.array([1.0, 3.0]))
    step = observed.knots[1] - observed.knots[0]

    found = observed.to_values(observed.knots[0] + step * np.array([-1, 0, 1, 2]))

    np.testing.assert_allclose(found, [-1, 1, 3, 5], rtol=1e-12)
    assert not observed.constant


def test_scores_keep_the_shape_that_was_asked() -> None:
    assert ValueTransform.fit(np.array([1.0, 2.0])).to_values(np.zeros((3, 4))).shape == (3, 4)
