"""Requests that wait share one commit; each is as if it had come alone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from app.domain.errors import (
    InvalidObservationsError,
    ObservationConflictError,
    OverloadedError,
    StoreError,
    UnknownStudyError,
)
from app.domain.prediction import Observed, Prediction
from app.domain.study import Metric, Study
from app.predictor.ports import Encoder
from app.predictor.requests import NewObservation, ObservationAnswer

from .cells import CANDIDATES, CELLS, NOT_A_CELL
from .running import Running, trained

Outcome = ObservationAnswer | BaseException


@contextmanager
def groups_counted(running: Running) -> Iterator[list[None]]:
    """One item for each commit of observations."""
    counted: list[None] = []
    running.store.before_append = lambda: counted.append(None)
    yield counted
    running.store.before_append = lambda: None


def together(running: Running, *batches: list[NewObservation], studies: list[str] | None = None) -> list[Outcome]:
    """What becomes of requests that all wait before the first of them is taken up."""
    release = Event()

    async def ask() -> list[Outcome]:
        names = studies or ["cells"] * len(batches)
        asked = [
            asyncio.create_task(running.predictor.observe(name, batch))
            for name, batch in zip(names, batches, strict=True)
        ]
        await asyncio.sleep(0)  # all of them are under way
        release.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    running.predictor._lanes.numbers.submit(release.wait, 20)
    return running.run(ask())


def revisions(outcomes: list[Outcome]) -> list[int | None]:
    return [each.revision if isinstance(each, ObservationAnswer) else None for each in outcomes]


def stored_ids(running: Running, study: str = "cells") -> list[str]:
    return [each.observation_id for each in running.store.observations(study)]


def scores(running: Running) -> list[float]:
    found = running.predict(*CANDIDATES).predictions
    return [each.metrics["val_accuracy"].score for each in found if isinstance(each, Prediction)]


def test_requests_that_wait_share_a_commit_and_each_has_a_revision_of_its_own(running: Running) -> None:
    with groups_counted(running) as commits:
        outcomes = together(running, *[[trained(cell, f"run-{i}")] for i, cell in enumerate(CELLS[:30])])

    assert len(commits) == 1
    assert revisions(outcomes) == list(range(1, 31))
    assert [(o.observation_id, o.revision) for o in running.store.observations("cells")] == [
        (f"run-{i}", i + 1) for i in range(30)
    ]
    assert running.describe().n_observations == running.describe().revision == 30


def test_more_observations_than_one_request_may_have_are_not_taken_together(running: Running) -> None:
    with groups_counted(running) as commits:
        outcomes = together(running, *[[trained(cell) for cell in CELLS]] * 5)

    assert len(commits) >= 3
    assert revisions(outcomes) == [1, 2, 3, 4, 5]


def test_a_conflict_fails_its_own_request_alone(running: Running) -> None:
    running.observe(trained(CELLS[0], "taken", val_accuracy=90.0))

    first, conflict, last = together(
        running,
        [trained(CELLS[1], "a")],
        [trained(CELLS[2], "b"), trained(CELLS[0], "taken", val_accuracy=91.0)],
        [trained(CELLS[3], "c")],
    )

    assert revisions([first, last]) == [2, 3]
    assert isinstance(conflict, ObservationConflictError)
    assert list(conflict.errors) == [1]
    assert stored_ids(running) == ["taken", "a", "c"]
    assert running.describe().n_observations == 3


def test_what_is_invalid_fails_its_own_request_alone(running: Running) -> None:
    valid, invalid, unknown = together(
        running,
        [trained(CELLS[0], "a")],
        [trained(CELLS[1], "b"), trained(NOT_A_CELL)],
        [trained(CELLS[2], "c")],
        studies=["cells", "cells", "nightly"],
    )

    assert revisions([valid]) == [1]
    assert isinstance(invalid, InvalidObservationsError)
    assert list(invalid.errors) == [1]
    assert isinstance(unknown, UnknownStudyError)
    assert stored_ids(running) == ["a"]


def test_a_retry_that_waits_beside_the_first_try_does_not_count_twice(running: Running) -> None:
    first, retry, other = together(
        running,
        [trained(CELLS[0], "a", val_accuracy=90.0)],
        [trained(CELLS[0], "a", val_accuracy=90.0)],
        [trained(CELLS[0], "a", val_accuracy=91.0)],
    )

    assert isinstance(first, ObservationAnswer)
    assert isinstance(retry, ObservationAnswer)
    assert isinstance(other, ObservationConflictError)
    assert [first.stored[0].created, retry.stored[0].created] == [True, False]
    assert first.revision == retry.revision == running.describe().revision == 1
    (prediction,) = running.predict(CELLS[0]).predictions
    assert isinstance(prediction, Prediction)
    assert prediction.observed == {"val_accuracy": Observed(90, 1)}


def test_an_id_of_a_request_that_is_refused_is_still_free(running: Running) -> None:
    running.observe(trained(CELLS[0], "taken", val_accuracy=90.0))

    refused, stored = together(
        running,
        [trained(CELLS[1], "a", val_accuracy=80.0), trained(CELLS[0], "taken", val_accuracy=91.0)],
        [trained(CELLS[1], "a", val_accuracy=81.0)],
    )

    assert isinstance(refused, ObservationConflictError)
    assert revisions([stored]) == [2]
    assert stored_ids(running) == ["taken", "a"]


def test_where_the_commit_fails_none_is_acknowledged_and_none_counts(running: Running) -> None:
    running.observe(trained(CELLS[0], "before"))

    def fail() -> None:
        raise StoreError("the disk is full")

    running.store.before_append = fail
    outcomes = together(running, *[[trained(cell)] for cell in CELLS[1:9]])
    running.store.before_append = lambda: None

    assert [str(each) for each in outcomes] == ["the disk is full"] * 8
    assert stored_ids(running) == ["before"]
    assert (running.describe().n_observations, running.describe().revision) == (1, 1)
    assert running.predictor.write_health.error == "the disk is full"


def test_studies_share_a_commit_and_count_their_own_revisions(running: Running) -> None:
    running.run(running.predictor.declare(Study("nightly", "nasbench201", (Metric("loss"),))))

    with groups_counted(running) as commits:
        outcomes = together(
            running,
            [trained(CELLS[0], "a")],
            [trained(CELLS[0], "b", loss=0.5)],
            [trained(CELLS[1], "c")],
            [trained(CELLS[1], "d", loss=0.4)],
            studies=["cells", "nightly", "cells", "nightly"],
        )

    assert len(commits) == 1
    assert revisions(outcomes) == [1, 1, 2, 2]
    assert (stored_ids(running), stored_ids(running, "nightly")) == (["a", "c"], ["b", "d"])


def test_what_is_said_of_each_is_what_was_said_before_the_group(running: Running) -> None:
    running.observe(*map(trained, CELLS[:5]))
    (before,) = running.predict(CELLS[9]).predictions
    assert isinstance(before, Prediction)

    outcomes = together(running, *[[trained(CELLS[9])] for _ in range(4)])

    for each in outcomes:
        assert isinstance(each, ObservationAnswer)
        assert each.stored[0].predicted is not None
        assert each.stored[0].predicted["val_accuracy"].score == pytest.approx(before.metrics["val_accuracy"].score)


def test_memory_says_what_a_fresh_load_of_the_store_says(tmp_path: Path, encoder: Encoder) -> None:
    with Running(tmp_path, encoder, cache=False) as running:
        for start in range(0, 60, 20):
            together(running, *[[trained(cell), trained(CELLS[0])] for cell in CELLS[start : start + 20]])
        running.fitted(80)
        live, told = scores(running), running.describe()

    with Running(tmp_path, encoder, cache=False) as again:
        again.fitted(80)
        assert scores(again) == pytest.approx(live, abs=1e-6)
        assert (again.describe().n_observations, again.describe().revision) == (told.n_observations, told.revision)


def test_more_requests_than_the_limit_are_refused_and_the_rest_is_stored(running: Running) -> None:
    outcomes = together(running, *[[trained(cell)] for cell in CELLS[:70]])

    assert [isinstance(each, OverloadedError) for each in outcomes] == [False] * 64 + [True] * 6
    assert str(outcomes[-1]) == "64 requests wait already: try again in a moment"
    assert running.describe().n_observations == 64
    assert revisions([*together(running, [trained(CELLS[70])])]) == [65]


def test_closing_finishes_what_is_under_way(tmp_path: Path, encoder: Encoder) -> None:
    running = Running(tmp_path, encoder)
    release = Event()

    async def ask() -> list[ObservationAnswer]:
        asked = [asyncio.create_task(running.predictor.observe("cells", [trained(cell)])) for cell in CELLS[:20]]
        await asyncio.sleep(0)
        closed = asyncio.create_task(asyncio.to_thread(running.predictor.close))
        await asyncio.sleep(0.05)
        release.set()
        await closed
        return await asyncio.gather(*asked)

    running.predictor._lanes.numbers.submit(release.wait, 20)
    answers = running.run(ask())

    with Running(tmp_path, encoder) as again:
        assert [each.revision for each in answers] == list(range(1, 21))
        assert again.describe().n_observations == 20
