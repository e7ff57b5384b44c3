"""What a run of `make bench-cluster` rests on, and how it is told."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.cluster.measured import Costs, Measured, Searched, Together, read
from benchmarks.cluster.median import median
from benchmarks.cluster.tables import tables
from benchmarks.serving.process import own_gb, processor_seconds, resident_gb

ONE = Together(1, 5.0, 2.0, 1_000.0, 2_000.0, 400.0, 1.2, 1.0, 0.001, 1.0, 0.9)
THREE = replace(
    ONE, replicas=3, estimates=1_500.0, lag_ms=(10.0, 20.0), lag_loaded_ms=(30.0, 60.0), noticed_ms=(9.0, 12.0)
)
SEARCHED = Searched("pgvector", 0.991, 5.0, 2.0, 20.0, 0.9, 0.7, 4.0, 1.5)


def test_a_table_has_a_column_for_each_number_of_replicas_and_ratios_over_one() -> None:
    told = tables(Measured("today", 2, 1_000_000, 1, [ONE, THREE], [SEARCHED]))

    assert "| | 1 replica | 3 |" in told
    assert "32 clients | 1,000 | 1,500 (1.50) |" in told
    assert "of each replica | 1,000 | 500 (0.50) |" in told
    assert "idle, ms | - | 10.0 |" in told
    assert "| pgvector | 0.9910 | 5.00 |" in told
    assert "share 2 cores" in told


def test_rounds_come_to_their_medians_figure_by_figure() -> None:
    rounds = [replace(THREE, estimates=estimates, lag_ms=(lag, 20.0)) for estimates, lag in ((1, 8), (5, 9), (3, 7))]

    found = median([replace(each, estimates=float(each.estimates)) for each in rounds])

    assert (found.estimates, found.lag_ms, found.replicas) == (3, (8, 20), 3)
    assert found.lag_loaded_ms == (30, 60)


def test_costs_by_step_come_to_their_medians() -> None:
    published = read().costs
    assert isinstance(published, Costs)

    assert median([published, published, published]) == published


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    measured = Measured("today", 2, 1_000_000, 3, [ONE, THREE], [SEARCHED], read().costs)

    (tmp_path / "measured.json").write_text(measured.written(), "utf-8")

    assert read(tmp_path / "measured.json") == measured
    assert measured.of(3) == THREE


def test_the_published_run_has_what_the_simulation_needs() -> None:
    measured = read()

    assert [each.search for each in measured.searched] == ["memory", "pgvector"]
    assert measured.of(1).lag_ms is None
    assert measured.costs is not None
    assert {"parse", "encode", "neighbors", "weights"} <= measured.costs.steps["batch"].keys()


def test_a_process_that_computes_has_spent_time_and_holds_memory() -> None:
    before = processor_seconds(os.getpid())

    sum(i * i for i in range(2_000_000))

    after = processor_seconds(os.getpid())
    assert processor_seconds(os.getpid(), ended=True) >= after > before
    assert 0 < own_gb(os.getpid()) <= resident_gb(os.getpid())


def test_too_few_observations_end_the_benchmark() -> None:
    command = [sys.executable, "-m", "benchmarks.cluster", "--observations", "100"]

    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert found.returncode == 1
    assert "below 30,000 there is no graph to compare" in found.stderr
