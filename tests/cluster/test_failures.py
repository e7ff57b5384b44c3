"""Servers that are killed, a database that is, and a network that fails: nothing is lost, nothing counts twice."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.process.cells import cells, trained
from tests.process.server_process import ServerProcess, serving

from .database import Database, database
from .replicas import declare, described, eventually, observe, predict, replicas

PARTITION_PORT = 55432


def test_a_server_that_is_killed_under_load_takes_nothing_along(postgres_server: Database, tmp_path: Path) -> None:
    """Workers try again at another server, with the same ids."""
    observations = trained(240)
    with replicas(3, tmp_path, postgres_server.new()) as running:
        declare(running[0], "killed")

        def send(start: int) -> None:
            for batch in range(start, 240, 6 * 4):
                _insist(running, "killed", observations[batch : batch + 4])

        with ThreadPoolExecutor(6) as workers:
            sent = [workers.submit(send, 4 * i) for i in range(6)]
            eventually(lambda: described(running[1], "killed")["observations"] > 40, "no load")
            running[0].kill()
            for each in sent:
                each.result()

        stored = _stored(running[1], "killed")
        assert sorted(stored) == sorted(each["observation_id"] for each in observations)
        eventually(lambda: described(running[2], "killed")["observations"] == 240, "the other one lags")


def test_a_database_that_is_killed_is_missed_and_comes_back_without_hands(tmp_path: Path) -> None:
    with database() as own, replicas(2, tmp_path, own.new()) as running:
        declare(running[0], "cells")
        revision = observe(running[0], "cells", trained(30))
        assert predict(running[1], "cells", cells(3, 9), revision).status_code == 200

        own.kill()

        refused = running[0].http.post("/observe", json={"study": "cells", "observations": trained(1, seed=1)})
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["Retry-After"]) >= 1
        assert predict(running[1], "cells", cells(3, 9)).status_code == 200  # from memory
        eventually(lambda: [_ready(each) for each in running] == [503, 503], "they say that they are ready")

        own.start()

        eventually(lambda: [_ready(each) for each in running] == [200, 200], "they do not recover")
        observe(running[0], "cells", trained(1, seed=1))
        eventually(lambda: described(running[1], "cells")["observations"] == 31, "the other one lags")


def test_a_server_that_is_paused_in_the_middle_of_a_write_holds_the_others_up_and_leaves_no_hole(
    postgres_server: Database, tmp_path: Path
) -> None:
    """A transaction that has the next revision and never commits, as of a server that the network lost."""
    url = postgres_server.new()
    with replicas(2, tmp_path, url) as running:
        declare(running[0], "paused")
        observe(running[0], "paused", trained(1))
        with psycopg.connect(url) as paused, ThreadPoolExecutor(1) as waiting:
            paused.execute("UPDATE studies SET revision = revision + 1 WHERE name = 'paused'")
            later = waiting.submit(observe, running[1], "paused", trained(1, seed=2))
            time.sleep(0.5)
            assert not later.done()
            assert described(running[0], "paused")["revision"] == 1
            paused.rollback()
            assert later.result() == 2
        eventually(lambda: described(running[0], "paused")["revision"] == 2, "the other one lags")


def test_one_that_holds_a_study_for_too_long_is_not_waited_for(postgres_server: Database, tmp_path: Path) -> None:
    url = postgres_server.new()
    with replicas(1, tmp_path, url) as (running,):
        declare(running, "held")
        with psycopg.connect(url) as holding:
            holding.execute("SELECT * FROM studies WHERE name = 'held' FOR UPDATE")
            refused = running.http.post("/observe", json={"study": "held", "observations": trained(1)})
            assert refused.status_code == 503, refused.text

        assert observe(running, "held", trained(1)) == 1


def test_a_server_that_dies_while_it_switches_an_encoder_has_the_switch_taken_over(
    postgres_server: Database, tmp_path: Path
) -> None:
    url = postgres_server.new()
    with replicas(2, tmp_path, url) as running:
        declare(running[0], "switched")
        observe(running[0], "switched", trained(900))
        asked = running[0].http.post("/studies/switched/encoder", json={"version": "nasbench201/1"})
        assert asked.status_code == 202, asked.text
        running[0].kill()

        eventually(lambda: _encoder(running[1])["version"] == "nasbench201/1", "nobody goes on", 60)
        eventually(lambda: not _encoder(running[1])["follows_newest"], "it is not switched", 60)
        assert described(running[1], "switched")["observations"] == 900


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0 or not shutil.which("ip"), reason="needs root and ip")
def test_a_server_that_the_network_cuts_off_from_the_database_says_that_it_is_not_ready(tmp_path: Path) -> None:
    with database() as own, _namespace() as within:
        name = own.new().partition("?")[0].rpartition("/")[2]
        own.listen("10.213.1.1", PARTITION_PORT)
        url = f"postgresql://postgres@10.213.1.1:{PARTITION_PORT}/{name}"
        settings = {"EMPROX_DATABASE_URL": url, "EMPROX_WITHOUT_KEYS": "true", "EMPROX_ALLOWED_HOSTS": "*"}
        with (
            serving(tmp_path / "apart", tmp_path / "log0", within, EMPROX_HOST="10.213.2.2", **settings) as apart,
            serving(tmp_path / "near", tmp_path / "log1", **settings) as near,
        ):
            declare(near, "cells")
            revision = observe(near, "cells", trained(30))
            assert predict(apart, "cells", cells(3, 9), revision).status_code == 200

            _ip("link", "set", "emprox-db", "down")
            eventually(lambda: _ready(apart) == 503, "it says that it is ready")
            assert _ready(near) == 200
            assert predict(apart, "cells", cells(3, 9)).status_code == 200
            observe(near, "cells", trained(5, seed=3))

            _ip("link", "set", "emprox-db", "up")
            eventually(lambda: _ready(apart) == 200, "it does not recover", 60)
            eventually(lambda: described(apart, "cells")["observations"] == 35, "it lags", 60)


def _insist(running: list[ServerProcess], study: str, batch: list[dict[str, Any]]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for each in running:
            with suppress(httpx.TransportError):
                told = each.http.post("/observe", json={"study": study, "observations": batch})
                assert told.status_code in {201, 503}, told.text
                if told.status_code == 201:
                    return
    raise AssertionError("nobody takes it")


def _stored(replica: ServerProcess, study: str) -> list[str]:
    answer = replica.http.get(f"/studies/{study}/observations", params={"limit": 1000})
    return [each["observation_id"] for each in answer.json()["observations"]]


def _ready(replica: ServerProcess) -> int:
    return replica.http.get("/health/ready").status_code


def _encoder(replica: ServerProcess) -> dict[str, Any]:
    found: dict[str, Any] = replica.http.get("/studies/switched/encoder").json()
    return found


@contextmanager
def _namespace() -> Iterator[list[str]]:
    """A network of its own, with one link to the database and another to clients; the command that runs within it."""
    try:
        _ip("netns", "add", "emprox-apart")
    except subprocess.CalledProcessError as err:
        pytest.skip(f"no network namespaces here: {err.stderr}")
    try:
        for link, subnet in (("emprox-db", 1), ("emprox-http", 2)):
            _ip("link", "add", link, "type", "veth", "peer", "name", "inside", "netns", "emprox-apart")
            _ip("-n", "emprox-apart", "link", "set", "inside", "name", f"inside{subnet}")
            _ip("addr", "add", f"10.213.{subnet}.1/24", "dev", link)
            _ip("-n", "emprox-apart", "addr", "add", f"10.213.{subnet}.2/24", "dev", f"inside{subnet}")
            _ip("link", "set", link, "up")
            _ip("-n", "emprox-apart", "link", "set", f"inside{subnet}", "up")
        _ip("-n", "emprox-apart", "link", "set", "lo", "up")
        yield ["ip", "netns", "exec", "emprox-apart"]
    finally:
        for link in ("emprox-db", "emprox-http"):
            with suppress(subprocess.CalledProcessError):
                _ip("link", "del", link)
        _ip("netns", "del", "emprox-apart")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)  # noqa: S603, S607
