"""Trainings of less than full fidelity, and what they add to estimates."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import kendalltau

from app.domain.prediction import Observed
from app.domain.study import Direction
from app.predictor import known_points, metric_model
from app.predictor.level_model import LevelModel
from app.predictor.metric_model import MetricModel
from app.predictor.ports import Float32Array
from app.proximity.kernel import FloatArray
from app.proximity.weighting import Weighting

from .models import DIMENSION, GROUPS, NamedModel, empty_model, heights, names, new_index, on_a_line, points

QUICK, MIDDLE, FULL = 1 / 16, 1 / 4, 1.0
TRIED, TRAINED, UNSEEN = points(120), points(120)[:12], points(300, seed=9)


def early(where: Float32Array, seed: int = 1) -> list[float]:
    """What a quick training gives: lower, and with more chance."""
    chance = np.random.default_rng(seed).normal(scale=0.5, size=len(where))
    return [float(60 + 0.5 * (height - 90) + noise) for height, noise in zip(heights(where), chance, strict=True)]


def model_of(*levels: tuple[float, Float32Array, Sequence[float]]) -> NamedModel:
    """A model of trainings at levels, its scales fitted; the architectures are called by their places in TRIED."""
    model = empty_model()
    for level, where, values in levels:
        model.add(names(len(where)), where, values, [level] * len(where))
    return fitted(model)


def fitted(model: NamedModel) -> NamedModel:
    return model.fitted(model.log.fit(model.n_observations, GROUPS))


def tau_of(model: NamedModel, where: Float32Array = UNSEEN) -> float:
    return float(kendalltau(model.estimate(where, Weighting.KRIGING).estimates.score, heights(where)).statistic)


def both() -> NamedModel:
    return model_of((QUICK, TRIED, early(TRIED)), (FULL, TRAINED, heights(TRAINED)))


def test_quick_trainings_help_where_full_ones_are_few() -> None:
    assert tau_of(both()) > tau_of(model_of((FULL, TRAINED, heights(TRAINED)))) + 0.15


def test_what_full_trainings_follow_is_read_without_its_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which took a second after each observation, where both levels have thousands."""
    model = both()
    model.add(["late"], UNSEEN[:1], [90.0], [FULL])
    monkeypatch.setattr(LevelModel, "latent", lambda *_: pytest.fail("read with its variance"))

    model.prepare()


@pytest.mark.parametrize("factorized", [known_points.MAX_FACTORIZED, 60])
def test_what_is_expected_is_the_mean_of_what_is_latent(monkeypatch: pytest.MonkeyPatch, factorized: int) -> None:
    monkeypatch.setattr(known_points, "MAX_FACTORIZED", factorized)
    monkeypatch.setattr("app.predictor.near_points._SIGNAL_OF", 50)
    model = LevelModel(GROUPS, new_index, both().scales)
    model.add(np.arange(120), TRIED, np.array(early(TRIED)))

    np.testing.assert_allclose(model.expected(UNSEEN), model.latent(UNSEEN).mean, rtol=1e-12)


def test_estimates_are_in_the_unit_of_full_trainings() -> None:
    found = both().estimate(TRIED, Weighting.KRIGING).estimates

    assert np.abs(found.score - heights(TRIED)).mean() < 1.5
    assert np.mean((found.lower < heights(TRIED)) & (heights(TRIED) < found.upper)) > 0.75


def test_quick_trainings_that_tell_nothing_do_little_harm() -> None:
    shuffled = np.random.default_rng(5).permutation(early(TRIED)).tolist()
    where = points(30)
    alone = model_of((FULL, where, heights(where)))

    assert tau_of(model_of((QUICK, TRIED, shuffled), (FULL, where, heights(where)))) > tau_of(alone) - 0.03


def test_of_several_levels_the_better_half_goes_on() -> None:
    order = np.argsort(early(TRIED))[::-1]
    half, few = TRIED[order[:60]], TRIED[order[:12]]

    model = empty_model()
    model.add(names(120), TRIED, early(TRIED), [QUICK] * 120)
    model.add([f"p{i}" for i in order[:60]], half, early(half, seed=2), [MIDDLE] * 60)
    model.add([f"p{i}" for i in order[:12]], few, heights(few))

    alone = empty_model()
    alone.add(names(12), few, heights(few))
    assert tau_of(fitted(model)) > tau_of(fitted(alone)) + 0.25


def test_a_fit_reads_lower_trainings_as_the_model_does() -> None:
    model = empty_model()
    model.add(names(120), TRIED, early(TRIED), [QUICK] * 120)
    model.add(names(60), TRIED[:60], early(TRIED[:60], seed=2), [MIDDLE] * 60)
    model.add(names(30), TRIED[:30], early(TRIED[:30], seed=3), [QUICK] * 30)  # repeats
    model.add(names(12), TRAINED, heights(TRAINED))
    model = fitted(model)
    below, lower = model.log.below_target(), model.scales.lower
    assert lower is not None
    assert model._lower is not None

    at_full = np.insert(UNSEEN.astype(np.float64), 0, 0.0, axis=1)
    found = below.read(at_full, lower, GROUPS.with_level(), np.random.default_rng(0))

    np.testing.assert_allclose(found, model._lower.expected(UNSEEN), atol=1e-9)


def test_what_was_measured_is_what_full_trainings_gave() -> None:
    model = both()

    assert (len(model), model.n_observations) == (12, 132)
    assert model.level == FULL
    assert model.per_level == {QUICK: 120, FULL: 12}
    assert model.observed("p3") == Observed(heights(TRAINED)[3], 1)
    assert model.observed("p50") is None
    best = model.best(Direction.MAXIMIZE)
    assert best is not None
    assert best[0] in names(12)


def test_until_there_are_five_full_trainings_estimates_are_of_the_level_below() -> None:
    model = model_of((QUICK, TRIED, early(TRIED)), (FULL, TRIED[:4], heights(TRIED[:4])))

    assert model.level == QUICK
    assert len(model) == 120
    assert model.estimate(UNSEEN, Weighting.KRIGING).estimates.score.max() < 70

    model.add(["p4"], TRIED[4:5], heights(TRIED[4:5]))
    assert model.level == FULL
    assert len(model) == 5
    assert model.estimate(UNSEEN, Weighting.KRIGING).estimates.score.min() > 70


def test_in_a_large_study_another_level_counts_once_that_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_model, "REBUILT_AT_ONCE", 100)
    model = model_of((QUICK, TRIED, early(TRIED)))
    before = model.to_fit

    model.add(names(12), TRAINED, heights(TRAINED))
    model.add(["p0"], TRIED[:1], [70.0], [MIDDLE])
    meanwhile = model.estimate(UNSEEN, Weighting.KRIGING).estimates.score

    assert (model.level, len(model)) == (QUICK, 120)
    assert meanwhile.max() < 70
    assert model.to_fit > before
    model.prepare()
    assert (model.level, len(model)) == (FULL, 12)
    scales = model.scales
    expected = MetricModel.of(model.log, GROUPS, new_index, scales).estimate(UNSEEN, Weighting.KRIGING).estimates.score
    np.testing.assert_allclose(model.estimate(UNSEEN, Weighting.KRIGING).estimates.score, expected, atol=1e-9)


@pytest.mark.parametrize("sizes", [[132], [1] * 132, [40, 90, 2]], ids=["at once", "one by one", "in batches"])
def test_the_order_in_which_trainings_come_in_does_not_matter(sizes: list[int]) -> None:
    log = both().log
    scales = log.fit(len(log.rows), GROUPS)
    order = np.random.default_rng(0).permutation(len(log.rows))
    model = MetricModel(GROUPS, new_index, scales)
    for chosen in np.split(order, np.cumsum(sizes)[:-1]):
        model.add(log.rows[chosen], log.values[chosen], log.embeddings, log.levels[chosen])
        model.estimate(UNSEEN, Weighting.KRIGING)

    found = model.estimate(UNSEEN, Weighting.KRIGING).estimates

    expected = MetricModel.of(log, GROUPS, new_index, scales).estimate(UNSEEN, Weighting.KRIGING).estimates
    np.testing.assert_allclose(found.score, expected.score, atol=1e-6)
    np.testing.assert_allclose(found.std, expected.std, atol=1e-6)


def test_a_quick_training_counts_from_the_next_estimate_on() -> None:
    model = both()
    there = on_a_line(0.7)
    before = model.estimate(there, Weighting.KRIGING).estimates.score[0]

    model.add(["new"], there, [40.0], [QUICK])

    assert model.estimate(there, Weighting.KRIGING).estimates.score[0] < before - 0.5


def test_weights_of_all_neighbors_add_up_to_the_estimate() -> None:
    model = both()

    found = model.neighbors(UNSEEN[:20], Weighting.KRIGING, None, 100)

    mean = model.estimate(UNSEEN[:20], Weighting.KRIGING).estimates.mean
    trend = model._guess(UNSEEN[:20])
    assert trend is not None
    np.testing.assert_allclose((found.weights * model.scores[found.labels]).sum(axis=1), mean, atol=1e-9)


def test_alone_and_together_candidates_are_as_sure() -> None:
    model = both()

    posterior = model.posterior(UNSEEN[:20])

    found = model.estimate(UNSEEN[:20], Weighting.KRIGING).estimates
    np.testing.assert_allclose(posterior.mean, found.mean, atol=1e-9)
    caution = found.deviation / np.sqrt(np.diag(posterior.covariance) + posterior.noise)
    np.testing.assert_allclose(caution, caution[0], rtol=1e-6)


def test_the_rough_look_has_the_same_mean() -> None:
    model = both()

    mean, deviation = model.rough(UNSEEN)

    np.testing.assert_allclose(mean, model.estimate(UNSEEN, Weighting.KRIGING).estimates.mean, atol=1e-9)
    assert (deviation > 0).all()


def test_the_ascent_is_the_slope_of_the_estimate() -> None:
    model, where, step = both(), UNSEEN[:5].astype(np.float64), 1e-5

    ascent = model.ascent(where)

    def mean(moved: FloatArray) -> FloatArray:
        found: FloatArray = model.estimate(moved, Weighting.KRIGING).estimates.mean
        return found

    for column in range(DIMENSION):
        aside = step * np.eye(DIMENSION)[column]
        np.testing.assert_allclose(
            ascent[:, column], (mean(where + aside) - mean(where - aside)) / (2 * step), atol=1e-5
        )


@pytest.mark.parametrize("weighting", [Weighting.INVERSE_DISTANCE, Weighting.UNIFORM])
def test_other_weightings_leave_quick_trainings_out(weighting: Weighting) -> None:
    alone, model = model_of((FULL, TRAINED, heights(TRAINED))), both()
    model.add(["p0"], TRAINED[:1], heights(TRAINED[:1]))  # while nobody has asked for the trend
    alone.add(["p0"], TRAINED[:1], heights(TRAINED[:1]))

    found, expected = (each.estimate(TRAINED, weighting, 1).estimates for each in (model, alone))

    np.testing.assert_allclose(found.score, expected.score)


def test_beyond_one_factorization_full_trainings_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_points, "MAX_FACTORIZED", 1100)
    many = points(1200, seed=3)
    model = empty_model()
    model.add(names(120), TRIED, early(TRIED), [QUICK] * 120)
    model.add([f"q{i}" for i in range(1200)], many, heights(many))
    model.prepare()
    alone = empty_model()
    alone.add([f"q{i}" for i in range(1200)], many, heights(many))

    found, expected = (each.estimate(UNSEEN[:20], Weighting.KRIGING).estimates.score for each in (model, alone))

    np.testing.assert_array_equal(found, expected)


def test_many_quick_trainings_are_read_by_their_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = both().estimate(UNSEEN, Weighting.KRIGING).estimates.score
    monkeypatch.setattr(known_points, "MAX_FACTORIZED", 100)
    monkeypatch.setattr("app.predictor.near_points._SIGNAL_OF", 100)

    found = both().estimate(UNSEEN, Weighting.KRIGING).estimates.score

    assert np.corrcoef(found, expected)[0, 1] > 0.9


def test_constant_quick_trainings_change_nothing() -> None:
    alone = model_of((FULL, TRAINED, heights(TRAINED)))
    model = model_of((QUICK, TRIED, [50.0] * 120), (FULL, TRAINED, heights(TRAINED)))

    found, expected = (each.estimate(UNSEEN, Weighting.KRIGING).estimates.score for each in (model, alone))

    np.testing.assert_allclose(found, expected)
