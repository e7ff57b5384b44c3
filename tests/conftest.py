"""What the tests of several packages share: the benchmark's table, every cell of NAS-Bench-201, and a PostgreSQL."""

import csv
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from threadpoolctl import threadpool_limits

from app.domain.architecture import Architecture
from app.spaces.nasbench201 import NasBench201
from tests.cluster.database import Database, database

# Two threads take longer than one on graphs and studies this small: 20 times as long to fit scales.
torch.set_num_threads(1)
threadpool_limits(1)

DATA_VARIABLE = "EMPROX_BENCHMARK_DATA"


@pytest.fixture(scope="session")
def benchmark_data() -> Path:
    """The folder of the benchmark tables."""
    beside_checkout = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get(DATA_VARIABLE) or beside_checkout)
    if not folder.is_dir():
        pytest.skip(f"no benchmark tables in {folder}: point {DATA_VARIABLE} at the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def nasbench201_rows(benchmark_data: Path) -> list[dict[str, str]]:
    """The table of NAS-Bench-201, one dictionary per cell, from column to text."""
    with gzip.open(benchmark_data / "nasbench201.csv.gz", "rt", encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


@pytest.fixture(scope="session")
def every_cell() -> list[Architecture]:
    """All 15,625 architectures of NAS-Bench-201, in the order of their enumeration."""
    return list(NasBench201().enumerate())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Database]:
    """A PostgreSQL that nobody kills."""
    with database() as running:
        yield running


@pytest.fixture
def postgres_database(postgres_server: Database) -> str:
    """The address of a new, empty database."""
    return postgres_server.new()
