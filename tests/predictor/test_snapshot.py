"""What is kept of objects, and the objects that are made of it again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from app.predictor.metric_model import MetricModel
from app.predictor.snapshot import Column, Snapshot, restored, snapshot_of
from app.proximity.kernel import FloatArray
from app.proximity.scales import Scales
from app.proximity.weighting import Weighting
from app.storage.study_cache import FileStudyCache

from .models import GROUPS, heights, model_of, names, new_index, points

WHERE, UNSEEN = points(1300), points(50, seed=1)
Kept = Callable[[MetricModel], MetricModel]
LEVELS = [0.25] * 60 + [1.0] * 20


@dataclass(frozen=True)
class Inner:
    numbers: FloatArray
    ends: tuple[float, float]


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner
    none: Inner | None = None


def test_parts_are_told_apart_by_their_names() -> None:
    whole = Snapshot({"a": 1})
    for name in ("accuracy", "accuracy.2"):
        whole.put(name, Snapshot({"n": name}, {"rows": Column.of(np.zeros(len(name)))}))

    part = whole.part("accuracy")

    assert (part.notes, list(part.columns), len(part.columns["rows"].rows)) == ({"n": "accuracy"}, ["rows"], 8)
    assert not whole.part("accuracy.")


def test_a_dataclass_comes_back_with_all_that_is_in_it() -> None:
    was = Outer("é", Inner(np.arange(3.0), (0.5, 1 / 3)))

    found = restored(Outer, snapshot_of(was))

    assert (found.name, found.none, found.inner.ends) == ("é", None, (0.5, 1 / 3))
    assert found.inner.numbers.tolist() == [0, 1, 2]


def test_scales_come_back_with_those_of_lower_fidelity() -> None:
    scales = Scales(np.array([-1.5, 1 / 3]), -2.7, log_trend=0.4, lower=Scales(np.array([-1.0]), -1.3))

    found = restored(Scales, snapshot_of(scales))

    assert (found.log_noise, found.log_trend) == (-2.7, 0.4)
    assert found.lower is not None
    assert (found.lower.log_scales.tolist(), found.lower.lower) == ([-1.0], None)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """Gives the model of a model's snapshot, which was a file meanwhile."""

    def found(model: MetricModel) -> MetricModel:
        cache = FileStudyCache(tmp_path)
        cache.save("cells", "encoder", model.snapshot())
        snapshot = cache.load("cells", "encoder")
        assert snapshot is not None
        again = MetricModel.kept(GROUPS, new_index, len(model), model.log.embeddings, snapshot)
        again.prepare()
        return again

    return found


@pytest.mark.parametrize("n", [1, 20, 300, 1300])
@pytest.mark.parametrize("weighting", Weighting)
def test_a_model_answers_as_before(kept: Kept, n: int, weighting: Weighting) -> None:
    where = WHERE[np.arange(n) % max(1, n - 3)]  # some are trained twice
    model = model_of(where, heights(where), [f"p{i % max(1, n - 3)}" for i in range(n)]).fitted(Scales.prior(GROUPS))
    assert model.based == (n == 1300)

    found, expected = (each.estimate(UNSEEN, weighting) for each in (kept(model.model), model))

    for name in ("score", "std", "lower", "upper"):
        np.testing.assert_allclose(getattr(found.estimates, name), getattr(expected.estimates, name), rtol=1e-9)
    np.testing.assert_allclose(found.novelty, expected.novelty, rtol=1e-9)


def test_a_model_of_lower_fidelities_answers_as_before(kept: Kept) -> None:
    model = model_of(WHERE[:60], heights(WHERE[:60]))
    model.add(names(20), WHERE[:20], heights(WHERE[:20]), [0.25] * 20)
    fitted = model.fitted(model.log.fit(80, GROUPS))

    found, expected = (
        each.estimate(UNSEEN, Weighting.KRIGING).estimates.score for each in (kept(fitted.model), fitted)
    )

    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_model_goes_on_as_if_it_had_never_been_kept(kept: Kept) -> None:
    """Its anchors stay, repeats of them and of others count, and so does what is new."""
    model = model_of(WHERE[:1200], heights(WHERE[:1200])).fitted(Scales.prior(GROUPS), 1100)
    again = kept(model.model)
    later = np.array([0, 1150, 1200, 1201, 1201])
    values = np.array(heights(WHERE))[later] + 3

    for each in (model.model, again):
        each.add(later, values, WHERE)

    found, expected = (each.estimate(WHERE[later], Weighting.KRIGING) for each in (again, model))
    np.testing.assert_allclose(found.estimates.score, expected.estimates.score, rtol=1e-9)
    np.testing.assert_allclose(found.estimates.std, expected.estimates.std, rtol=1e-9)
    np.testing.assert_array_equal(found.novelty, expected.novelty)
    assert again.to_fit == model.to_fit
    assert [again.observed(row) for row in later.tolist()] == [model.model.observed(row) for row in later.tolist()]


@pytest.mark.parametrize("n", range(0, 81, 5))
def test_it_is_time_for_a_fit_when_it_would_have_been(kept: Kept, n: int) -> None:
    where = points(80)
    model = model_of(where[:n], heights(where[:n]), names(n))
    again = kept(model.model)

    for i in range(n, 80):
        for each in (model.model, again):
            each.add(np.array([i]), np.array([1.0]), where, np.array([LEVELS[i]]))
        assert (again.to_fit, again.level, again.per_level) == (model.to_fit, model.level, model.per_level)
