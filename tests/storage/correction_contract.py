"""What every `ObservationStore` does with corrections; inherited like the rest of the contract."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.correction import Action, Correction
from app.domain.errors import (
    InvalidCorrectionsError,
    InvalidStudyError,
    ObservationNotFoundError,
    StudyConflictError,
    UnknownStudyError,
)
from app.domain.observation import Observation, Status
from app.domain.prediction import Estimate, Expectation
from app.domain.study import MAX_METRICS, Metric
from app.predictor.store import ObservationFilter, ObservationStore, Outcome

from .observation_store_contract import CELLS, METRICS, ids, numbered, trained

EXPECTED = Expectation(Estimate(92.0, 0.5, 91.0, 93.0), 91.5, 1.7, 0)


def amend(observation_id: str = "run-0", **changes: Any) -> Correction:
    return Correction(observation_id, Action.AMEND, "mara", "wrong split", changes)


def retract(observation_id: str = "run-0") -> Correction:
    return Correction(observation_id, Action.RETRACT, "mara", "broken data")


def restore(observation_id: str = "run-0") -> Correction:
    return Correction(observation_id, Action.RESTORE, "mara", "it was sound")


def then(store: ObservationStore, revision: int) -> list[tuple[str, dict[str, float]]]:
    return [(o.observation_id, dict(o.metrics)) for o in store.observations("cells", as_of=revision)]


def only(store: ObservationStore) -> Observation:
    (observation,) = store.observations("cells", retracted=True)
    return observation


class CorrectionContract:
    """An adapter's test class overrides `store` with an empty one."""

    @pytest.fixture
    def store(self) -> Iterator[ObservationStore]:
        raise NotImplementedError

    @pytest.fixture
    def cells(self, store: ObservationStore) -> ObservationStore:
        store.declare(CELLS)
        return store

    def test_an_amendment_replaces_the_fields_that_it_names(self, cells: ObservationStore) -> None:
        before = replace(trained("run-0"), worker="gpu-1", seed=2**64 - 1, fidelity={"epochs": 12})
        cells.append("cells", [before])

        corrected = cells.correct("cells", [amend(metrics={"latency": 4.0}, seed=None)])

        assert (corrected.revision, corrected.created) == (2, (True,))
        assert only(cells) == replace(before, metrics={"latency": 4.0}, seed=None)
        assert cells.observation("cells", "run-0") == only(cells)
        assert cells.study("cells").revision == cells.study("cells").corrected == 2

    def test_a_retracted_observation_does_not_count_until_it_is_restored(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 3))

        cells.correct("cells", [retract("run-1")])
        record = cells.study("cells")
        assert (ids(cells), record.n_observations, record.n_retracted) == (["run-0", "run-2"], 2, 1)
        assert len(list(cells.observations("cells", retracted=True))) == 3

        cells.correct("cells", [restore("run-1")])
        record = cells.study("cells")
        assert (ids(cells), record.n_observations, record.n_retracted) == (["run-0", "run-1", "run-2"], 3, 0)

    def test_the_audit_log_tells_who_when_why_and_what_it_was(self, cells: ObservationStore) -> None:
        first = replace(trained("run-0"), seed=2**64 - 1, expected={"val_accuracy": EXPECTED})
        cells.append("cells", [first, trained("run-1")])
        start = datetime.now(UTC)

        cells.correct("cells", [amend(metrics={"val_accuracy": 50.0}), retract("run-1")])
        cells.correct("cells", [retract()])

        log = list(cells.corrections("cells"))
        assert [(c.revision, c.action, c.actor, c.reason) for c in log] == [
            (2, Action.AMEND, "mara", "wrong split"),
            (2, Action.RETRACT, "mara", "broken data"),
            (3, Action.RETRACT, "mara", "broken data"),
        ]
        assert log[0].before == first
        assert log[2].before.metrics == {"val_accuracy": 50.0}
        assert all(start <= c.corrected_at <= datetime.now(UTC) for c in log)
        assert [c.before.observation_id for c in cells.corrections("cells", "run-1")] == ["run-1"]

    def test_any_revision_can_be_looked_at_as_it_was(self, cells: ObservationStore) -> None:
        cells.append("cells", [trained("run-0", 90.0)])
        cells.append("cells", [trained("run-1", 91.0)])
        cells.correct("cells", [amend(metrics={"val_accuracy": 80.0})])
        cells.correct("cells", [retract()])
        cells.append("cells", [trained("run-2", 92.0)])
        cells.correct("cells", [restore()])

        second = ("run-1", {"val_accuracy": 91.0})
        third = ("run-2", {"val_accuracy": 92.0})
        assert then(cells, 0) == []
        assert then(cells, 1) == [("run-0", {"val_accuracy": 90.0})]
        assert then(cells, 2) == [("run-0", {"val_accuracy": 90.0}), second]
        assert then(cells, 3) == [("run-0", {"val_accuracy": 80.0}), second]
        assert then(cells, 4) == [second]
        assert then(cells, 5) == [second, third]
        assert then(cells, 6) == [("run-0", {"val_accuracy": 80.0}), second, third]

    @given(actions=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["new", *Action])), max_size=12))
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    def test_every_revision_stays_what_it_was(
        self, store: ObservationStore, actions: list[tuple[int, str | Action]]
    ) -> None:
        study = replace(CELLS, name=f"s{datetime.now(UTC).timestamp()}")
        store.declare(study)
        kept = {0: list[Observation]()}
        for step, (number, action) in enumerate(actions):
            key = f"run-{number}"
            present = any(key == each.observation_id for each in store.observations(study.name, retracted=True))
            if action == "new":
                store.append(study.name, [] if present else [trained(key, float(step))])
            elif present and not (action is Action.AMEND and store.observation(study.name, key).retracted):
                changes = {"metrics": {"latency": float(step)}} if action is Action.AMEND else {}
                store.correct(study.name, [Correction(key, Action(action), changes=changes)])
            kept[store.study(study.name).revision] = list(store.observations(study.name))

        assert {r: list(store.observations(study.name, as_of=r)) for r in kept} == kept

    def test_a_correction_that_changes_nothing_is_no_change(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 1))
        cells.correct("cells", [retract()])

        again = cells.correct("cells", [retract()])

        assert (again.revision, again.created) == (2, (False,))
        assert len(list(cells.corrections("cells"))) == 1

    def test_true_is_amended_to_one_and_stays_so_when_it_is_sent_again(self, cells: ObservationStore) -> None:
        cells.append("cells", [replace(trained("run-0"), metadata={"ema": True})])

        assert cells.correct("cells", [amend(metadata={"ema": 1})]).created == (True,)
        assert cells.correct("cells", [amend(metadata={"ema": 1})]).created == (False,)

        assert only(cells).metadata["ema"] is not True

    def test_corrections_of_one_observation_in_a_batch_follow_each_other(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 1))

        cells.correct("cells", [amend(worker="a"), amend(worker="b"), retract()])

        assert (only(cells).worker, only(cells).retracted) == ("b", True)
        assert [c.before.worker for c in cells.corrections("cells")] == [None, "a", "b"]
        assert then(cells, 1) == [("run-0", {"val_accuracy": 0.0})]

    def test_a_correction_of_what_is_not_there_changes_nothing(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 1))

        with pytest.raises(ObservationNotFoundError) as refused:
            cells.correct("cells", [retract(), retract("run-9")])

        assert refused.value.errors == {1: "study 'cells' has no observation 'run-9'"}
        assert ids(cells) == ["run-0"]
        with pytest.raises(ObservationNotFoundError, match="'cells' has no observation 'run-9'"):
            cells.observation("cells", "run-9")

    @pytest.mark.parametrize(
        ("changes", "complaint"),
        [
            ({"metrics": {"loss": 1.0}}, "no metric 'loss': it records val_accuracy, latency"),
            ({"metrics": {}}, "a completed training has at least one of the metrics"),
            ({"proxies": {"params": 1.0}}, "has no proxy 'params'"),
        ],
    )
    def test_an_amendment_that_breaks_a_rule_changes_nothing(
        self, cells: ObservationStore, changes: dict[str, Any], complaint: str
    ) -> None:
        cells.append("cells", numbered(0, 2))

        with pytest.raises(InvalidCorrectionsError) as refused:
            cells.correct("cells", [retract("run-1"), amend(**changes)])

        assert complaint in refused.value.errors[1]
        assert ids(cells) == ["run-0", "run-1"]
        assert cells.study("cells").revision == 1

    def test_what_is_retracted_is_restored_before_it_is_amended(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 1))
        cells.correct("cells", [retract()])

        with pytest.raises(InvalidCorrectionsError, match="'run-0' is retracted: restore it before you amend it"):
            cells.correct("cells", [amend(worker="a")])

    def test_a_retry_of_what_was_corrected_meanwhile_counts_nothing_twice(self, cells: ObservationStore) -> None:
        sent = replace(trained("run-0"), expected={"val_accuracy": EXPECTED})
        cells.append("cells", [sent, trained("run-1")])
        cells.correct("cells", [amend(metrics={"val_accuracy": 50.0}), retract("run-1")])

        again = cells.append("cells", [replace(sent, expected={}), trained("run-1")])

        assert (again.revision, again.created) == (2, (False, False))
        assert again.expected == ({"val_accuracy": EXPECTED}, {})
        assert [dict(o.metrics) for o in cells.observations("cells")] == [{"val_accuracy": 50.0}]

    def test_what_was_expected_goes_with_the_value_and_the_architecture(self, cells: ObservationStore) -> None:
        cells.append("cells", [replace(trained("run-0"), expected={"val_accuracy": EXPECTED})])

        cells.correct("cells", [amend(metrics={"val_accuracy": 50.0})])
        assert only(cells).expected == {"val_accuracy": replace(EXPECTED, deviation=None)}

        cells.correct("cells", [amend(architecture_id="b" * 32, notation="|pool~0|")])
        assert only(cells).expected == {}

    def test_outcomes_are_of_what_was_expected_and_counts(self, cells: ObservationStore) -> None:
        expecting = {"val_accuracy": EXPECTED}
        cells.append("cells", [trained("run-0"), replace(trained("run-1", 95.0), expected=expecting)])
        cells.append("cells", [replace(trained(f"run-{i}", 96.0), expected=expecting) for i in (2, 3)])
        cells.correct("cells", [retract("run-3")])

        found = list(cells.outcomes("cells", 0, 3))

        assert found == [
            ("val_accuracy", Outcome(revision, value, 92.0, 91.0, 93.0, 91.5, 0))
            for revision, value in ((1, 95.0), (2, 96.0))
        ]
        assert list(cells.outcomes("cells", 1, 2)) == found[1:]

    def test_failed_trainings_are_no_outcomes(self, cells: ObservationStore) -> None:
        expecting = {"val_accuracy": EXPECTED}
        failed = replace(trained("run-0", 1.0), expected=expecting, status=Status.FAILED)
        cells.append("cells", [failed, replace(trained("run-1", 95.0), expected=expecting)])
        assert [outcome.value for _, outcome in cells.outcomes("cells", 0, 1)] == [95.0]

        cells.correct("cells", [amend("run-1", status=Status.FAILED)])

        assert list(cells.outcomes("cells", 0, 2)) == []
        (_, amended) = cells.observations("cells")
        assert amended.expected == {"val_accuracy": replace(EXPECTED, deviation=None)}

    def test_pages_go_from_the_newest_to_the_oldest(self, cells: ObservationStore) -> None:
        for start in range(0, 25, 5):
            cells.append("cells", numbered(start, 5))
        everything = ObservationFilter()

        first = cells.page("cells", everything, None, 10)
        second = cells.page("cells", everything, first.cursor, 10)
        third = cells.page("cells", everything, second.cursor, 10)

        assert [len(page.observations) for page in (first, second, third)] == [10, 10, 5]
        assert third.cursor is None
        assert cells.page("cells", everything, second.cursor, 5).cursor is None
        listed = [each for page in (first, second, third) for each in page.observations]
        assert listed == list(cells.observations("cells"))[::-1]
        assert [each.revision for each in listed] == [5] * 5 + [4] * 5 + [3] * 5 + [2] * 5 + [1] * 5

    def test_pages_hold_what_was_asked_for(self, cells: ObservationStore) -> None:
        cells.append("cells", [replace(each, worker=f"gpu-{i % 2}") for i, each in enumerate(numbered(0, 6))])
        cells.append("cells", [replace(trained("run-6"), architecture_id="b" * 32, status=Status.FAILED)])
        cells.correct("cells", [retract("run-4"), amend("run-5", worker="gpu-0")])

        def found(**wanted: object) -> list[str]:
            page = cells.page("cells", ObservationFilter(**wanted), None, 100)  # type: ignore[arg-type]
            return [each.observation_id[-1] for each in page.observations]

        assert found() == ["6", "5", "3", "2", "1", "0"]
        assert found(worker="gpu-1") == ["3", "1"]
        assert found(worker="gpu-1", as_of=2) == ["5", "3", "1"]
        assert found(worker="gpu-0", as_of=1, retracted=None) == ["4", "2", "0"]
        assert found(status=Status.FAILED) == found(architecture_id="b" * 32) == ["6"]
        assert found(retracted=True) == ["4"]
        assert found(worker="gpu-0", retracted=None) == ["5", "4", "2", "0"]

    def test_a_metric_is_added_to_a_living_study(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 1))
        energy = Metric("energy", unit="mJ", failure_value=1e3)

        assert cells.add_metric("cells", energy)
        assert not cells.add_metric("cells", energy)

        record = cells.study("cells")
        assert (record.study.metrics, record.revision) == ((*METRICS, energy), 2)
        cells.append("cells", [replace(trained("run-1"), metrics={"energy": 5.0})])
        assert [dict(o.metrics) for o in cells.observations("cells")] == [{"val_accuracy": 0.0}, {"energy": 5.0}]

    def test_a_metric_that_is_declared_otherwise_is_a_conflict(self, cells: ObservationStore) -> None:
        with pytest.raises(StudyConflictError, match=r"records latency \(minimize, unit 'ms'\), not latency \(maxi"):
            cells.add_metric("cells", Metric("latency"))
        with pytest.raises(InvalidStudyError, match="metric name 'Energy'"):
            cells.add_metric("cells", Metric("Energy"))
        for i in range(MAX_METRICS - 2):
            cells.add_metric("cells", Metric(f"m{i}"))
        with pytest.raises(InvalidStudyError, match="records 1 to 32 metrics, not 33"):
            cells.add_metric("cells", Metric("one-more"))

    def test_a_deleted_study_is_gone_and_its_name_is_free(self, cells: ObservationStore) -> None:
        cells.append("cells", numbered(0, 3))
        cells.correct("cells", [retract()])

        cells.delete("cells")

        assert cells.studies() == []
        for ask in (cells.delete, cells.study, lambda name: list(cells.corrections(name))):
            with pytest.raises(UnknownStudyError, match="'cells'"):
                ask("cells")
        assert cells.declare(replace(CELLS, space="darts"))
        assert (ids(cells), cells.study("cells").revision, list(cells.corrections("cells"))) == ([], 0, [])
