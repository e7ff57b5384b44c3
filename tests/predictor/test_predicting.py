"""Requests that wait are answered together; each is as if it had come alone."""

import asyncio
from collections.abc import Sequence
from threading import Event, current_thread
from typing import Any

import pytest

from app.domain.errors import NoObservationsError, OverloadedError, UnknownMetricError
from app.domain.prediction import Prediction
from app.predictor.requests import PredictionAnswer, PredictionQuery
from app.proximity.weighting import Weighting

from .cells import CANDIDATES, CELLS, NOT_A_CELL
from .running import Running, trained

Outcome = PredictionAnswer | BaseException


def asked(*candidates: object, **options: Any) -> PredictionQuery:
    return PredictionQuery("cells", candidates, **options)


def together(running: Running, queries: Sequence[PredictionQuery], *, busy: bool) -> list[Outcome]:
    """What becomes of queries that come at the same moment, while the lane is idle or busy."""
    release = Event()

    async def ask() -> list[Outcome]:
        tasks = [asyncio.create_task(running.predictor.predict(query)) for query in queries]
        for _ in range(3):
            await asyncio.sleep(0)
        release.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    if busy:
        running.predictor._lanes.numbers.submit(release.wait, 20)
    return running.run(ask())


def calls_counted(running: Running, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The thread of each estimation that begins from now on."""
    threads: list[str] = []
    predict = running.predictor._studies.predict

    def counted(query: PredictionQuery) -> PredictionAnswer:
        threads.append(current_thread().name)
        return predict(query)

    monkeypatch.setattr(running.predictor._studies, "predict", counted)
    return threads


def flat(answer: Outcome) -> list[object]:
    """All that an answer says, numbers and the rest, in one order."""
    assert isinstance(answer, PredictionAnswer)
    said: list[object] = [answer.revision, answer.encoder, answer.k, dict(answer.levels)]
    for each in answer.predictions:
        if not isinstance(each, Prediction):
            said.append(str(each))
            continue
        said += [each.architecture_id, each.novelty, each.failures, dict(each.observed)]
        for name, estimate in each.metrics.items():
            said += [name, estimate.score, estimate.std, estimate.lower, estimate.upper]
        for neighbor in each.neighbors:
            said += [neighbor.architecture_id, neighbor.distance, neighbor.weight, dict(neighbor.values)]
    return said


def assert_same(found: Outcome, expected: Outcome) -> None:
    for one, other in zip(flat(found), flat(expected), strict=True):
        if isinstance(other, float):
            assert one == pytest.approx(other, rel=1e-6, abs=1e-6)
        else:
            assert one == other


@pytest.fixture
def known(running: Running) -> Running:
    """With 30 trainings, and scales that stay as they are."""
    running.observe(*[trained(cell) for cell in CELLS[:30]])
    return running.fitted(25)


WAYS: list[dict[str, Any]] = [
    {},
    {"k": 3},
    {"k": 7, "weighting": Weighting.UNIFORM},
    {"weighting": Weighting.INVERSE_DISTANCE, "neighbors": 2},
    {"neighbors": 4},
    {"metrics": ["val_accuracy"]},
    {"metrics": ["val_accuracy"], "min_revision": 1},
]


@pytest.mark.parametrize("busy", [True, False], ids=["busy", "idle"])
def test_each_answer_is_what_it_would_be_alone(known: Running, busy: bool) -> None:
    queries = [asked(*CANDIDATES[i : i + 1 + i % 3], **WAYS[i % len(WAYS)]) for i in range(3 * len(WAYS))]
    alone = [known.predict(*query.candidates, **WAYS[i % len(WAYS)]) for i, query in enumerate(queries)]

    for found, expected in zip(together(known, queries, busy=busy), alone, strict=True):
        assert_same(found, expected)


@pytest.mark.parametrize("busy", [True, False], ids=["busy", "idle"])
def test_those_who_ask_alike_share_one_estimation(known: Running, busy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = calls_counted(known, monkeypatch)

    together(known, [asked(cell) for cell in CANDIDATES[:20]] + [asked(CANDIDATES[0], k=2)], busy=busy)

    assert len(threads) == 2


def test_few_candidates_are_estimated_at_once_where_nothing_else_is_done(
    known: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = calls_counted(known, monkeypatch)

    known.predict(CANDIDATES[0])
    known.predict(*(CELLS * 10))
    together(known, [asked(CANDIDATES[0])], busy=True)

    assert threads == ["MainThread", "numbers_0", "numbers_0"]


def test_a_bad_candidate_fails_neither_others_nor_those_of_others(known: Running) -> None:
    queries = [asked(NOT_A_CELL), asked(CANDIDATES[0], NOT_A_CELL), asked(CANDIDATES[1])]
    alone = [known.predict(*query.candidates) for query in queries]

    for found, expected in zip(together(known, queries, busy=True), alone, strict=True):
        assert_same(found, expected)


def test_what_is_wrong_with_one_request_is_told_to_it_alone(known: Running) -> None:
    queries = [asked(CANDIDATES[0]), asked(CANDIDATES[0], metrics=["loss"]), asked(CANDIDATES[1])]

    first, wrong, last = together(known, queries, busy=True)

    assert isinstance(wrong, UnknownMetricError)
    assert isinstance(first, PredictionAnswer)
    assert isinstance(last, PredictionAnswer)


def test_what_nobody_foresaw_in_one_request_leaves_the_others_alone(
    known: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = known.predictor._studies.encoding("nasbench201").encode

    def fails(notations: Sequence[object]) -> object:
        if "poison" in notations:
            raise ZeroDivisionError
        return encode(notations)

    monkeypatch.setattr(known.predictor._studies.encoding("nasbench201"), "encode", fails)

    first, poisoned, last = together(known, [asked(CANDIDATES[0]), asked("poison"), asked(CANDIDATES[1])], busy=True)

    assert isinstance(poisoned, ZeroDivisionError)
    assert isinstance(first, PredictionAnswer)
    assert isinstance(last, PredictionAnswer)


def test_without_observations_all_are_told(running: Running) -> None:
    outcomes = together(running, [asked(CANDIDATES[0]), asked(CANDIDATES[1])], busy=True)

    assert [type(outcome) for outcome in outcomes] == [NoObservationsError] * 2


def test_what_was_acknowledged_counts(known: Running) -> None:
    async def ask() -> list[int]:
        revisions = []
        for i in range(30, 40):
            before = asyncio.create_task(known.predictor.predict(asked(CANDIDATES[0])))
            acknowledged = await known.predictor.observe("cells", [trained(CELLS[i])])
            answers = await asyncio.gather(*[known.predictor.predict(asked(each)) for each in CANDIDATES[:3]], before)
            revisions += [each.revision - acknowledged.revision for each in answers[:3]]
        return revisions

    assert set(known.run(ask())) == {0}


def test_more_than_may_wait_is_refused(known: Running) -> None:
    outcomes = together(known, [asked(CANDIDATES[0])] * 70, busy=True)

    assert [type(outcome) for outcome in outcomes] == [PredictionAnswer] * 64 + [OverloadedError] * 6
    assert isinstance(known.predict(CANDIDATES[0]), PredictionAnswer)


def test_whoever_is_gone_holds_nobody_up(known: Running) -> None:
    release = Event()

    async def ask() -> PredictionAnswer:
        gone = asyncio.create_task(known.predictor.predict(asked(CANDIDATES[0])))
        stays = asyncio.create_task(known.predictor.predict(asked(CANDIDATES[1])))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        release.set()
        return await stays

    known.predictor._lanes.numbers.submit(release.wait, 20)
    assert len(known.run(ask()).predictions) == 1
    assert known.predictor._predicting._waiting == 0
