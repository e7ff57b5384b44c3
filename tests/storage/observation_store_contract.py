"""What every `ObservationStore` does; the tests of each adapter inherit it and say how to open one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from math import inf, nextafter
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.architecture import Notation
from app.domain.errors import (
    ObservationConflictError,
    StudyConflictError,
    UnknownMetricError,
    UnknownStudyError,
)
from app.domain.observation import Observation, Scalar, Status
from app.domain.prediction import Estimate, Expectation
from app.domain.study import Direction, Metric, Study
from app.predictor.store import Appended, ObservationStore

METRICS = (Metric("val_accuracy", Direction.MAXIMIZE, "%"), Metric("latency", Direction.MINIMIZE, "ms"))
CELLS = Study("cells", "nasbench201", METRICS)
NOON = datetime(2024, 5, 17, 12, 0, 0, 123456, tzinfo=UTC)


def trained(observation_id: str, val_accuracy: float = 93.1) -> Observation:
    return Observation(observation_id, "a" * 32, "|conv~0|", {"val_accuracy": val_accuracy}, NOON)


def numbered(start: int, n: int) -> list[Observation]:
    return [trained(f"run-{i}", float(i)) for i in range(start, start + n)]


def ids(store: ObservationStore, study: str = "cells") -> list[str]:
    return [observation.observation_id for observation in store.observations(study)]


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)
scalars: st.SearchStrategy[Scalar] = st.none() | st.booleans() | st.integers() | finite | text
flat_objects = st.dictionaries(text, scalars, max_size=3)
json_values: st.SearchStrategy[object] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3)
)
notations: st.SearchStrategy[Notation] = text | st.dictionaries(text, json_values, max_size=3)


estimates = st.builds(Estimate, finite, *[st.none() | finite] * 3)
expectations = st.builds(Expectation, estimates, finite, st.none() | finite, st.integers(0, 9))


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    metrics = draw(st.dictionaries(st.sampled_from(["val_accuracy", "latency"]), finite))
    return Observation(
        observation_id=draw(text),
        architecture_id=draw(text),
        notation=draw(notations),
        metrics=metrics,
        observed_at=draw(st.datetimes(timezones=st.just(UTC))),
        status=draw(st.sampled_from(Status)),
        proxies=draw(st.dictionaries(text, finite, max_size=3)),
        fidelity=draw(flat_objects),
        seed=draw(st.none() | st.integers(-(2**63), 2**64 - 1)),
        worker=draw(st.none() | text),
        metadata=draw(flat_objects),
        expected={name: draw(expectations) for name in metrics if draw(st.booleans())},
        retracted=draw(st.booleans()),
    )


class ObservationStoreContract:
    """An adapter's test class overrides `store` with an empty one."""

    @pytest.fixture
    def store(self) -> Iterator[ObservationStore]:
        raise NotImplementedError

    @pytest.fixture
    def cells(self, store: ObservationStore) -> ObservationStore:
        """The store with the study `cells`, still without observations."""
        store.declare(CELLS)
        return store

    def test_new_store_has_no_studies(self, store: ObservationStore) -> None:
        assert store.studies() == []

    def test_declared_study_is_there_as_it_was_declared(self, store: ObservationStore) -> None:
        before = datetime.now(UTC)

        created = store.declare(CELLS)

        assert created
        record = store.study("cells")
        assert (record.study, record.revision, record.n_observations) == (CELLS, 0, 0)
        assert before <= record.created_at <= datetime.now(UTC)

    def test_declaring_the_same_study_again_changes_nothing(self, cells: ObservationStore) -> None:
        record = cells.study("cells")

        assert not cells.declare(CELLS)
        assert cells.study("cells") == record

    def test_study_of_another_space_is_refused_with_both_spaces(self, cells: ObservationStore) -> None:
        with pytest.raises(StudyConflictError, match=r"'cells'.*space 'nasbench201', not 'darts'.*another name"):
            cells.declare(replace(CELLS, space="darts"))

        assert cells.study("cells").study == CELLS

    @pytest.mark.parametrize(
        "metrics",
        [METRICS[:1], METRICS[::-1], (replace(METRICS[0], direction=Direction.MINIMIZE), METRICS[1])],
        ids=["fewer", "reordered", "other direction"],
    )
    def test_study_of_other_metrics_is_refused(self, cells: ObservationStore, metrics: tuple[Metric, ...]) -> None:
        with pytest.raises(StudyConflictError, match=r"metrics val_accuracy \(maximize, unit '%'\); latency"):
            cells.declare(replace(CELLS, metrics=metrics))

    def test_study_of_other_proxies_is_refused(self, cells: ObservationStore) -> None:
        with pytest.raises(StudyConflictError, match=r"'cells' is declared with proxies none, not params, synflow"):
            cells.declare(replace(CELLS, proxies=("params", "synflow")))

    def test_proxies_of_a_study_keep_their_order(self, store: ObservationStore) -> None:
        study = replace(CELLS, proxies=("synflow", "params"))
        store.declare(study)

        assert store.study("cells").study == study

    def test_id_taken_with_other_proxies_is_a_conflict(self, cells: ObservationStore) -> None:
        cells.append("cells", [replace(trained("run-1"), proxies={"params": 1.5})])

        with pytest.raises(ObservationConflictError):
            cells.append("cells", [replace(trained("run-1"), proxies={"params": 1.6})])

    def test_studies_come_by_name_each_with_its_own_counts(self, cells: ObservationStore) -> None:
        cells.declare(replace(CELLS, name="blocks", metrics=METRICS[:1]))
        cells.append("cells", numbered(0, 3))

        records = [(r.study.name, r.study.metrics, r.revision, r.n_observations) for r in cells.studies()]

        assert records == [("blocks", METRICS[:1], 0, 0), ("cells", METRICS, 1, 3)]

    def test_unknown_study_is_named(self, store: ObservationStore) -> None:
        with pytest.raises(UnknownStudyError, match="'cells'"):
            store.study("cells")
        with pytest.raises(UnknownStudyError, match="'cells'"):
            store.append("cells", [trained("run-0")])
        with pytest.raises(UnknownStudyError, match="'cells'"):
            store.observations("cells")

    def test_study_without_observations_streams_none(self, cells: ObservationStore) -> None:
        assert list(cells.observations("cells")) == []

    def test_batch_is_one_change_of_its_study(self, cells: ObservationStore) -> None:
        first = cells.append("cells", numbered(0, 2))
        second = cells.append("cells", numbered(2, 3))

        assert first == Appended(revision=1, created=(True, True))
        assert second == Appended(revision=2, created=(True, True, True))
        assert cells.study("cells").revision == 2
        assert cells.study("cells").n_observations == 5

    def test_observations_come_in_the_order_in_which_they_were_stored(self, cells: ObservationStore) -> None:
        batches = [numbered(2000, 1500), numbered(0, 2), [trained("z"), trained("a")]]
        for batch in batches:
            cells.append("cells", batch)

        assert list(cells.observations("cells")) == [observation for batch in batches for observation in batch]

    def test_studies_keep_their_observations_apart(self, cells: ObservationStore) -> None:
        cells.declare(replace(CELLS, name="blocks"))

        cells.append("cells", [trained("run-0", 93.0)])
        other = cells.append("blocks", [trained("run-0", 71.0)])

        assert other == Appended(revision=1, created=(True,))
        assert [dict(o.metrics) for o in cells.observations("blocks")] == [{"val_accuracy": 71.0}]

    def test_the_last_observation_up_to_a_revision_is_told(self, cells: ObservationStore) -> None:
        cells.append("cells", [trained("a"), trained("b")])
        cells.append("cells", [trained("c")])

        assert [cells.last_observation("cells", revision) for revision in range(4)] == ["", "b", "c", "c"]

    def test_sending_a_batch_again_is_harmless(self, cells: ObservationStore) -> None:
        batch = numbered(0, 1200)
        cells.append("cells", batch)

        again = cells.append("cells", [replace(o, observed_at=NOON + timedelta(hours=1)) for o in batch])

        assert again == Appended(revision=1, created=(False,) * 1200)
        assert list(cells.observations("cells")) == batch

    def test_batch_with_something_new_stores_just_that(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 2))

        appended = cells.append("cells", numbered(1, 2))

        assert appended == Appended(revision=2, created=(False, True))
        assert ids(cells) == ["run-0", "run-1", "run-2"]

    def test_same_observation_twice_in_a_batch_is_stored_once(self, cells: ObservationStore) -> None:
        observation = trained("run-0")

        appended = cells.append("cells", [observation, observation])

        assert appended == Appended(revision=1, created=(True, False))
        assert ids(cells) == ["run-0"]

    def test_empty_batch_changes_nothing(self, cells: ObservationStore) -> None:
        assert cells.append("cells", []) == Appended(revision=0, created=())

    def test_id_taken_by_another_content_stores_nothing_of_the_batch(self, cells: ObservationStore) -> None:
        cells.append("cells", [trained("run-0", 93.0), trained("run-1", 94.0)])
        batch = [trained("run-2"), trained("run-1", 50.0), trained("run-0", 93.0), trained("run-0", 51.0)]

        with pytest.raises(ObservationConflictError) as refused:
            cells.append("cells", batch)

        assert list(refused.value.errors) == [1, 3]
        assert "'run-1'" in refused.value.errors[1]
        assert "send it under a new observation_id" in refused.value.errors[1]
        assert ids(cells) == ["run-0", "run-1"]
        assert cells.study("cells").revision == 1

    def test_one_id_for_two_contents_in_a_batch_is_a_conflict(self, cells: ObservationStore) -> None:
        with pytest.raises(ObservationConflictError) as refused:
            cells.append("cells", [trained("run-0", 93.0), trained("run-0", 50.0)])

        assert list(refused.value.errors) == [1]
        assert ids(cells) == []

    def test_metric_that_the_study_does_not_record_stores_nothing(self, cells: ObservationStore) -> None:
        batch = [trained("run-0"), replace(trained("run-1"), metrics={"loss": 0.1})]

        with pytest.raises(UnknownMetricError, match=r"'cells' has no metric 'loss': it records val_accuracy, latency"):
            cells.append("cells", batch)

        assert ids(cells) == []

    def test_time_of_another_zone_comes_back_in_utc(self, cells: ObservationStore) -> None:
        local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))

        cells.append("cells", [replace(trained("run-0"), observed_at=local)])

        (stored,) = cells.observations("cells")
        assert stored.observed_at.isoformat() == "2024-05-17T12:00:00.123456+00:00"

    @pytest.mark.parametrize("value", [0.1 + 0.2, 5e-324, nextafter(inf, 0), -1.7976931348623157e308, 2.0**53 + 2])
    def test_metric_comes_back_to_the_last_bit(self, cells: ObservationStore, value: float) -> None:
        cells.append("cells", [trained("run-0", value)])

        (stored,) = cells.observations("cells")
        assert stored.metrics["val_accuracy"].hex() == value.hex()

    def test_text_that_looks_like_json_stays_text(self, cells: ObservationStore) -> None:
        cells.append("cells", [replace(trained("run-0"), notation='{"ops": []}')])

        (stored,) = cells.observations("cells")
        assert stored.notation == '{"ops": []}'

    @given(batch=st.lists(observations(), max_size=4, unique_by=lambda o: o.observation_id))
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    def test_any_observations_come_back_as_they_were(self, store: ObservationStore, batch: list[Observation]) -> None:
        study = replace(CELLS, name=uuid4().hex)
        store.declare(study)

        store.append(study.name, batch)

        assert list(store.observations(study.name, retracted=True)) == batch
        assert store.append(study.name, batch).created == (False,) * len(batch)

    def test_stream_does_not_see_what_is_stored_after_it_began(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 1200))
        stream = cells.observations("cells")
        first = next(stream)

        cells.append("cells", numbered(1200, 1000))

        assert [first, *stream] == numbered(0, 1200)
        assert cells.study("cells").n_observations == 2200

    def test_streams_that_nobody_reads_to_the_end_do_not_stand_in_the_way(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 1200))

        streams = [cells.observations("cells") for _ in range(30)]

        assert [next(stream).observation_id for stream in streams] == ["run-0"] * 30
        assert cells.append("cells", numbered(1200, 1)).revision == 2

    def test_concurrent_batches_get_distinct_revisions_and_lose_nothing(self, cells: ObservationStore) -> None:
        batches = [numbered(3 * i, 3) for i in range(60)]

        def append_and_look(batch: list[Observation]) -> tuple[int, bool]:
            revision = cells.append("cells", batch).revision
            return revision, cells.study("cells").revision >= revision

        with ThreadPoolExecutor(12) as pool:
            outcomes = list(pool.map(append_and_look, batches))

        assert sorted(revision for revision, _ in outcomes) == list(range(1, 61))
        assert all(seen for _, seen in outcomes)
        in_order = [batches[i] for i in sorted(range(60), key=lambda i: outcomes[i][0])]
        assert list(cells.observations("cells")) == [observation for batch in in_order for observation in batch]

    def test_of_concurrent_senders_of_one_observation_exactly_one_creates_it(self, cells: ObservationStore) -> None:
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda _: cells.append("cells", [trained("run-0")]), range(8)))

        assert sorted(appended.created for appended in outcomes) == [(False,)] * 7 + [(True,)]
        assert {appended.revision for appended in outcomes} == {1}

    def test_of_concurrent_declarations_exactly_one_is_new(self, store: ObservationStore) -> None:
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda _: store.declare(CELLS), range(8)))

        assert sorted(outcomes) == [False] * 7 + [True]

    def test_a_declaration_differs_by_its_last_digit(self, store: ObservationStore) -> None:
        metric = Metric("val_accuracy", failure_value=0.1234567)
        study = Study("images", "nasbench201", (metric,), fidelity={"images": 1281167})
        store.declare(study)

        store.declare(study)
        with pytest.raises(StudyConflictError, match="fidelity images 1281167, not images 1281168"):
            store.declare(replace(study, fidelity={"images": 1281168}))
        with pytest.raises(StudyConflictError, match=r"counts as 0\.1234567\), not .* counts as 0\.1234568"):
            store.declare(replace(study, metrics=(replace(metric, failure_value=0.1234568),)))
