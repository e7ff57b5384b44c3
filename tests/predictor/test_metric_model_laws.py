"""What holds for any observations, in whatever order and batches they come."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.prediction import Observed
from app.predictor import known_points
from app.predictor.level_model import Estimated
from app.predictor.metric_model import MetricModel
from app.predictor.near_points import NEIGHBORS
from app.predictor.ports import Float32Array
from app.proximity import scales
from app.proximity.scales import ColumnGroups, Scales
from app.proximity.value_transform import ValueTransform
from app.proximity.weighting import Weighting

from .models import DIMENSION, GROUPS, NamedModel, empty_model, heights, model_of, new_index, points

weightings = st.sampled_from(Weighting)


@dataclass(frozen=True)
class Trainings:
    """Observations of architectures, some of them more than once."""

    ids: list[str]
    where: Float32Array
    values: list[float]

    def added(self, model: NamedModel, order: list[int]) -> NamedModel:
        model.add([self.ids[i] for i in order], self.where[order], [self.values[i] for i in order])
        return model


@st.composite
def trainings(draw: st.DrawFn, max_size: int = 30) -> Trainings:
    of = draw(st.lists(st.integers(0, 12), min_size=1, max_size=max_size))
    places = points(13, seed=draw(st.integers(0, 50)))
    values = draw(st.lists(st.integers(0, 40).map(lambda v: 60.0 + v), min_size=len(of), max_size=len(of)))
    return Trainings([f"p{i}" for i in of], places[of], values)


def numbers(found: Estimated) -> np.ndarray:
    e = found.estimates
    return np.stack([e.score, e.std, e.lower, e.upper, found.novelty])


@settings(deadline=None)
@given(data=st.data(), observed=trainings(), weighting=weightings)
def test_neither_order_nor_batches_matter(data: st.DataObject, observed: Trainings, weighting: Weighting) -> None:
    n = len(observed.ids)
    order = data.draw(st.permutations(range(n)))
    cuts = data.draw(st.sets(st.integers(1, n)))
    at_once = observed.added(empty_model(), list(range(n)))
    in_batches = empty_model()
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), n], strict=True):
        observed.added(in_batches, order[start:stop])
        in_batches.prepare() if len(in_batches) else None

    candidates = np.concatenate([observed.where, points(5, seed=99)])
    expected, found = (model.estimate(candidates, weighting) for model in (at_once, in_batches))

    np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-8, atol=1e-8)
    assert found.k == expected.k


@settings(deadline=None)
@given(data=st.data(), observed=trainings(), weighting=weightings, k=st.none() | st.integers(1, 40))
def test_single_equals_batch_in_any_order(
    data: st.DataObject, observed: Trainings, weighting: Weighting, k: int | None
) -> None:
    model = observed.added(empty_model(), list(range(len(observed.ids))))
    candidates = np.concatenate([observed.where[:3], points(5, seed=99)])
    order = data.draw(st.permutations(range(len(candidates))))

    together = numbers(model.estimate(candidates[order], weighting, k))
    alone = [numbers(model.estimate(candidates[i : i + 1], weighting, k)) for i in order]

    np.testing.assert_allclose(together, np.concatenate(alone, axis=1), rtol=1e-9, atol=1e-9)


@settings(deadline=None)
@given(observed=trainings(), weighting=weightings, k=st.none() | st.integers(1, 40))
def test_weights_of_the_neighbors_give_the_score(observed: Trainings, weighting: Weighting, k: int | None) -> None:
    model = observed.added(empty_model(), list(range(len(observed.ids))))
    candidates = np.concatenate([observed.where[:3], points(5, seed=99)])
    means = np.array([_observed(model, key).mean for key in model.ids])
    scores = ValueTransform.fit(means)

    near = model.neighbors(candidates, weighting, k, 100)
    labels, distances, weights = near.labels, near.distances, near.weights

    weighed = scores.to_values((weights * scores.scores[labels]).sum(axis=1))
    np.testing.assert_allclose(weighed, model.estimate(candidates, weighting, k).estimates.score, rtol=1e-8, atol=1e-8)
    assert (np.diff(distances) >= 0).all()


def _observed(model: NamedModel, key: str) -> Observed:
    found = model.observed(key)
    assert found is not None
    return found


@settings(deadline=None)
@given(observed=trainings(), cut=st.integers(0, 30), weighting=weightings)
def test_a_model_of_a_log_equals_the_one_that_wrote_it(observed: Trainings, cut: int, weighting: Weighting) -> None:
    n = len(observed.ids)
    written = observed.added(empty_model(), list(range(n)))
    candidates = points(5, seed=99)
    prior = Scales.prior(GROUPS)

    whole = MetricModel.of(written.log, GROUPS, new_index, prior)
    caught_up = observed.added(empty_model(), list(range(min(cut, n))))
    caught_up.add_log(written.log, caught_up.n_observations)

    expected = numbers(written.estimate(candidates, weighting))
    for model in (whole, caught_up):
        assert model.rows.tolist() == written.rows.tolist()
        np.testing.assert_allclose(numbers(model.estimate(candidates, weighting)), expected, rtol=1e-8, atol=1e-8)


@settings(deadline=None)
@given(observed=trainings())
def test_weights_sum_to_one_but_for_kriging(observed: Trainings) -> None:
    model = observed.added(empty_model(), list(range(len(observed.ids))))

    for weighting in (Weighting.INVERSE_DISTANCE, Weighting.UNIFORM):
        weights = model.neighbors(points(5, seed=99), weighting, None, 100).weights

        np.testing.assert_allclose(weights.sum(axis=1), 1)


@pytest.mark.parametrize("repeats", [1, 3])
def test_kriging_of_as_many_neighbors_as_there_are_is_kriging_of_all(repeats: int) -> None:
    where = np.tile(points(40), (repeats, 1))
    model = model_of(where, heights(where), [f"p{i % 40}" for i in range(40 * repeats)])
    scaled = points(20, seed=1).astype(np.float64) * np.exp(GROUPS.start / 2)
    level = model._target

    read = level._together.read(scaled)
    nearest, variance = level._together.weigh(scaled, 40, Weighting.KRIGING)

    np.testing.assert_allclose((nearest.weights * level.scores[nearest.labels]).sum(axis=1), read.mean, atol=1e-9)
    np.testing.assert_allclose(variance, read.variance, atol=1e-9)


def test_beyond_one_factorization_the_nearest_say_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    where = points(1300)
    values = [v + e for v, e in zip(heights(where), np.random.default_rng(5).normal(scale=0.5, size=1300), strict=True)]
    candidates = points(200, seed=1)
    whole = model_of(where, values).estimate(candidates, Weighting.KRIGING)

    monkeypatch.setattr(known_points, "MAX_FACTORIZED", 1200)
    model = model_of(where[:1150], values[:1150], [f"p{i}" for i in range(1150)])
    model.prepare()
    model.add([f"p{i}" for i in range(1150, 1300)], where[1150:], values[1150:])
    local = model.estimate(candidates, Weighting.KRIGING)

    assert (whole.k, local.k) == (1300, 2 * NEIGHBORS)
    width = float(np.median(whole.estimates.upper - whole.estimates.lower))
    difference = np.abs(local.estimates.score - whole.estimates.score)
    assert difference.mean() < 0.05 * width
    assert difference.max() < 0.25 * width
    np.testing.assert_allclose(local.estimates.std, whole.estimates.std, rtol=0.3)
    assert np.median(local.estimates.std / whole.estimates.std) == pytest.approx(1, abs=0.05)
    np.testing.assert_allclose(local.novelty, whole.novelty, rtol=1e-5)


@pytest.mark.parametrize("most", [400, 35])
def test_scales_depend_on_the_first_observations_alone(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scales, "MAX_TO_FIT", most)
    groups = ColumnGroups(np.arange(DIMENSION), np.zeros(DIMENSION, dtype=np.int64))
    where = points(80)
    ids = [f"p{i % 60}" for i in range(80)]
    values = heights(where)
    short, long = (model_of(where[:n], values[:n], ids[:n]) for n in (40, 80))

    first, second = short.log.fit(40, groups), long.log.fit(40, groups)
    more = long.log.fit(80, groups)

    np.testing.assert_array_equal(first.log_scales, second.log_scales)
    assert first.log_noise == second.log_noise
    assert more.log_noise != first.log_noise


def test_scales_learn_which_columns_matter() -> None:
    where = points(80)
    fitted = model_of(where, heights(where)).log.fit(80, GROUPS).log_scales

    # The values are made of the first two columns.
    assert fitted[:2].min() > fitted[2:].max() + 1


def test_a_log_stays_as_it_was_while_its_model_goes_on() -> None:
    model = model_of(points(5), heights(points(5)))
    log = model.log

    model.add(["p5", "p0"], points(2, seed=1), [1.0, 2.0])

    assert (len(log.embeddings), log.rows.tolist(), len(log.values)) == (5, [0, 1, 2, 3, 4], 5)
