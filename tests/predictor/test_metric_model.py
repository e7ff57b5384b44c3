from math import sqrt

import numpy as np
import pytest

from app.domain.prediction import Observed
from app.domain.study import Direction
from app.predictor import known_points
from app.predictor.near_points import NEIGHBORS
from app.proximity.weighting import Weighting

from .models import empty_model, heights, model_of, names, on_a_line, points

EACH_WEIGHTING = pytest.mark.parametrize("weighting", list(Weighting))


def test_a_new_model_is_empty() -> None:
    model = empty_model()

    assert len(model) == model.n_observations == 0
    assert model.best(Direction.MAXIMIZE) is None
    assert model.observed("p0") is None


@EACH_WEIGHTING
def test_one_observation_is_the_estimate_of_everything(weighting: Weighting) -> None:
    found = model_of(points(1), [93.0]).estimate(points(5, seed=1), weighting)

    assert found.estimates.score.tolist() == [93] * 5
    assert np.isnan([found.estimates.std, found.estimates.lower, found.estimates.upper]).all()
    assert np.isnan(found.novelty).all()
    assert found.k == 1


@EACH_WEIGHTING
def test_half_way_between_two_observations_is_their_mean(weighting: Weighting) -> None:
    model = model_of(on_a_line(-1, 1), [90.0, 94.0])

    found = model.estimate(on_a_line(0), weighting)

    assert found.estimates.score[0] == pytest.approx(92)
    assert found.estimates.lower[0] < 92 < found.estimates.upper[0]


def test_nearer_neighbor_counts_for_more() -> None:
    model = model_of(on_a_line(-1, 1), [90.0, 94.0])

    scores = [
        model.estimate(on_a_line(0.4), w).estimates.score[0] for w in (Weighting.KRIGING, Weighting.INVERSE_DISTANCE)
    ]

    assert all(92 < score < 94 for score in scores)


@EACH_WEIGHTING
def test_values_that_are_all_the_same_are_the_estimate(weighting: Weighting) -> None:
    found = model_of(points(20), [93.0] * 20).estimate(points(5, seed=1), weighting)

    assert found.estimates.score.tolist() == [93] * 5
    assert np.isnan(found.estimates.std).all()


@EACH_WEIGHTING
def test_more_neighbors_than_there_are_is_all_of_them(weighting: Weighting) -> None:
    model = model_of(points(20), heights(points(20)))

    beyond = model.estimate(points(5, seed=1), weighting, 10**18)
    every = model.estimate(points(5, seed=1), weighting, 20)

    assert beyond.k == every.k == 20
    np.testing.assert_array_equal(beyond.estimates.score, every.estimates.score)


def test_an_observed_candidate_weighed_by_distance_is_what_was_measured() -> None:
    model = model_of(points(20), heights(points(20)))

    found = model.estimate(points(20), Weighting.INVERSE_DISTANCE)

    np.testing.assert_allclose(found.estimates.score, heights(points(20)), rtol=1e-9)


def test_an_observed_candidate_is_close_to_what_was_measured() -> None:
    model = model_of(points(60), heights(points(60)))

    error = model.estimate(points(60), Weighting.KRIGING).estimates.score - heights(points(60))

    assert np.abs(error).mean() < 0.3


def test_uniform_weights_are_plain_nearest_neighbors() -> None:
    # Three values at even ranks: the middle one is the mean of their normal scores.
    model = model_of(on_a_line(0, 1, 2, 50), [91.0, 90.0, 92.0, 10.0])

    assert model.estimate(on_a_line(1), Weighting.UNIFORM, 1).estimates.score[0] == pytest.approx(90)
    assert model.estimate(on_a_line(0.9), Weighting.UNIFORM, 3).k == 3


def test_the_papers_ten_neighbors_are_the_default_of_its_weighting() -> None:
    model = model_of(points(20), heights(points(20)))

    assert model.estimate(points(1), Weighting.INVERSE_DISTANCE).k == 10
    assert model.estimate(points(1), Weighting.UNIFORM).k == 10
    assert model.estimate(points(1), Weighting.KRIGING).k == 20


def test_repeats_of_an_architecture_are_one_point_with_their_mean() -> None:
    model = model_of(on_a_line(0, 0, 1), [90.0, 94.0, 80.0], ["p0", "p0", "p1"])

    assert len(model) == 2
    assert model.n_observations == 3
    assert model.observed("p0") == Observed(92, 2, sqrt(8))
    assert model.observed("p1") == Observed(80, 1)
    assert model.estimate(on_a_line(0), Weighting.UNIFORM, 1).estimates.score[0] == pytest.approx(92)


def test_repeats_make_the_estimate_surer() -> None:
    where, values = points(20), heights(points(20))
    once, often = model_of(where, values), model_of(where, values)
    often.add(["p3"] * 9, np.repeat(where[3:4], 9, axis=0), [values[3]] * 9)

    before, after = (model.estimate(where[3:4], Weighting.KRIGING).estimates for model in (once, often))

    assert after.std[0] < before.std[0]
    assert abs(after.score[0] - values[3]) < abs(before.score[0] - values[3])


def test_copies_of_a_network_under_other_ids_do_not_break_the_estimate() -> None:
    where = np.repeat(points(3), 20, axis=0)

    found = model_of(where, heights(where)).estimate(points(3), Weighting.KRIGING)

    assert np.isfinite(found.estimates.score).all()
    assert found.novelty.tolist() == [0, 0, 0]


def test_one_failed_network_does_not_pull_its_neighborhood_down() -> None:
    where, candidates = points(60), points(200, seed=1)
    values = heights(where)
    healthy = model_of(where, values).estimate(candidates, Weighting.KRIGING).estimates.score

    failed = model_of(where, [*values[:-1], -1e6]).estimate(candidates, Weighting.KRIGING).estimates.score

    # What is expected to be no better than the worst of the others may be as bad as the failed one: 3 of 200.
    as_bad = healthy < min(values[:-1])
    assert as_bad.sum() == 3
    assert np.abs(failed - healthy)[~as_bad].max() < 2
    assert np.median(np.abs(failed - healthy)) < 0.01


def test_how_far_an_outlier_is_does_not_matter() -> None:
    where = points(60)
    values = heights(where)
    far, farther = ([*values[:-1], outlier] for outlier in (1e3, 1e6))

    # Scores that stay between the observed values other than the outlier.
    found = [model_of(where, v).estimate(where[:20], Weighting.KRIGING).estimates.score for v in (far, farther)]

    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)


def test_the_best_is_by_mean_in_the_metrics_direction() -> None:
    model = model_of(points(4), [93.0, 95.0, 91.0, 93.0])
    model.add(["p1"], points(4)[1:2], [85.0])

    assert model.best(Direction.MAXIMIZE) == ("p0", Observed(93, 1))
    assert model.best(Direction.MINIMIZE) == ("p1", Observed(90, 2, sqrt(50)))


def test_ids_are_in_the_order_of_first_appearance() -> None:
    model = model_of(points(3), [1.0, 2.0, 3.0], ["c", "a", "c"])
    model.add(["b", "a"], points(2), [1.0, 2.0])

    assert model.ids == ["c", "a", "b"]


@EACH_WEIGHTING
def test_error_bars_are_positive_and_hold_the_score(weighting: Weighting) -> None:
    found = model_of(points(60), heights(points(60))).estimate(points(200, seed=1), weighting).estimates

    assert (found.std > 0).all()
    assert (found.lower < found.score).all()
    assert (found.score < found.upper).all()


@EACH_WEIGHTING
def test_error_bars_shrink_near_observations(weighting: Weighting) -> None:
    where = points(60)
    model = model_of(where, heights(where))

    widths = [
        float(np.median(found.upper - found.lower))
        for distance in (0, 0.5, 2, 8)
        for found in [model.estimate(where + np.float32(distance), weighting).estimates]
    ]

    assert widths == sorted(widths)
    assert widths[0] < widths[-1] / 1.5


def test_an_observation_is_less_surprising_than_what_is_far_from_all() -> None:
    model = model_of(on_a_line(0, 1, 2, 9), [90.0, 91.0, 92.0, 93.0])

    novelty = model.estimate(on_a_line(2, 2.5, 3, 4, 19), Weighting.KRIGING).novelty

    # The distances to the nearest are 1, 1, 1 and 7: the typical one is 1.
    np.testing.assert_allclose(novelty, [0, 0.5, 1, 2, 10], atol=1e-6)


@EACH_WEIGHTING
def test_an_observed_candidate_is_not_novel_at_all(weighting: Weighting) -> None:
    where = points(60) * np.float32(37.0)

    novelty = model_of(where, heights(where)).estimate(where, weighting).novelty

    assert novelty.max() < 1e-6
    assert weighting is not Weighting.KRIGING or novelty.tolist() == [0] * 60


def test_novelty_is_unknown_while_all_observations_are_at_one_place() -> None:
    model = model_of(on_a_line(1, 1), [90.0, 91.0])

    novelty = model.estimate(on_a_line(1, 2), Weighting.KRIGING).novelty

    assert novelty[0] == 0
    assert np.isnan(novelty[1])


@EACH_WEIGHTING
def test_an_estimate_of_no_candidates_is_empty(weighting: Weighting) -> None:
    found = model_of(points(20), heights(points(20))).estimate(points(0), weighting)

    assert len(found.estimates.score) == len(found.novelty) == 0


def test_names_do_not_matter() -> None:
    where, values = points(20), heights(points(20))

    found = [
        model_of(where, values, ids).estimate(points(5, seed=1), Weighting.KRIGING).estimates.score
        for ids in (names(20), names(20)[::-1])
    ]

    np.testing.assert_array_equal(found[0], found[1])


def test_no_request_makes_the_model_weigh_thousands_one_candidate_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(points(300), heights(points(300)))

    def weighed(weighting: Weighting, k: int) -> int:
        return int(model.estimate(points(2, seed=1), weighting, k).k)

    assert [weighed(weighting, 256) for weighting in Weighting] == [256] * 3
    assert [weighed(weighting, 257) for weighting in Weighting] == [300, 256, 256]
    monkeypatch.setattr(known_points, "MAX_FACTORIZED", 200)
    model = model_of(points(300), heights(points(300)))
    assert [weighed(weighting, 10**18) for weighting in Weighting] == [2 * NEIGHBORS, 256, 256]
