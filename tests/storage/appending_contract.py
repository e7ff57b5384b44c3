"""How every `ObservationStore` stores batches together; the tests of each adapter inherit it."""

from dataclasses import replace

from app.domain.errors import NotReadyError, ObservationConflictError, UnknownMetricError, UnknownStudyError
from app.domain.prediction import Estimate, Expectation
from app.predictor.store import Appended, ObservationStore, StudyIdentity

from .observation_store_contract import CELLS, ids, numbered, trained


class AppendingContract:
    """An adapter's test class also has the fixture `cells` of `ObservationStoreContract`."""

    def test_batches_are_revisions_in_their_order(self, cells: ObservationStore) -> None:
        appended = cells.append_each([("cells", numbered(0, 2)), ("cells", numbered(2, 1)), ("cells", numbered(3, 2))])

        assert appended == [Appended(1, (True, True)), Appended(2, (True,)), Appended(3, (True, True))]
        assert [each.revision for each in cells.observations("cells")] == [1, 1, 2, 3, 3]
        assert ids(cells) == [f"run-{i}" for i in range(5)]
        assert cells.study("cells").revision == 3

    def test_batches_of_several_studies_are_told_in_their_order(self, cells: ObservationStore) -> None:
        cells.declare(replace(CELLS, name="blocks"))

        appended = cells.append_each([("cells", numbered(0, 1)), ("blocks", numbered(0, 2)), ("cells", numbered(1, 1))])

        assert appended == [Appended(1, (True,)), Appended(1, (True, True)), Appended(2, (True,))]
        assert (ids(cells), ids(cells, "blocks")) == (["run-0", "run-1"], ["run-0", "run-1"])

    def test_a_batch_that_is_refused_leaves_the_others_as_they_are(self, cells: ObservationStore) -> None:
        cells.append("cells", [trained("taken", 90.0)])

        first, conflict, unknown, nowhere, last = cells.append_each(
            [
                ("cells", [trained("a")]),
                ("cells", [trained("b"), trained("taken", 91.0)]),
                ("cells", [replace(trained("c"), metrics={"loss": 0.1})]),
                ("nightly", [trained("d")]),
                ("cells", [trained("e")]),
            ]
        )

        assert (first, last) == (Appended(2, (True,)), Appended(3, (True,)))
        assert isinstance(conflict, ObservationConflictError)
        assert list(conflict.errors) == [1]
        assert isinstance(unknown, UnknownMetricError)
        assert isinstance(nowhere, UnknownStudyError)
        assert ids(cells) == ["taken", "a", "e"]

    def test_a_retry_beside_the_first_try_is_skipped_and_told_what_was_expected_then(
        self, cells: ObservationStore
    ) -> None:
        expected = {"val_accuracy": Expectation(Estimate(92.8, 0.5, 91.9, 93.5), 92.0, 0.6, 0)}
        first = replace(trained("a"), expected=expected)

        _, retry, other = cells.append_each(
            [("cells", [first]), ("cells", [trained("a")]), ("cells", [trained("a", 90.0)])]
        )

        assert isinstance(retry, Appended)
        assert (retry.revision, retry.created, retry.expected) == (1, (False,), (expected,))
        assert isinstance(other, ObservationConflictError)
        assert ids(cells) == ["a"]

    def test_no_batch_is_no_change(self, cells: ObservationStore) -> None:
        assert cells.append_each([]) == []
        assert cells.study("cells").revision == 0

    def test_what_was_checked_against_another_study_of_its_name_is_refused(self, cells: ObservationStore) -> None:
        before = StudyIdentity(cells.study("cells").created_at, None)
        cells.delete("cells")
        cells.declare(CELLS)

        refused, stored = cells.append_each(
            [("cells", numbered(0, 1)), ("cells", numbered(1, 1))],
            [before, StudyIdentity(cells.study("cells").created_at, None)],
        )

        assert isinstance(refused, NotReadyError)
        assert stored == Appended(1, (True,))
        assert ids(cells) == ["run-1"]

    def test_what_was_checked_against_another_declaration_of_its_space_is_refused(
        self, cells: ObservationStore
    ) -> None:
        cells.declare_space("chains", "one")
        cells.declare(replace(CELLS, name="chains", space="chains"))
        created = cells.study("chains").created_at
        cells.declare_space("chains", "another")

        refused, stored = cells.append_each(
            [("chains", numbered(0, 1)), ("chains", numbered(1, 1))],
            [StudyIdentity(created, "one"), StudyIdentity(created, "another")],
        )

        assert isinstance(refused, NotReadyError)
        assert stored == Appended(1, (True,))
