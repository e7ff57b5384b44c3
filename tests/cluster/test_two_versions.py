"""The next release beside this one on one database, during an upgrade without a pause."""

import os
import re
import shutil
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

import app
from tests.process.cells import cells, trained
from tests.process.server_process import ServerProcess, serving

from .database import Database
from .replicas import declare, described, eventually, observe, predict

_RUN = "import sys; from app.cli.main import main; sys.argv = ['emprox', *sys.argv[2:]]; main()"
_MIGRATION = '''"""What a release may do while the one before serves: add, with a default."""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("observations", sa.Column("further", sa.String(), nullable=False, server_default="none"))
    op.create_table("further", sa.Column("id", sa.Integer(), primary_key=True))
'''


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """This program with another migration; what its folder has comes before what is installed."""
    folder = tmp_path / "next"
    shutil.copytree(Path(app.__file__).parent, folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    schema = folder / "app" / "storage" / "schema.py"
    (head,) = re.findall('^HEAD = "(.*?)"', schema.read_text(), re.MULTILINE)
    schema.write_text(schema.read_text().replace(f'HEAD = "{head}"', 'HEAD = "9000"'))
    migrations = folder / "app" / "storage" / "migrations" / "versions"
    (migrations / "9000_further.py").write_text(_MIGRATION.format(head=head))
    return folder


def test_both_serve_one_database_while_one_after_the_other_is_replaced(
    postgres_server: Database, next_release: Path, tmp_path: Path
) -> None:
    url = postgres_server.new()
    path = os.pathsep.join([str(next_release), *filter(None, [os.environ.get("PYTHONPATH")])])

    def start(stack: ExitStack, name: str, *, newer: bool) -> ServerProcess:
        within = [sys.executable, "-P", "-c", _RUN] if newer else []
        settings = {"EMPROX_DATABASE_URL": url} | ({"PYTHONPATH": path} if newer else {})
        return stack.enter_context(serving(tmp_path / name, tmp_path / f"{name}.log", within, **settings))

    with ExitStack() as stack:
        old = [start(stack, f"old{i}", newer=False) for i in range(2)]
        declare(old[0], "cells")
        at_all_times, done = _Load(old[1]), threading.Event()
        worker = threading.Thread(target=at_all_times.run, args=(done,))
        worker.start()

        first = start(stack, "new0", newer=True)  # migrates, while the old ones serve
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9000",)]
        assert old[0].terminate(30) == 0
        again = start(stack, "old0", newer=False)  # rolled back: the old one starts on the newer schema
        revision = observe(again, "cells", trained(5, seed=50))
        assert predict(first, "cells", cells(3, 9), revision).status_code == 200
        done.set()
        worker.join()

        assert at_all_times.refused == []
        assert at_all_times.stored > 3
        revision = observe(first, "cells", trained(5, seed=51))
        eventually(lambda: described(old[1], "cells")["revision"] == revision, "the old one does not follow")
        counts = [described(each, "cells")["observations"] for each in (old[1], again, first)]
        assert counts == [10 + at_all_times.stored] * 3


class _Load:
    """A worker that never stops."""

    def __init__(self, replica: ServerProcess) -> None:
        self._replica = replica
        self.stored = 0
        self.refused: list[str] = []

    def run(self, done: threading.Event) -> None:
        for each in trained(5000, seed=7):
            if done.wait(0.02):
                return
            told = self._replica.http.post("/observe", json={"study": "cells", "observations": [each]})
            if told.status_code == 201:
                self.stored += 1
            else:
                self.refused.append(told.text)
