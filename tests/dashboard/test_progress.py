import numpy as np

from app.dashboard.progress import MAX_WORKERS, NEWEST, Progress
from app.dashboard.timeline import Timelines
from app.domain.observation import Observation
from app.domain.study import Metric
from app.predictor.store import ObservationStore

from .studies import ACCURACY, LATENCY, training


def progress(
    store: ObservationStore, observations: list[Observation], metric: Metric = ACCURACY, limit: int = 100
) -> Progress:
    store.append("cells", observations)
    return Progress.of(Timelines().of("cells", store), metric, limit)


def test_of_an_empty_study_there_is_nothing(store: ObservationStore) -> None:
    found = Progress.of(Timelines().of("cells", store), ACCURACY, 100)

    assert (found.n, found.failed, len(found.shown), len(found.best), found.workers) == (0, 0, 0, 0, [])


def test_the_best_so_far_goes_up_with_each_better_training(store: ObservationStore) -> None:
    values = [90.0, 89.0, 91.0, 91.0, None, 92.0]

    found = progress(store, [training(i, value) for i, value in enumerate(values)])

    assert found.best.tolist() == [0, 2, 5]
    assert (found.n, found.failed) == (6, 1)


def test_less_is_better_where_the_metric_says_so(store: ObservationStore) -> None:
    latencies = [3.0, 4.0, 2.0]

    found = progress(store, [training(i, metrics={"latency": x}) for i, x in enumerate(latencies)], LATENCY)

    assert found.best.tolist() == []  # they failed
    store.append("cells", [training(i, 90.0, metrics={"latency": x}, worker="a") for i, x in enumerate(latencies, 9)])
    found = Progress.of(Timelines().of("cells", store), LATENCY, 100)
    assert (found.best.tolist(), found.workers[0].best) == ([3, 5], 2.0)


def test_what_was_not_trained_in_full_is_never_the_best(store: ObservationStore) -> None:
    found = progress(store, [training(0, 99.0, fidelity={"epochs": 10}), training(1, 90.0)])

    assert found.best.tolist() == [1]
    assert found.workers[0].best == 90.0


def test_all_trainings_are_shown_while_they_are_few(store: ObservationStore) -> None:
    assert progress(store, [training(i, 90.0) for i in range(100)]).shown.tolist() == list(range(100))


def test_of_many_an_even_sample_is_shown_with_the_newest_and_the_best(store: ObservationStore) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(90, 1, 5000).tolist()

    found = progress(store, [training(i, value) for i, value in enumerate(values)], limit=1000)

    shown = set(found.shown.tolist())
    assert len(shown) <= 1000
    assert shown >= set(range(5000 - NEWEST, 5000)) | set(found.best.tolist())
    of_each_tenth = np.bincount(found.shown // 500)[:9]
    assert of_each_tenth.min() > 50
    assert of_each_tenth.max() < 120  # of some 80


def test_workers_that_take_turns_have_an_equal_part_of_the_sample(store: ObservationStore) -> None:
    found = progress(store, [training(i, 90.0, worker=f"w{i % 32}") for i in range(5000)], limit=1000)

    of_each = np.bincount(found.timeline.worker[found.shown], minlength=32)
    assert of_each.min() > 15
    assert of_each.max() < 50  # of some 31


def test_a_training_that_comes_takes_the_place_of_one_at_most(store: ObservationStore) -> None:
    before = progress(store, [training(i, 90.0) for i in range(3000)], limit=1000)
    after = progress(store, [training(i, 90.0) for i in range(3000, 3100)], limit=1000)

    sample = set(before.shown.tolist()) - set(range(3000 - NEWEST, 3000))
    assert len(sample - set(after.shown.tolist())) <= 100


def test_no_more_is_shown_than_asked_for_where_each_training_is_the_best(store: ObservationStore) -> None:
    found = progress(store, [training(i, float(i)) for i in range(3000)], limit=100)

    assert len(found.shown) <= 100
    assert found.best[[0, -1]].tolist() == [0, 2999]


def test_workers_are_told_with_what_they_did_the_last_one_first(store: ObservationStore) -> None:
    found = progress(
        store,
        [training(0, 92.0, worker="a"), training(1, 91.0), training(2, worker="b"), training(3, 90.0, worker="a")],
    )

    told = [(found.timeline.workers[w.number], w.observations, w.failed, w.last, w.best) for w in found.workers]
    assert told == [("a", 2, 0, 3, 92.0), ("b", 1, 1, 2, None), (None, 1, 0, 1, 91.0)]
    assert found.workers_left_out == 0


def test_workers_beyond_a_bound_are_counted(store: ObservationStore) -> None:
    found = progress(store, [training(i, 90.0, worker=f"w{i}") for i in range(MAX_WORKERS + 7)])

    assert (len(found.workers), found.workers_left_out) == (MAX_WORKERS, 7)
    assert found.workers[0].last == MAX_WORKERS + 6
