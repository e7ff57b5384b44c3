import pytest

from app.dashboard.activity import MAX_DETAIL, MAX_FAILURES, MAX_WORKERS, MINUTES, TIMED, Activity, Asked, Kind

NOON = 1_800_000_000.0 // 60 * 60


def activity() -> Activity:
    return Activity({"cells", "other"}.__contains__)


def asked(
    kind: Kind | None = Kind.PREDICT, items: int = 1, worker: str | None = "a", study: str | None = "cells"
) -> Asked:
    return Asked(f"POST /{kind}", kind, worker, study, items)


def failed(worker: str | None = "a", study: str | None = "cells", detail: str = "wrong") -> Asked:
    return Asked("POST /observe", Kind.OBSERVE, worker, study, 3, problem=(422, "invalid_observations", detail))


def test_items_are_counted_by_the_minute() -> None:
    found = activity()
    found.note(asked(Kind.PREDICT, 5), NOON, 1.0)
    found.note(asked(Kind.PREDICT, 2), NOON + 59, 1.0)
    found.note(asked(Kind.OBSERVE, 1), NOON + 60, 1.0)

    minutes, items = found.of("cells").per_minute(NOON + 90)

    assert len(minutes) == MINUTES
    assert [minute * 60 for minute in minutes[-2:]] == [NOON, NOON + 60]
    assert (items[Kind.PREDICT][-2:], items[Kind.OBSERVE][-2:]) == ([7, 0], [0, 1])
    assert sum(items[Kind.SUGGEST]) == 0


def test_what_is_older_than_an_hour_is_forgotten() -> None:
    found = activity()
    found.note(asked(items=5), NOON, 9.0)
    later = NOON + 60 * MINUTES
    found.note(asked(items=1), later, 1.0)

    of_kind = found.of("cells").of_kind(Kind.PREDICT, later)

    assert (of_kind.requests, of_kind.items, of_kind.median_ms) == (1, 1, 1.0)
    assert sum(found.of("cells").per_minute(later)[1][Kind.PREDICT]) == 1
    assert found.requests("cells") == 2


def test_times_are_of_the_last_requests_that_succeeded() -> None:
    found = activity()
    for milliseconds in [500.0] * 10 + [1.0] * (TIMED - 20) + [3.0] * 20:
        found.note(asked(), NOON, milliseconds)
    found.note(failed(), NOON, 9999.0)

    of_kind = found.of("cells").of_kind(Kind.PREDICT, NOON)

    assert (of_kind.requests, of_kind.median_ms) == (TIMED + 10, 1.0)
    assert of_kind.p99_ms == pytest.approx(3.0, abs=0.1)


def test_of_nothing_there_are_no_times() -> None:
    of_kind = activity().of("cells").of_kind(Kind.SUGGEST, NOON)

    assert (of_kind.requests, of_kind.median_ms, of_kind.p99_ms) == (0, None, None)


def test_workers_are_told_apart() -> None:
    found = activity()
    found.note(asked(Kind.PREDICT, 5, "a"), NOON, 1.0)
    batch = asked(Kind.OBSERVE, 3, "10.0.0.1")
    batch.by = {"a": 1, "b": 2}
    found.note(batch, NOON + 1, 1.0)
    found.note(failed("b"), NOON + 2, 1.0)

    workers = found.of("cells").workers

    assert list(workers) == ["a", "b"]
    assert (workers["a"].items, workers["a"].failed) == ({Kind.PREDICT: 5, Kind.OBSERVE: 1, Kind.SUGGEST: 0}, 0)
    assert (workers["b"].items[Kind.OBSERVE], workers["b"].failed, workers["b"].last_seen) == (2, 1, NOON + 2)


def test_a_study_does_not_know_of_another() -> None:
    found = activity()
    found.note(asked(study="other"), NOON, 1.0)
    found.note(failed(study="other"), NOON, 1.0)

    assert found.requests("cells") == 0
    assert found.failures("cells") == []


def test_failures_are_told_the_newest_first() -> None:
    found = activity()
    for second in range(MAX_FAILURES + 5):
        found.note(failed(detail=str(second)), NOON + second, 1.0)

    failures = found.failures("cells")

    assert (len(failures), failures[0].detail, failures[-1].detail) == (MAX_FAILURES, "54", "5")
    assert failures[0] == (NOON + 54, "POST /observe", 422, "invalid_observations", "54", "a")
    assert found.of("cells").of_kind(Kind.OBSERVE, NOON).failed == MAX_FAILURES + 5


@pytest.mark.parametrize("study", [None, "unknown"])
def test_what_failed_before_its_study_was_known_is_told_of_every_study(study: str | None) -> None:
    found = activity()
    found.note(failed(study=study), NOON, 1.0)
    found.note(failed(), NOON + 1, 1.0)

    assert [len(found.failures(name)) for name in ("cells", "other")] == [2, 1]
    assert found.requests("other") == 1


def test_only_studies_that_there_are_take_memory() -> None:
    found = activity()
    for i in range(1000):
        found.note(failed(study=f"made-up-{i}"), NOON, 1.0)

    assert found._studies == {}


def test_looks_are_not_counted() -> None:
    found = activity()
    look = failed()
    look.looks = True
    found.note(look, NOON, 1.0)

    assert (found.requests("cells"), found.failures("cells")) == (0, [])


def test_what_is_not_counted_is_told_where_it_fails() -> None:
    found = activity()
    found.note(asked(None), NOON, 1.0)
    amendment = Asked("PATCH /studies/cells/observations/x", None, "a", "cells", problem=(404, "not_found", "none"))
    found.note(amendment, NOON, 1.0)

    assert found.requests("cells") == 0
    assert [each.route for each in found.failures("cells")] == ["PATCH /studies/cells/observations/x"]


def test_memory_is_bounded() -> None:
    found = activity()
    for i in range(3000):
        found.note(asked(worker=f"w{i}"), NOON + i * 60, 1.0)
    found.note(failed(detail="x" * 10_000), NOON, 1.0)

    study = found.of("cells")
    assert len(study.workers) == MAX_WORKERS
    assert next(reversed(study.workers)) == "a"
    assert "w2999" in study.workers
    assert len(study._minutes) <= MINUTES
    assert len(found.failures("cells")[0].detail) == MAX_DETAIL


def test_a_study_that_was_deleted_is_forgotten() -> None:
    found = activity()
    found.note(asked(), NOON, 1.0)

    found.forget("cells")

    assert found.requests("cells") == 0
