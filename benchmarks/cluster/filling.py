"""A study of any size, copied into PostgreSQL as rows: a million observations in minutes."""

import json
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice

import numpy as np
import psycopg
from rich.console import Console
from rich.progress import track

from app.domain.observation import Observation
from app.domain.study import Metric, Study
from app.spaces.registry import get_space
from app.storage import rows
from app.storage.json_columns import json_text
from app.storage.postgres import open_postgres_store
from benchmarks.serving.filled import METRIC, NAME
from benchmarks.serving.notations import made_up_value, notations
from benchmarks.serving.scaling import SPACE

_AT_ONCE = 1_000  # observations of a revision
_FIRST_SEED = 1_000_000  # of the stored architectures; no other seed of a benchmark is as large

_Drawn = tuple[str, str, float]
"""Architecture id, notation as JSON, value."""


def fill(url: str, n: int) -> None:
    """Declare the study in an empty database, and store n random cells with made-up values."""
    with closing(open_postgres_store(url)) as store:
        store.declare(Study(NAME, SPACE, (Metric(METRIC),)))
    values: list[float] = []
    with psycopg.connect(url) as connection:
        study_id, metric_id = connection.execute(
            "SELECT study_id, metrics.id FROM metrics JOIN studies ON studies.id = study_id WHERE studies.name = %s",
            (NAME,),
        ).fetchall()[0]
        columns = ", ".join(("id", *rows.NEW_OBSERVATION_COLUMNS))
        with connection.cursor().copy(f"COPY observations ({columns}) FROM STDIN") as copy:
            for number, drawn in enumerate(_drawn(n), 1):
                copy.write_row((number, *_row(drawn, number, study_id)))
                values.append(drawn[2])
        with connection.cursor().copy("COPY measurements (observation_id, metric_id, value) FROM STDIN") as copy:
            for number, value in enumerate(values, 1):
                copy.write_row((number, metric_id, value))
        connection.execute("SELECT setval(pg_get_serial_sequence('observations', 'id'), %s)", (n,))
        connection.execute("UPDATE studies SET revision = %s WHERE id = %s", (_revision(n), study_id))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _row(drawn: _Drawn, number: int, study_id: int) -> list[object]:
    architecture_id, notation, value = drawn
    observation = Observation(f"run-{number}", architecture_id, "", {METRIC: value}, datetime.now(UTC))
    row = dict(
        zip(
            rows.NEW_OBSERVATION_COLUMNS,
            rows.new_observation_row(observation, study_id, _revision(number)),
            strict=True,
        )
    )
    row["notation"] = notation
    return [json_text(each) if isinstance(each, dict) else each for each in row.values()]


def _revision(number: int) -> int:
    return -(-number // _AT_ONCE)


def _drawn(n: int) -> Iterator[_Drawn]:
    """Drawn and parsed by a process on each core, with a progress bar."""
    batches = range(-(-n // _AT_ONCE))
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        found = pool.imap(_draw, batches)
        told = track(found, f"storing {n:,} observations", total=len(batches), console=Console(stderr=True))
        yield from islice((each for batch in told for each in batch), n)


def _draw(batch: int) -> list[_Drawn]:
    parse, rng = get_space(SPACE).parse, np.random.default_rng(batch)
    cells = islice(notations(SPACE, _FIRST_SEED + batch), _AT_ONCE)
    return [(parse(each).id, json.dumps(each, separators=(",", ":")), made_up_value(each, rng)) for each in cells]
