"""What every `ObservationStore` tells of trainings, for pictures; the tests of each adapter inherit it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.correction import Action, Correction
from app.domain.errors import UnknownStudyError
from app.domain.observation import Status
from app.domain.study import Metric, Study
from app.predictor.store import ObservationStore, StudyVersion, Training

from .observation_store_contract import CELLS, NOON, trained


class TrainingContract:
    """An adapter's test class also has the fixture `cells` of `ObservationStoreContract`."""

    def test_trainings_are_told_in_the_order_of_storage(self, cells: ObservationStore) -> None:
        later = NOON + timedelta(seconds=1)
        failed = replace(trained("b"), status=Status.FAILED, metrics={}, worker="gpu-7", observed_at=later)
        both = replace(trained("c"), metrics={"val_accuracy": 90.0, "latency": 2.5})
        cells.append("cells", [trained("a", 93.0), failed])
        cells.append("cells", [both])

        assert list(cells.trainings("cells", 0, 2)) == [
            Training(1, NOON, "a" * 32, None, Status.COMPLETED, 1.0, {"val_accuracy": 93.0}),
            Training(1, later, "a" * 32, "gpu-7", Status.FAILED, 1.0, {}),
            Training(2, NOON, "a" * 32, None, Status.COMPLETED, 1.0, {"val_accuracy": 90.0, "latency": 2.5}),
        ]

    def test_trainings_are_read_from_one_revision_to_another(self, cells: ObservationStore) -> None:
        for name in "abcd":
            cells.append("cells", [trained(name)])

        assert [each.revision for each in cells.trainings("cells", 1, 3)] == [2, 3]

    def test_retracted_trainings_are_left_out(self, cells: ObservationStore) -> None:
        cells.append("cells", [trained("a", 93.0), trained("b", 94.0)])
        cells.correct("cells", [Correction("a", Action.RETRACT)])

        assert [each.values for each in cells.trainings("cells", 0, 2)] == [{"val_accuracy": 94.0}]

    def test_trainings_of_another_study_are_not_told(self, cells: ObservationStore) -> None:
        cells.declare(replace(CELLS, name="other"))
        cells.append("other", [trained("a")])

        assert list(cells.trainings("cells", 0, 1)) == []

    def test_trainings_tell_their_share_of_a_full_one(self, store: ObservationStore) -> None:
        store.declare(Study("cells", "nasbench201", (Metric("val_accuracy"),), fidelity={"epochs": 200}))
        store.append("cells", [replace(trained("a"), fidelity={"epochs": 50}), trained("b")])

        assert [each.share for each in store.trainings("cells", 0, 1)] == [0.25, 1.0]

    def test_trainings_of_a_study_that_is_not_there_are_refused(self, store: ObservationStore) -> None:
        with pytest.raises(UnknownStudyError):
            list(store.trainings("none", 0, 1))

    def test_a_version_is_what_the_record_of_a_study_says(self, cells: ObservationStore) -> None:
        cells.append("cells", [trained("a")])
        cells.append("cells", [trained("b")])
        cells.correct("cells", [Correction("a", Action.RETRACT)])
        cells.append("cells", [trained("c")])

        version, record = cells.version("cells"), cells.study("cells")

        assert (version.revision, version.corrected) == (4, 3)
        assert version == StudyVersion(record.study, record.created_at, record.revision, record.corrected)

    def test_a_study_that_is_not_there_has_no_version(self, store: ObservationStore) -> None:
        with pytest.raises(UnknownStudyError):
            store.version("none")
