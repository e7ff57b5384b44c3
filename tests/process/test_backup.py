"""Backups of a server that takes observations, and restores that it does not allow."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import httpx

from app.storage.schema import HEAD
from app.storage.sqlite import open_sqlite_store
from tests.storage.released_databases import released

from .cells import cells, trained
from .server_process import EMPROX, ServerProcess, environment, serving

CLIENTS = 3
BACKUPS = 3


def run(data_dir: Path, *args: object) -> tuple[int, str]:
    """Exit status of a command, and what it says on stderr."""
    command = [str(EMPROX), *map(str, args)]
    process = subprocess.run(  # noqa: S603
        command, env=environment(data_dir), capture_output=True, text=True, timeout=60, check=False
    )
    return process.returncode, process.stderr


def observe_until_told(
    server: ServerProcess, observations: list[dict[str, Any]], acknowledged: list[str], stop: Event
) -> None:
    """Send them two at a time, and note each as it is acknowledged."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http:
        for start in range(0, len(observations), 2):
            if stop.is_set():
                return
            sent = observations[start : start + 2]
            http.post("/observe", json={"observations": sent}).raise_for_status()
            acknowledged += [each["observation_id"] for each in sent]


def ids_in(backup: Path, directory: Path) -> list[str]:
    directory.mkdir()
    (directory / "emprox.sqlite3").write_bytes(backup.read_bytes())
    with closing(open_sqlite_store(directory)) as store:
        return [observation.observation_id for observation in store.observations("default")]


def test_backups_amid_observing_hold_what_was_acknowledged_before_and_a_prefix_of_the_rest(tmp_path: Path) -> None:
    of_clients = [[each["observation_id"] for each in trained(2000, seed)] for seed in range(CLIENTS)]
    acknowledged: list[list[str]] = [[] for _ in range(CLIENTS)]
    stop = Event()
    with serving(tmp_path / "data") as server, ThreadPoolExecutor(CLIENTS) as clients:
        running = [
            clients.submit(observe_until_told, server, trained(2000, seed), acknowledged[seed], stop)
            for seed in range(CLIENTS)
        ]
        before, after = [], []
        for i in range(BACKUPS):
            before.append([len(each) for each in acknowledged])
            status, said = run(tmp_path / "data", "backup", tmp_path / f"{i}.sqlite3")
            after.append([len(each) for each in acknowledged])
            assert (status, "observations, schema" in said) == (0, True), said
        stop.set()
        for future in running:
            future.result()

    for i in range(BACKUPS):
        found = ids_in(tmp_path / f"{i}.sqlite3", tmp_path / f"of {i}")
        assert len(set(found)) == len(found)
        for client, sent in enumerate(of_clients):
            own = [key for key in found if key in set(sent)]
            assert own == sent[: len(own)], "the observations of a client are there in order, without a gap"
            assert before[i][client] <= len(own) <= after[i][client] + 2
    assert sum(after[-1]) > sum(before[0]), "nothing was observed meanwhile"


def test_a_restore_under_a_running_server_is_refused(tmp_path: Path) -> None:
    data_dir, backup = tmp_path / "data", tmp_path / "out.sqlite3"
    with serving(data_dir) as server:
        server.observe(trained(3))
        assert run(data_dir, "backup", backup)[0] == 0
        server.observe(trained(3, seed=1))

        status, said = run(data_dir, "restore", backup)

        assert status == 1
        assert said == (
            f"emprox: data directory {data_dir} is held by another emprox: stop that one, "
            "or give this one a directory of its own\n"
        )
        assert server.observe(trained(3, seed=2)) == [True] * 3
        assert server.study().observations == 9


def test_a_server_answers_from_what_was_restored(tmp_path: Path) -> None:
    data_dir, backup = tmp_path / "data", tmp_path / "out.sqlite3"
    with serving(data_dir) as server:
        server.observe(trained(60))
        expected = server.predict(cells(5, seed=1))
        assert run(data_dir, "backup", backup)[0] == 0
        server.observe(trained(60, seed=1))
        server.kill()

    assert run(data_dir, "restore", backup)[0] == 0

    with serving(data_dir) as server:
        assert server.study().observations == 60
        assert server.predict(cells(5, seed=1)).revision == expected.revision


def test_a_running_server_is_checked_beside_it(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        server.observe(trained(60))

        assert run(tmp_path / "data", "check") == (0, "")

        assert server.observe(trained(1, seed=1)) == [True]


def test_a_server_says_where_the_database_before_its_upgrade_is(tmp_path: Path) -> None:
    data_dir = released("0001", tmp_path / "data")

    with serving(data_dir) as server:
        assert server.study().observations == 30
        (backup,) = (data_dir / "backups").iterdir()
        assert f"from=0001 to={HEAD} backup={backup}" in server.log.read_text()


def test_a_server_upgrades_without_a_backup_where_it_is_told_to(tmp_path: Path) -> None:
    data_dir = released("0001", tmp_path / "data")

    with serving(data_dir, EMPROX_SKIP_UPGRADE_BACKUP="true") as server:
        assert server.study().observations == 30
        assert not (data_dir / "backups").exists()
