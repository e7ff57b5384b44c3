"""A study in memory, over embeddings that are made up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.architecture import Architecture
from app.domain.errors import NoObservationsError
from app.domain.observation import Observation, Status
from app.domain.prediction import Estimate, Expectation, Observed
from app.domain.study import Metric, Study
from app.predictor.answering import expected, predict
from app.predictor.encoding import Encoded, Encoding
from app.predictor.metric_model import MetricModel
from app.predictor.ports import Float32Array
from app.predictor.store import StudyRecord
from app.predictor.study_state import StudyState
from app.predictor.trainings import observations_to_fit
from app.spaces.nasbench201 import NasBench201

from .models import DIMENSION, GROUPS, heights, new_index, points

NOON = datetime(2024, 5, 17, 12, tzinfo=UTC)
STUDY = Study("cells", "nasbench201", (Metric("height"), Metric("width")))
WHERE = points(100)
HEIGHTS = heights(WHERE)
EMBEDDINGS = {f"p{i}": WHERE[i] for i in range(100)}


class MadeUpEncoder:
    """Says what its columns mean, and embeds nothing."""

    version, kind, checksum = "nasbench201/1", "structural", "made up"
    block_of_column = np.zeros(DIMENSION, dtype=np.int64)
    group_of_column = np.arange(DIMENSION)

    def embed(self, architectures: Sequence[Architecture]) -> Float32Array:
        raise NotImplementedError

    def decode(self, _embeddings: Float32Array) -> list[Architecture]:
        return []


@pytest.fixture
def state() -> StudyState:
    record = StudyRecord(STUDY, revision=0, n_observations=0, created_at=NOON)
    return StudyState(record, Encoding(NasBench201(), MadeUpEncoder()), new_index)


def trained(i: int, status: Status = Status.COMPLETED, **metrics: float) -> Observation:
    return Observation(f"run-{i}", f"p{i}", f"cell {i}", metrics or {"height": HEIGHTS[i]}, NOON, status)


def observe(state: StudyState, *observations: Observation) -> None:
    state.apply(observations, EMBEDDINGS, state.revision + 1)


def encoded(*numbers: int) -> list[Encoded]:
    return [Encoded(f"p{i}", WHERE[i]) for i in numbers]


def fitted(state: StudyState, n: int) -> MetricModel:
    """A model of what the state holds, as a fit to the first n observations would leave it."""
    log = state.models["height"].log
    return MetricModel.of(log, GROUPS, new_index, log.fit(n, GROUPS))


def test_scales_are_fitted_from_twenty_five_observations_on_a_quarter_more_each_time() -> None:
    steps = sorted({observations_to_fit(n) for n in range(201)})

    assert steps == [0, 25, 32, 40, 50, 63, 79, 99, 124, 155, 194]


@given(n=st.integers(0, 100_000))
def test_scales_are_fitted_to_at_least_four_fifths_and_never_more_than_there_are(n: int) -> None:
    step = observations_to_fit(n)

    assert step <= n
    assert n < 25 or step > n / 1.25 - 1
    assert observations_to_fit(step) == step


def test_a_metric_is_due_when_its_observations_reach_the_next_step(state: StudyState) -> None:
    observe(state, *[trained(i, height=1.0 + i, width=2.0) for i in range(24)])
    assert state.due_fits() == {}

    observe(state, trained(24))
    assert state.due_fits() == {"height": 25}

    state.replace("height", 25, fitted(state, 25))
    assert state.due_fits() == {}

    observe(state, *[trained(i) for i in range(25, 60)])
    assert state.due_fits() == {"height": 50}


def test_repeats_and_failures_are_told_apart_in_what_is_due(state: StudyState) -> None:
    observe(state, *[trained(i % 3) for i in range(24)], *[trained(i, Status.FAILED) for i in range(20)])
    assert state.due_fits() == {}

    observe(state, trained(0))
    assert state.due_fits() == {"height": 25}


def test_a_fitted_model_catches_up_with_what_came_during_the_fit(state: StudyState) -> None:
    observe(state, *map(trained, range(30)))
    model = fitted(state, 25)
    observe(state, trained(30), trained(0, height=HEIGHTS[0] + 2))

    state.replace("height", 25, model)

    (prediction,) = predict(state, encoded(0), ["height"], neighbors=1).predictions
    assert state.models["height"] is model
    assert (len(model), model.n_observations) == (31, 32)
    assert prediction.observed == {"height": Observed(HEIGHTS[0] + 1, 2, sqrt(2))}
    assert state.fitted["height"] == (25, model.scales)


def test_scales_of_fewer_observations_replace_none_of_more(state: StudyState) -> None:
    observe(state, *map(trained, range(40)))
    late, early = fitted(state, 40), fitted(state, 32)

    state.replace("height", 40, late)
    state.replace("height", 32, early)

    assert state.models["height"] is late
    assert state.fitted["height"][0] == 40


def test_a_snapshot_gives_the_same_scales_to_another_state(state: StudyState) -> None:
    observe(state, *map(trained, range(40)))
    state.replace("height", 40, fitted(state, 40))
    snapshot = state.snapshot()
    assert snapshot is not None

    again = StudyState.kept(StudyRecord(STUDY, 1, 40, NOON), state.encoding, new_index, snapshot)
    again.prepare()

    assert again.due_fits() == {}
    expected, found = (predict(each, encoded(50, 51), ["height"]).predictions for each in (state, again))
    for a, b in zip(found, expected, strict=True):
        assert a.metrics["height"].score == pytest.approx(b.metrics["height"].score, abs=1e-9)


def test_failed_trainings_are_counted_and_not_weighed(state: StudyState) -> None:
    observe(
        state, trained(0, height=90.0), trained(1, Status.FAILED, height=1.0), trained(2, Status.FAILED, height=2.0)
    )

    (prediction,) = predict(state, encoded(1), ["height"], neighbors=5).predictions

    assert state.n_observations == 3
    assert prediction.metrics["height"].score == 90
    assert prediction.observed == {}
    assert [neighbor.architecture_id for neighbor in prediction.neighbors] == ["p0"]


def test_nothing_is_expected_before_anything_was_observed(state: StudyState) -> None:
    assert expected(state, encoded(0, 1), [({"height": 90.0}, 1.0), ({}, 1.0)]) == [{}, {}]
    with pytest.raises(NoObservationsError, match="study 'cells' has no observation of height, width yet"):
        predict(state, encoded(0), ["height", "width"])


def test_a_neighbor_is_shown_in_the_notation_that_was_sent_first(state: StudyState) -> None:
    again = Observation("run-x", "p0", "an isomorphic cell", {"height": 90.0}, NOON)
    observe(state, trained(0), again)

    (prediction,) = predict(state, encoded(1), ["height"], neighbors=1).predictions

    assert prediction.neighbors[0].notation == "cell 0"


def expected_of(number: int, status: Status, deviation: float) -> Observation:
    """A training that lay that far from what had been expected."""
    was = Expectation(Estimate(90.0, 1.0, 88.0, 92.0), 90.0, deviation, 0)
    return Observation(f"e{number}", f"p{number}", "cell", {"height": 90.0}, NOON, status, expected={"height": was})


def test_a_failed_training_is_no_test_of_error_bars(state: StudyState) -> None:
    observe(state, *[expected_of(i, Status.FAILED, 50.0) for i in range(20)])
    assert state.calibrations["height"].factor == 1

    observe(state, expected_of(20, Status.COMPLETED, 50.0))
    assert state.calibrations["height"].factor > 1


def test_a_metric_that_the_study_was_read_with_is_not_added_again(state: StudyState) -> None:
    observe(state, *map(trained, range(3)))

    state.add_metric(replace(state.study, metrics=state.study.metrics[::-1]), 9)

    assert len(state.models["height"]) == 3
