"""The simulation obeys the laws that queues obey, and the page has what was calculated."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cluster.measured import Costs, Measured, Searched, Together, read
from benchmarks.scaling import crowds, sizes, validation
from benchmarks.scaling.page import PAGE, calculated, marked, with_tables
from benchmarks.scaling.plot import plot
from benchmarks.scaling.simulation import Scenario, simulate
from benchmarks.scaling.times import Times

TIMES = Times(estimate=0.01, observation=0.01, follow=0.005, commit=0.02, commit_each=0.001)
ASKING = Scenario(workers=50, replicas=1, think_s=1.0, observing=0.0, seconds=200.0, warm_s=10.0)


def one_of_each(n: int = 1_000_000) -> Measured:
    """A run with round figures."""
    steps = {"parse": 1e-4, "encode": 1e-4, "neighbors": 1e-4, "weights": 2e-4}
    costs = Costs(
        estimate_s=0.001,
        estimate_client_s=0.0,
        batched_s=0.001,
        observation_s=0.002,
        observation_database_s=0.0005,
        observation_client_s=0.0,
        follow_s=0.002,
        follow_database_s=0.0,
        commit_s=0.01,
        commit_each_s=0.001,
        log_bytes=2_000,
        stored_bytes=1_000,
        vector_bytes=1_000,
        cache_bytes=3_000,
        embed_s=0.0036,
        graph_s=0.001,
        steps={"batch": steps},
    )
    one = Together(1, 5, 2.0, 900, 900, 450, 1.2, 1.0, 0.001, 1.0, 1.0)
    memory = Searched("memory", 0.99, 2.0, 1.0, 10.0, 1.21, 1.0, 5.0, 1.0)
    return Measured("today", 2, n, 1, [one], [memory, replace(memory, search="pgvector", memory_gb=0.71)], costs)


def test_a_thread_is_busy_as_long_as_its_work_takes() -> None:
    found = simulate(ASKING, TIMES)

    assert found.busy == pytest.approx(found.per_second * TIMES.estimate, rel=0.02)


def test_workers_are_either_thinking_or_waiting() -> None:
    found = simulate(replace(ASKING, workers=150), TIMES)

    assert found.per_second * (1.0 + float(np.mean(found.estimates))) == pytest.approx(150, rel=0.02)


def test_requests_of_very_many_wait_as_in_an_m_m_1_queue() -> None:
    scenario = replace(
        ASKING, workers=2_000, think_s=40.0, seconds=400.0, warm_s=40.0
    )  # 50 a second: half of it is busy

    found = simulate(scenario, TIMES)

    assert float(np.mean(found.estimates)) == pytest.approx(0.01 / (1 - 0.5), rel=0.1)


def test_nobody_answers_faster_than_the_work_takes() -> None:
    crowded = replace(ASKING, workers=1_000, seconds=60.0)

    assert simulate(crowded, TIMES).per_second == pytest.approx(1 / TIMES.estimate, rel=0.05)
    assert simulate(replace(crowded, replicas=4), TIMES).per_second == pytest.approx(4 / TIMES.estimate, rel=0.05)


@pytest.mark.parametrize("workers", [10, 300])
def test_more_replicas_are_never_slower_to_estimate(workers: int) -> None:
    found = [simulate(replace(ASKING, workers=workers, replicas=n, seconds=30.0), TIMES) for n in (1, 3, 10)]

    slowest = [float(np.mean(each.estimates)) for each in found]
    assert slowest[0] >= slowest[1] * 0.95
    assert slowest[1] >= slowest[2] * 0.95


def test_replicas_that_share_cores_do_not_exceed_them() -> None:
    crowded = replace(ASKING, workers=100, replicas=3, think_s=0.0, cores=2, seconds=60.0)

    assert simulate(crowded, TIMES).per_second == pytest.approx(2 / TIMES.estimate, rel=0.05)


def test_observations_that_wait_share_a_commit() -> None:
    found = simulate(Scenario(100, 1, think_s=0.0, observing=1.0, seconds=20.0), replace(TIMES, observation=0.0005))

    assert np.mean(found.commits) > 10
    assert found.per_second > 5 / TIMES.commit


def test_commits_to_one_study_take_turns() -> None:
    alone = replace(TIMES, observation=0.0001, follow=0.0001, commit_each=0.0)

    found = simulate(Scenario(10, 10, think_s=0.0, observing=1.0, seconds=30.0), alone)  # each replica has one worker

    assert found.per_second == pytest.approx(1 / TIMES.commit, rel=0.1)


def test_every_other_replica_takes_in_every_commit() -> None:
    found = simulate(Scenario(5, 3, think_s=1.0, observing=1.0, seconds=100.0), TIMES)

    assert len(found.lags) == pytest.approx(2 * len(found.commits), abs=10)


def test_replicas_fall_behind_where_more_is_observed_than_they_can_follow() -> None:
    times = replace(TIMES, observation=0.0001, commit=0.001, commit_each=0.0)
    calm = Scenario(100, 2, think_s=1.0, observing=1.0, seconds=20.0)  # each follows 50 a second, for a quarter of it

    few, many = (simulate(replace(calm, workers=workers), times) for workers in (100, 1_000))

    assert float(np.median(few.lags)) < 0.05
    assert float(np.median(many.lags)) > 1.0


def test_the_same_seed_gives_the_same() -> None:
    scenario = replace(ASKING, observing=0.2, replicas=2, seconds=5.0)

    assert simulate(scenario, TIMES) == simulate(scenario, TIMES)


def test_bytes_grow_with_the_observations() -> None:
    found = sizes.size(one_of_each(), 10_000_000)

    assert (found.database_gb, found.vectors_gb, found.disk_gb, found.embedding_h) == (10, 10, 30, 10)
    assert found.memory_gb == pytest.approx(sizes.EMPTY_GB + 10)
    assert found.pgvector_gb == pytest.approx(sizes.EMPTY_GB + 5)


def test_a_worker_asks_for_a_thousand_candidates_in_ten_minutes() -> None:
    found = sizes.demand(one_of_each(), 600)

    assert (found.candidates, found.observations) == (1_000, 1)
    assert found.cores["estimate"] == pytest.approx(0.3)
    assert found.cores["HTTP, JSON"] == pytest.approx(0.5)
    assert found.replicas == 3  # a whole thread of numbers, each half idle, less what following takes


def test_no_number_of_replicas_is_enough_where_following_fills_them() -> None:
    slow = one_of_each()
    assert slow.costs is not None

    found = sizes.demand(replace(slow, costs=replace(slow.costs, follow_s=0.6)), 600)

    assert found.replicas == 0
    assert "none is enough" in sizes.demand_table([found])


def test_figures_are_told_to_two_digits() -> None:
    assert [sizes.rounded(each) for each in (0, 0.0005, 0.0123, 0.123, 1.23, 12.3, 1234.5)] == [
        "0",
        "< 0.001",
        "0.012",
        "0.12",
        "1.2",
        "12",
        "1,234",
    ]


def test_simulated_totals_stand_beside_the_measured() -> None:
    measured = one_of_each()

    (found,) = validation.beside(measured, Times.of(measured), 5.0)

    assert (found.estimates, found.observations) == (900, 450)
    assert found.simulated_estimates == pytest.approx(1_000, rel=0.05)
    assert validation.table([found]).splitlines()[2].startswith("| 1 | 900 | ")


def test_a_crowd_is_drawn_and_listed(tmp_path: Path) -> None:
    found = [crowds.crowd(workers, replicas, TIMES, 2.0) for replicas in (1, 3) for workers in (1, 30)]

    plot(found, tmp_path / "scaling.svg")

    assert (tmp_path / "scaling.svg").read_text("utf-8").startswith("<?xml")
    assert [line.split(" | ")[:2] for line in crowds.table(found).splitlines()[2:]] == [
        ["| 1", "1"],
        ["| 1", "30"],
        ["| 3", "1"],
        ["| 3", "30"],
    ]


def test_the_page_has_what_the_last_run_gives() -> None:
    page = PAGE.read_text("utf-8")

    told = {name: marked(page, name) for name in ("observations", "workers", "first")}

    assert told == calculated(read()), "write it anew: python -m benchmarks.scaling"


def test_a_table_is_written_between_its_marks() -> None:
    page = "before\n<!-- first -->\nold\n<!-- /first -->\nafter\n"

    assert with_tables(page, {"first": "new"}) == "before\n<!-- first -->\nnew\n<!-- /first -->\nafter\n"
    with pytest.raises(ValueError, match="no <!-- other -->"):
        with_tables(page, {"other": "new"})
