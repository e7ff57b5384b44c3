from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.dashboard.timeline import KEPT, Timeline, Timelines
from app.domain.correction import Action, Correction
from app.domain.errors import UnknownStudyError
from app.domain.study import Metric
from app.predictor.store import ObservationStore, StudyVersion

from .studies import NOON, STUDY, training


def test_a_timeline_has_a_row_for_each_training(store: ObservationStore) -> None:
    both = {"accuracy": 91.0, "latency": 3.0}
    short = {"epochs": 10}
    store.append("cells", [training(1, 90.0, worker="a"), training(2), training(3, metrics=both, worker="a")])
    store.append("cells", [training(4, 95.0, fidelity=short)])

    timeline = Timelines().of("cells", store)

    assert timeline.revisions.tolist() == [1, 1, 1, 2]
    assert timeline.architecture_ids[3].decode() == f"{4:032x}"
    assert timeline.observed_at[0] == np.datetime64(NOON.replace(tzinfo=None, second=1))
    assert [timeline.workers[number] for number in timeline.worker] == ["a", None, "a", None]
    assert timeline.full.tolist() == [True, True, True, False]


def test_what_a_failed_training_measured_is_not_told(store: ObservationStore) -> None:
    store.append("cells", [training(1, metrics={"accuracy": 10.0}), training(2, 90.0)])

    timeline = Timelines().of("cells", store)

    assert timeline.failed.tolist() == [True, False]
    np.testing.assert_equal(timeline.values("accuracy"), [np.nan, 90.0])
    np.testing.assert_equal(timeline.values("latency"), [np.nan, np.nan])


def test_a_timeline_grows_with_its_study(store: ObservationStore) -> None:
    timelines = Timelines()
    store.append("cells", [training(1, 90.0)])
    first = timelines.of("cells", store)
    store.append("cells", [training(i, 90.0 + i) for i in range(2, 2000)])

    again = timelines.of("cells", store)

    assert again is first
    assert (len(again), again.revision) == (1999, 2)
    assert again.values("accuracy").tolist() == [90.0, *(90.0 + i for i in range(2, 2000))]


def test_retracted_trainings_leave_and_restored_ones_come_back(store: ObservationStore) -> None:
    timelines = Timelines()
    store.append("cells", [training(1, 90.0), training(2, 91.0)])
    timelines.of("cells", store)

    store.correct("cells", [Correction("run-1", Action.RETRACT)])
    assert timelines.of("cells", store).values("accuracy").tolist() == [91.0]
    store.correct("cells", [Correction("run-1", Action.RESTORE)])
    assert timelines.of("cells", store).values("accuracy").tolist() == [90.0, 91.0]


def test_another_study_of_the_same_name_has_a_timeline_of_its_own(store: ObservationStore) -> None:
    timelines = Timelines()
    store.append("cells", [training(1, 90.0)])
    timelines.of("cells", store)
    store.delete("cells")
    with pytest.raises(UnknownStudyError):
        timelines.of("cells", store)
    store.declare(STUDY)

    assert len(timelines.of("cells", store)) == 0


def test_a_metric_that_is_added_has_a_column(store: ObservationStore) -> None:
    timelines = Timelines()
    timelines.of("cells", store)
    store.add_metric("cells", Metric("params"))
    store.append("cells", [training(1, metrics={"params": 1.5})])

    assert timelines.of("cells", store).study.metrics[-1] == Metric("params")


def test_the_studies_that_were_looked_at_last_are_kept(store: ObservationStore) -> None:
    timelines = Timelines()
    names = [f"study-{i}" for i in range(KEPT)]
    for name in names:
        store.declare(replace(STUDY, name=name))
    first = timelines.of("cells", store)
    second = timelines.of(names[0], store)
    for name in names:
        timelines.of(name, store)

    assert timelines.of(names[0], store) is second
    assert timelines.of("cells", store) is not first


def test_a_training_takes_62_bytes_with_one_metric() -> None:
    timeline = Timeline(StudyVersion(replace(STUDY, metrics=STUDY.metrics[:1]), NOON, 0, 0))

    # 8 for the revision, 8 for the time, 32 for the architecture, 4 for the worker, 2 for what it was, 8 for the metric
    columns: list[np.ndarray[Any, Any]] = [timeline.revisions, timeline.observed_at, timeline.architecture_ids]
    columns += [timeline.worker, timeline.failed, timeline.full, timeline.values("accuracy")]
    assert sum(column.itemsize for column in columns) == 62
