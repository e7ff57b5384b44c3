"""`kill -9` in the middle of an import or of a switch to another encoder: what comes next finds nothing amiss."""

import json
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from app.domain.study import Metric, Study
from app.encoder.checkpoint import MANIFEST
from app.predictor.trainings import observations_to_fit
from app.settings import MODELS_DIR
from app.storage.sqlite import DATABASE_FILE, open_sqlite_store

from .cells import cells, trained
from .server_process import EMPROX, environment, serving
from .test_crash import numbers

ROWS = 5000
N = 700  # observed: enough for a process of its own to embed them
STUDY = Study("imported", "nasbench201", (Metric("acc"),))
SWITCH = "/studies/default/encoder"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    lines = [f"{cell},{80 + i % 90 / 10}" for i, cell in enumerate(cells(ROWS, seed=3))]
    (path := tmp_path / "table.csv").write_text("\n".join(["arch,acc", *lines]))
    return path


def stored(data: Path) -> int:
    with closing(sqlite3.connect(f"file:{data / DATABASE_FILE}?mode=ro", uri=True, timeout=30)) as database:
        (n,) = database.execute("SELECT count(*) FROM observations").fetchone()
        return int(n)


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_an_import_that_is_killed_goes_on_where_it_was(tmp_path: Path, table: Path, share: float) -> None:
    data = tmp_path / "data"
    with closing(open_sqlite_store(data)) as store:
        store.declare(STUDY)
    command: list[str | Path] = [
        EMPROX,
        "import",
        table,
        "--study",
        STUDY.name,
        "--architecture",
        "arch",
        "--metric",
        "acc",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment(data), stdout=log, stderr=log)  # noqa: S603
        try:
            while process.poll() is None and stored(data) < share * ROWS:
                time.sleep(0.01)
        finally:
            process.kill()
            process.wait()
    before = stored(data)
    assert before % 1000 == 0, "a batch is stored as a whole"

    again = subprocess.run(command, env=environment(data), capture_output=True, text=True, check=True)  # noqa: S603

    assert f"{ROWS - before} observations imported into 'imported', {before} were there already" in again.stderr
    assert stored(data) == ROWS


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Version 1 serves its structural embedding, version 2 what the network makes of it."""
    for version in ("1", "2"):
        shutil.copytree(MODELS_DIR / "nasbench201" / "1", tmp_path / "models" / "nasbench201" / version)
    manifest = tmp_path / "models" / "nasbench201" / "1" / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"serves": "structural"}))
    return tmp_path / "models"


@pytest.mark.parametrize("seconds", [0.2, 1.0])
def test_a_switch_that_is_killed_is_done_by_the_next_start(tmp_path: Path, models: Path, seconds: float) -> None:
    data, candidates = tmp_path / "data", cells(20, seed=1)
    with serving(data, EMPROX_MODELS_DIR=str(models)) as server:
        server.observe(trained(N))
        server.http.post(SWITCH, json={"version": "nasbench201/1"}).raise_for_status()
        time.sleep(seconds)
        server.kill()

    with serving(data, EMPROX_MODELS_DIR=str(models)) as server:
        deadline = time.monotonic() + 100
        while server.http.get(SWITCH).json()["version"] != "nasbench201/1":
            assert time.monotonic() < deadline, server.http.get(SWITCH).text
            time.sleep(0.1)
        server.fitted(observations_to_fit(N))
        after = server.predict(candidates)
        server.kill()
    shutil.rmtree(data / "cache")
    with serving(data, EMPROX_MODELS_DIR=str(models)) as server:
        server.fitted(observations_to_fit(N))
        anew = server.predict(candidates)

    assert (after.encoder, anew.encoder) == ("nasbench201/1", "nasbench201/1")
    np.testing.assert_allclose(numbers(after), numbers(anew), rtol=0, atol=1e-6)
