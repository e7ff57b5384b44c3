"""Estimates of many architectures, which rest on anchors and on the nearest."""

import numpy as np
import pytest

from app.predictor import basis, known_points
from app.predictor.metric_model import MetricModel
from app.predictor.ports import Float32Array
from app.proximity.scales import Scales
from app.proximity.weighting import Weighting

from .models import GROUPS, NamedModel, heights, model_of, new_index, points

N = 1300
WHERE = points(N)
IDS = [f"p{i}" for i in range(N)]
VALUES = (np.array(heights(WHERE)) + np.random.default_rng(5).normal(scale=0.5, size=N)).tolist()
UNSEEN = points(200, seed=1)
EVERY_WEIGHTING = pytest.mark.parametrize("weighting", Weighting)


def based(fitted: int, n: int = N) -> NamedModel:
    """A model of the first n trainings, whose basis is of the first of them."""
    return model_of(WHERE[:n], VALUES[:n], IDS[:n]).fitted(Scales.prior(GROUPS), fitted)


def scores(model: NamedModel, where: Float32Array = UNSEEN, weighting: Weighting = Weighting.KRIGING) -> np.ndarray:
    found: np.ndarray = model.estimate(where, weighting).estimates.score
    return found


@pytest.mark.parametrize("fitted", [1000, 1200, N])
@pytest.mark.parametrize("most", [basis.MAX_ANCHORS, 500])
def test_anchors_and_neighbors_say_nearly_what_all_say(fitted: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basis, "MAX_ANCHORS", most)
    expected = model_of(WHERE, VALUES, IDS).estimate(UNSEEN, Weighting.KRIGING)

    found = based(fitted).estimate(UNSEEN, Weighting.KRIGING)

    width = float(np.median(expected.estimates.upper - expected.estimates.lower))
    difference = np.abs(found.estimates.score - expected.estimates.score)
    assert difference.mean() < 0.05 * width
    assert difference.max() < 0.3 * width
    assert np.median(found.estimates.std / expected.estimates.std) == pytest.approx(1, abs=0.1)


def test_where_all_are_anchors_the_mean_is_that_of_all() -> None:
    expected = model_of(WHERE, VALUES, IDS)

    np.testing.assert_allclose(scores(based(N)), scores(expected), atol=2e-3)


def test_later_trainings_change_neither_anchors_nor_scores() -> None:
    first, all_at_once = based(1100, 1100), based(1100)

    for start in range(1100, N, 50):
        first.add(IDS[start : start + 50], WHERE[start : start + 50], VALUES[start : start + 50])

    for weighting in Weighting:
        np.testing.assert_allclose(scores(first, weighting=weighting), scores(all_at_once, weighting=weighting))


def test_a_training_counts_in_the_next_estimate() -> None:
    model = based(1200, 1200)
    there = UNSEEN[:1]
    before = scores(model, there)[0]

    model.add(["new"], there, [before + 8])
    once = scores(model, there)[0]
    model.add(["new"], there, [before + 8])

    assert before + 1 < once < scores(model, there)[0] < before + 9


@pytest.mark.parametrize("place", [0, 1250], ids=["of an anchor", "of another"])
def test_a_repeat_counts_as_if_it_had_come_with_the_others(place: int) -> None:
    repeated = based(1200)
    whole = model_of(WHERE, VALUES, IDS)
    for model in (repeated, whole):
        model.add([IDS[place]] * 3, WHERE[[place] * 3], [VALUES[place] + 6] * 3)

    assert scores(repeated, WHERE[place : place + 1]) == pytest.approx(scores(whole, WHERE[place : place + 1]), abs=0.5)


@EVERY_WEIGHTING
def test_alone_and_together_candidates_get_the_same_estimate(weighting: Weighting) -> None:
    model = based(1200)

    together = model.estimate(UNSEEN, weighting)

    for i in range(20):
        alone = model.estimate(UNSEEN[i : i + 1], weighting)
        assert alone.estimates.score[0] == pytest.approx(together.estimates.score[i], rel=1e-6)
        assert alone.estimates.std[0] == pytest.approx(together.estimates.std[i], rel=1e-6)
        assert alone.novelty[0] == pytest.approx(together.novelty[i], rel=1e-6)


def test_an_observed_architecture_is_at_distance_0() -> None:
    model = based(1200)
    observed = WHERE[[0, 700, 1250]]

    np.testing.assert_array_equal(model.estimate(observed, Weighting.KRIGING).novelty, 0)
    np.testing.assert_array_equal(model.neighbors(observed, Weighting.KRIGING, None, 1).distances, 0)
    np.testing.assert_allclose(scores(model, observed, Weighting.INVERSE_DISTANCE), [VALUES[i] for i in (0, 700, 1250)])


@EVERY_WEIGHTING
def test_neighbors_come_nearest_first_and_are_the_nearest(weighting: Weighting) -> None:
    model, whole = based(1200), model_of(WHERE, VALUES, IDS)

    found, expected = (each.neighbors(UNSEEN[:50], weighting, None, 5) for each in (model, whole))

    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_allclose(found.distances, expected.distances, rtol=1e-4)


def test_suggestions_look_at_the_anchors_too(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = model_of(WHERE, VALUES, IDS)
    together, ascent = expected.posterior(UNSEEN[:20]), expected.ascent(UNSEEN[:20])
    monkeypatch.setattr(known_points, "MAX_FACTORIZED", 1100)

    model = based(1200)

    np.testing.assert_allclose(model.posterior(UNSEEN[:20]).mean, together.mean, atol=0.1)
    found = model.ascent(UNSEEN[:20])
    alike = (found * ascent).sum(axis=1) / np.linalg.norm(found, axis=1) / np.linalg.norm(ascent, axis=1)
    assert np.median(alike) > 0.95


def test_few_architectures_and_constant_values_have_no_basis() -> None:
    log = model_of(WHERE, [90.0] * N, IDS).log

    assert basis.Basis.of(log, N, GROUPS, Scales.prior(GROUPS)) is None
    assert basis.Basis.of(model_of(WHERE, VALUES, IDS).log, basis.FROM - 1, GROUPS, Scales.prior(GROUPS)) is None


def test_a_model_that_nobody_wants_any_more_is_given_up_within_a_block_of_its_factorization() -> None:
    model = model_of(WHERE, VALUES, IDS).model
    calls = 0

    def go_on() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        MetricModel.of(model.log, GROUPS, new_index, Scales.prior(GROUPS), N, go_on)

    assert calls == 3 < N / 256
