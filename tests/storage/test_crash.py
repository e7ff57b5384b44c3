"""What was acknowledged survives `kill -9` at any moment, and what was not is there as a whole or not at all."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from app.storage.sqlite import DATABASE_FILE, open_sqlite_store

BATCH_SIZE = 25
WRITER = Path(__file__).with_name("appending_process.py")


def acknowledged_before_a_kill(directory: Path, seconds: float) -> list[int]:
    """Revisions that a process had printed when it was killed, `seconds` after its first."""
    command = [sys.executable, str(WRITER), str(directory), str(BATCH_SIZE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        # A line that the kill cut short has no newline and was acknowledged to nobody.
        lines = [first, *process.stdout.readlines()]
    return [int(line) for line in lines if line.endswith("\n")]


def test_acknowledged_observations_survive_kill_9(tmp_path: Path) -> None:
    acknowledged: list[int] = []

    for seconds in (0.03, 0.08, 0.17, 0.3):
        acknowledged += acknowledged_before_a_kill(tmp_path, seconds)

        with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with closing(open_sqlite_store(tmp_path)) as store:
            revision = store.study("cells").revision
            stored = [(o.observation_id, o.metrics["val_accuracy"]) for o in store.observations("cells")]
        assert revision >= acknowledged[-1]
        assert stored == [(f"{r}-{i}", i / 7) for r in range(1, revision + 1) for i in range(BATCH_SIZE)]
    assert len(acknowledged) > 20
