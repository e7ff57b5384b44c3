"""Export and import of a large study in each format: `python -m benchmarks.exchange` writes time and peak memory.

One observation in a hundred was retracted, and every one had been predicted. The program runs as a user runs it; the
peak is that of its resident memory. Takes twelve minutes; the argument is another number of observations.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import UUID

import numpy as np

from app.domain.correction import Action, Corrected, History
from app.domain.observation import Observation
from app.domain.prediction import Estimate, Expectation
from app.domain.study import Metric, Study
from app.spaces.nasbench201 import NasBench201
from app.storage.sqlite import open_sqlite_store
from benchmarks.report import publish

N = 1_000_000
STUDY = Study("cells", "nasbench201", (Metric("val_accuracy", unit="%"),))
NAMES = ("cells.csv", "cells.jsonl", "cells.parquet")
NOON = datetime(2024, 5, 17, 12, tzinfo=UTC)
_BATCH = 5_000
HEADER = """\
| format | size, MB | export, s | rows/s | peak memory, MB | import, s | rows/s | peak memory, MB |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def main() -> None:
    """Publish one row for each format."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else N
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with closing(open_sqlite_store(folder / "data")) as store:
            store.declare(STUDY)
            observations = _histories(n)
            while batch := list(islice(observations, _BATCH)):
                store.restore(STUDY.name, batch, 0)
        rows = [_row(folder, each, n) for each in NAMES]
    publish("exchange", f"Export and import of {n:,} observations", "python -m benchmarks.exchange", _table(rows))


def _table(rows: list[str]) -> str:
    return "\n".join([HEADER, *rows])


def _row(folder: Path, name: str, n: int) -> str:
    file, copy = folder / name, folder / f"copy of {name}"
    exporting, export_peak = _run("export", str(file), "--study", STUDY.name, "--data-dir", str(folder / "data"))
    importing, import_peak = _run("import", str(file), "--study", STUDY.name, "--data-dir", str(copy))
    with closing(open_sqlite_store(copy)) as store:
        record = store.study(STUDY.name)
    if record.n_observations + record.n_retracted != n:
        raise SystemExit(f"{name}: {record.n_observations + record.n_retracted} of {n} observations came back")
    columns = [
        f"{file.stat().st_size / 1e6:.0f}",
        *(f"{exporting:.0f}", f"{n / exporting:,.0f}", f"{export_peak:.0f}"),
        *(f"{importing:.0f}", f"{n / importing:,.0f}", f"{import_peak:.0f}"),
    ]
    print(name, *columns, flush=True)
    return f"| {file.suffix[1:]} | {' | '.join(columns)} |"


def _run(*arguments: str) -> tuple[float, float]:
    """Seconds and peak memory in MB of an `emprox` command.

    Raises:
        SystemExit: it failed.
    """
    start = time.perf_counter()
    command = [sys.executable, "-c", "from app.cli.main import main; main()", *arguments]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[1])  # noqa: S603  # our own program
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"emprox {' '.join(arguments)} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1e3


def _histories(n: int) -> Iterator[History]:
    cells = list(NasBench201().enumerate())
    rng = np.random.default_rng(0)
    for i in range(n):
        cell = cells[int(rng.integers(len(cells)))]
        value = float(rng.normal(88, 5))
        observation = Observation(
            observation_id=str(UUID(bytes=rng.bytes(16), version=4)),
            architecture_id=cell.id,
            notation=cell.notation,
            metrics={"val_accuracy": value},
            observed_at=NOON + timedelta(seconds=i),
            seed=int(rng.integers(2**63)),
            worker=f"gpu-{i % 64}",
            fidelity={"epochs": 200},
            expected={
                "val_accuracy": Expectation(Estimate(value + 0.5, 1.0, value - 1, value + 2), value + 1, -0.5, 0)
            },
            revision=i + 1,
        )
        if i % 100:
            yield History(observation)
        else:
            made = Corrected(i + 1, Action.RETRACT, "mara", "wrong split", observation, NOON + timedelta(days=30))
            yield History(replace(observation, retracted=True), (made,))


if __name__ == "__main__":
    main()
