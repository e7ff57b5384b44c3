import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from app.domain.observation import MAX_MEASURED
from app.proximity.value_transform import ValueTransform

VALUES = st.lists(st.integers(-30, 30).map(float), min_size=1, max_size=60).map(np.array)


def test_scores_are_the_mean_of_normal_score_and_compressed_distance() -> None:
    # The median is 2, the quartiles 1 and 3: a robust standard deviation is 2 / 1.349.
    values = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    z = (values - 2) * 1.349 / 2

    observed = ValueTransform.fit(values)

    by_rank = norm.ppf([0.1, 0.3, 0.5, 0.7, 0.9])
    by_distance = np.arcsinh(1.5 * z) / 1.06
    np.testing.assert_allclose(observed.scores, (by_rank + by_distance) / 2, atol=1e-12)


def test_scores_are_centered() -> None:
    observed = ValueTransform.fit(np.array([90.0, 10.0, 94.0, 94.0]))

    assert observed.scores.mean() == pytest.approx(0)


def test_scores_of_normal_values_are_about_standard_normal() -> None:
    scores = ValueTransform.fit(np.random.default_rng(0).normal(90, 2, size=5000)).scores

    assert scores.std() == pytest.approx(1, abs=0.02)
    np.testing.assert_allclose(np.quantile(scores, [0.1, 0.5, 0.9]), norm.ppf([0.1, 0.5, 0.9]), atol=0.1)


def test_equal_values_share_their_score() -> None:
    observed = ValueTransform.fit(np.array([1.0, 2.0, 2.0, 3.0]))

    # Ranks 1, 2.5, 2.5 and 4 of 4; the quartiles are 1.75 and 2.25.
    end = (norm.ppf(0.875) + np.arcsinh(1.5 * 1.349 / 0.5) / 1.06) / 2
    np.testing.assert_allclose(observed.scores, [-end, 0, 0, end], atol=1e-12)
    assert observed.scores[1] == observed.scores[2]


def test_a_gap_between_values_is_a_gap_between_scores() -> None:
    near, far = (ValueTransform.fit(np.array([1.0, 2.0, 3.0, 4.0, 5.0, last])).knots for last in (6.0, 9.0))

    assert far[-1] - far[-2] > near[-1] - near[-2] + 0.1


@pytest.mark.parametrize("worst", [-500.0, -1e6, -MAX_MEASURED])
def test_where_half_of_the_values_are_one_and_the_same_the_others_have_scores(worst: float) -> None:
    scores = ValueTransform.fit(np.array([worst, *[50.0] * 8, 51.0])).scores

    assert np.isfinite(scores).all()
    assert scores[0] < scores[1] == scores[8] < scores[9]


@given(values=st.lists(st.floats(-MAX_MEASURED, MAX_MEASURED), min_size=1, max_size=20).map(np.array))
@example(values=np.array([0, 1e-300, 0, 0, MAX_MEASURED, -MAX_MEASURED]))
def test_values_of_any_size_have_finite_scores(values: np.ndarray) -> None:
    scores = ValueTransform.fit(values).scores

    assert np.isfinite(scores).all()
    assert (np.diff(scores[np.argsort(values)]) >= 0).all()


@given(values=VALUES, power=st.integers(-20, 20), offset=st.integers(-100, 100))
def test_scores_do_not_depend_on_the_unit(values: np.ndarray, power: int, offset: int) -> None:
    scores = ValueTransform.fit(values).scores

    np.testing.assert_allclose(ValueTransform.fit((values + offset) * 2.0**power).scores, scores, atol=1e-9)


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


def test_how_far_away_an_outlier_is_does_not_matter() -> None:
    values = np.random.default_rng(0).normal(90, 2, size=50)
    far, farther = (ValueTransform.fit(np.append(values, worst)) for worst in (-1e3, -1e6))

    np.testing.assert_array_equal(farther.scores, far.scores)
    np.testing.assert_array_equal(farther.to_values(np.linspace(-1, 1, 9)), far.to_values(np.linspace(-1, 1, 9)))


def test_an_outlier_moves_the_scores_of_the_others_by_a_hundredth() -> None:
    values = np.random.default_rng(0).normal(90, 2, size=50)
    beside, outlier = (ValueTransform.fit(np.append(values, worst)) for worst in (values.min() - 1, -1e6))

    np.testing.assert_allclose(outlier.scores[:-1], beside.scores[:-1], atol=0.01)
    assert outlier.scores[-1] > -3


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
