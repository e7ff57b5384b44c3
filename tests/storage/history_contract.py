"""What every `ObservationStore` does with whole histories; inherited like the rest of the contract."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.correction import Action, Corrected, History
from app.domain.errors import ObservationConflictError, UnknownStudyError
from app.domain.study import Study
from app.predictor.store import ObservationStore

from .correction_contract import EXPECTED, amend, restore, retract, then
from .observation_store_contract import CELLS, METRICS, NOON, numbered, trained

COPY = Study("copy", "nasbench201", METRICS)
LATER = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def copied(store: ObservationStore, after: int = 0) -> tuple[bool, ...]:
    return store.restore("copy", list(store.histories("cells")), after).created


def retraction(revision: int, actor: str = "mara") -> Corrected:
    return Corrected(revision, Action.RETRACT, actor, "broken data", trained("run-0"), LATER)


class HistoryContract:
    """An adapter's test class overrides `store` with an empty one."""

    @pytest.fixture
    def store(self) -> Iterator[ObservationStore]:
        raise NotImplementedError

    @pytest.fixture
    def both(self, store: ObservationStore) -> ObservationStore:
        store.declare(CELLS)
        store.declare(COPY)
        return store

    @pytest.fixture
    def corrected(self, both: ObservationStore) -> ObservationStore:
        """Three observations; run-0 was retracted, restored and amended, run-2 retracted."""
        both.append("cells", [replace(trained("run-0"), expected={"val_accuracy": EXPECTED}), trained("run-1")])
        both.correct("cells", [retract()])
        both.append("cells", [trained("run-2")])
        both.correct("cells", [restore(), retract("run-2")])
        both.correct("cells", [amend(metrics={"latency": 4.0})])
        return both

    def test_a_history_has_every_correction(self, corrected: ObservationStore) -> None:
        histories = list(corrected.histories("cells"))

        assert [h.observation for h in histories] == list(corrected.observations("cells", retracted=True))
        assert [[c.action for c in h.corrections] for h in histories] == [
            ["retract", "restore", "amend"],
            [],
            ["retract"],
        ]
        assert [c for h in histories for c in h.corrections if h.observation.observation_id == "run-0"] == list(
            corrected.corrections("cells", "run-0")
        )
        assert histories[0].first.expected == {"val_accuracy": EXPECTED}

    def test_histories_of_a_revision_know_nothing_of_later_ones(self, corrected: ObservationStore) -> None:
        first, second = corrected.histories("cells", as_of=2)

        assert (first.observation.retracted, [c.revision for c in first.corrections]) == (True, [2])
        assert (second.observation.observation_id, second.corrections) == ("run-1", ())

    def test_histories_after_a_revision_are_those_that_came_later(self, corrected: ObservationStore) -> None:
        (third,) = corrected.histories("cells", after=1)

        assert third.observation.observation_id == "run-2"
        assert list(corrected.histories("cells", as_of=2, after=1)) == []

    def test_an_empty_study_restored_is_the_same_at_every_revision(self, corrected: ObservationStore) -> None:
        assert copied(corrected) == (True, True, True)

        assert list(corrected.histories("copy")) == list(corrected.histories("cells"))
        assert corrected.study("copy").revision == corrected.study("cells").revision == 5
        assert corrected.study("copy").corrected == 5
        assert [c.revision for c in corrected.corrections("copy")] == [2, 4, 4, 5]
        for revision in range(6):
            copies = [(o.observation_id, o.metrics) for o in corrected.observations("copy", as_of=revision)]
            assert copies == then(corrected, revision)

    def test_restoring_again_changes_nothing(self, corrected: ObservationStore) -> None:
        copied(corrected)

        assert copied(corrected, after=5) == (False, False, False)
        assert corrected.study("copy").revision == 5

    def test_restored_observations_come_after_those_that_are_there(self, corrected: ObservationStore) -> None:
        corrected.append("copy", numbered(7, 1))

        copied(corrected, after=1)

        assert [(o.observation_id, o.revision) for o in corrected.observations("copy")] == [
            ("run-7", 1),
            ("run-0", 2),
            ("run-1", 2),
        ]
        assert corrected.study("copy").revision == 6

    def test_corrections_that_came_since_are_added(self, both: ObservationStore) -> None:
        both.append("cells", numbered(0, 2))
        copied(both)
        both.correct("cells", [amend(worker="gpu-1")])
        both.correct("cells", [retract()])

        assert copied(both, after=1) == (True, False)
        assert [h.observation for h in both.histories("copy")] == [h.observation for h in both.histories("cells")]
        assert [(c.revision, c.action) for c in both.corrections("copy")] == [(3, "amend"), (4, "retract")]
        assert copied(both, after=4) == (False, False)

    def test_a_correction_keeps_its_time(self, both: ObservationStore) -> None:
        history = History(replace(trained("run-0"), retracted=True, revision=1), (retraction(2),))

        both.restore("cells", [history], 0)

        (correction,) = both.corrections("cells")
        assert (correction.corrected_at, correction.before.observed_at) == (LATER, NOON)

    def test_another_content_and_another_correction_are_conflicts(self, both: ObservationStore) -> None:
        retracted = replace(trained("run-0"), retracted=True, revision=1)
        both.restore("cells", [History(retracted, (retraction(2),))], 0)
        other = [
            History(retracted, (retraction(2, actor="noor"),)),
            History(replace(trained("run-1"), revision=1)),
            History(replace(trained("run-0", 12.5), revision=1)),
        ]

        for index, reason in [(0, "was corrected otherwise here"), (2, "is taken by another content")]:
            with pytest.raises(ObservationConflictError) as refused:
                both.restore("cells", [other[index], other[1]], 2)
            assert reason in refused.value.errors[0]
        assert len(list(both.histories("cells"))) == 1

    def test_an_unknown_study_has_no_histories(self, both: ObservationStore) -> None:
        with pytest.raises(UnknownStudyError):
            both.histories("none")
        with pytest.raises(UnknownStudyError):
            both.restore("none", [], 0)
