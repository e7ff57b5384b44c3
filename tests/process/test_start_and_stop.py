"""How the server starts, ends, and refuses to start."""

import json
import shutil
import socket
import subprocess
import time
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from app.domain.keys import Scope, new_key
from app.domain.observation import Observation
from app.domain.study import Metric, Study
from app.settings import MODELS_DIR
from app.storage.key_file import KeyFile
from app.storage.sqlite import open_sqlite_store

from .cells import cells, trained
from .server_process import EMPROX, environment, refused, serving

OPERATION = Path(__file__).resolve().parents[2] / "docs" / "operation.md"


def test_sigterm_ends_it_with_status_0_within_seconds(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        server.observe(trained(60))
        asked = time.monotonic()

        assert server.terminate(seconds=10) == 0

        assert time.monotonic() - asked < 5
        assert "Application shutdown complete" in server.log.read_text()


def test_a_client_that_sends_half_a_request_does_not_hold_it(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        address = server.http.base_url
        head = b"POST /predict HTTP/1.1\r\nHost: it\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        with socket.create_connection((address.host, address.port)) as client:
            client.sendall(head)
            server.ready()  # answered after what came before it

            assert server.terminate(seconds=9) == 0


def test_pages_that_listen_do_not_hold_it(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, server.http.stream("GET", "/studies/default/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: study"
        server.observe(trained(1))
        told = [json.loads(line.removeprefix("data: ")) for line in islice(lines, 4) if line.startswith("data: ")]
        assert [each["revision"] for each in told] == [0, 1]
        asked = time.monotonic()

        assert server.terminate(seconds=10) == 0

        assert time.monotonic() - asked < 2
        assert not [line for line in lines if line not in {"", "event: activity", 'data: {"requests": 1}'}]


def test_what_was_observed_is_there_after_sigterm(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        server.observe(trained(5))
        before = server.predict(cells(3, seed=1))
        server.terminate(seconds=10)

    with serving(tmp_path / "data") as server:
        assert server.study().observations == 5
        assert server.predict(cells(3, seed=1)).revision == before.revision


def test_every_file_of_the_data_directory_is_described(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        server.observe(trained(60))
        server.terminate(seconds=10)

    names = [path.name + "/" * path.is_dir() for path in (tmp_path / "data").iterdir()]
    described = OPERATION.read_text().partition("## The data directory")[2].partition("\n## ")[0]
    assert {"emprox.sqlite3", "emprox.lock", "cache/"} <= set(names)
    assert [name for name in names if f"`{name.removesuffix('-wal').removesuffix('-shm')}`" not in described] == []


CHAIN = "kind: graph\noperations: [conv, pool]\nskeleton: {nodes: 4, edges: [[0, 1], [1, 2], [2, 3]]}\n"


def test_spaces_of_the_folder_are_known_from_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "spaces"
    folder.mkdir()
    (folder / "chains.yaml").write_text(CHAIN)
    (folder / "notes.txt").write_text("no declaration")
    study = {"space": "chains", "metrics": [{"name": "acc"}]}
    architecture = {"nodes": ["input", "conv", "pool", "output"]}
    observed = {"study": "nightly", "observations": [{"architecture": architecture, "metrics": {"acc": 93.0}}]}
    with serving(tmp_path / "data", EMPROX_SPACES_DIR=str(folder)) as server:
        assert server.http.get("/spaces/chains").json()["operations"] == ["conv", "pool"]
        assert server.http.put("/studies/nightly", json=study).status_code == 201
        assert server.http.post("/observe", json=observed).status_code == 201
        server.terminate(seconds=10)

    with serving(tmp_path / "data") as server:  # it is in the data directory by now
        assert server.http.get("/studies/nightly").json()["observations"] == 1


def test_spaces_in_the_data_directory_need_no_setting(tmp_path: Path) -> None:
    (tmp_path / "data" / "spaces").mkdir(parents=True)
    (tmp_path / "data" / "spaces" / "chains.yaml").write_text(CHAIN)

    with serving(tmp_path / "data") as server:
        assert server.http.get("/spaces/chains").json()["kind"] == "graph"


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("chains.yaml", "kind: [graph", ": the YAML does not parse at line 1, column 13"),
        ("chains.yaml", CHAIN.replace("pool", "conv"), ": operation 'conv' is listed twice: list each operation once"),
        ("Chains.yaml", CHAIN, ": space name 'Chains' is not 1 to 64 characters of a-z 0-9 . _ -"),
        ("darts.yaml", CHAIN, ": search space 'darts' comes with this program: rename the file"),
    ],
)
def test_a_file_that_declares_no_space_stops_the_start_by_its_name(
    tmp_path: Path, file: str, content: str, expected: str
) -> None:
    (tmp_path / file).write_text(content)

    status, lines = refused(tmp_path / "data", EMPROX_SPACES_DIR=str(tmp_path))

    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(f"emprox: {tmp_path / file}{expected}")


def test_a_file_that_declares_a_space_in_use_otherwise_stops_the_start_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "chains.yaml"
    file.write_text(CHAIN)
    study = Study("nightly", "chains", (Metric("acc"),))
    with closing(open_sqlite_store(tmp_path / "data")) as store:
        store.declare_space("chains", "{}")
        store.declare(study)
        store.append("nightly", [Observation("run-0", "a" * 32, {}, {"acc": 1.0}, datetime.now(UTC))])

    status, lines = refused(tmp_path / "data", EMPROX_SPACES_DIR=str(tmp_path))

    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(f"emprox: {file}: search space 'chains' is declared otherwise, and study 'nightly' has")


def test_a_folder_of_spaces_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    status, lines = refused(tmp_path / "data", EMPROX_SPACES_DIR=str(tmp_path / "none"))

    assert (status, lines) == (
        1,
        [f"emprox: folder of search spaces {tmp_path / 'none'} cannot be read: No such file or directory"],
    )


def test_a_second_server_on_the_same_data_directory_is_refused(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with serving(data_dir) as server:
        status, lines = refused(data_dir)

        assert status == 1
        assert lines == [
            f"emprox: data directory {data_dir} is held by another emprox: stop that one, "
            "or give this one a directory of its own"
        ]
        assert server.observe(trained(1)) == [True]


def test_damaged_weights_are_refused_with_the_name_of_their_file(tmp_path: Path) -> None:
    models_dir = shutil.copytree(MODELS_DIR, tmp_path / "models")
    weights = models_dir / "nasbench201" / "1" / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.chmod(0o600)
    weights.write_bytes(content)

    status, lines = refused(tmp_path / "data", EMPROX_MODELS_DIR=str(models_dir))

    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"emprox: {weights} is damaged")
    assert not (tmp_path / "data").exists()


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    status, lines = refused(tmp_path / "data")

    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"emprox: data directory {tmp_path / 'data'} cannot be used")


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        port = server.url.rpartition(":")[2]

        status, lines = refused(tmp_path / "other", EMPROX_PORT=port)

    assert status != 0
    assert len(lines) == 1
    assert f"('127.0.0.1', {port})" in lines[0]
    assert "address already in use" in lines[0]


def test_a_setting_out_of_its_range_is_told_by_the_name_of_its_option(tmp_path: Path) -> None:
    status, lines = refused(tmp_path / "data", EMPROX_QUEUE_LIMIT="0")

    assert status == 2
    assert any("--queue-limit" in line for line in lines)


def test_without_keys_it_listens_on_loopback_alone(tmp_path: Path) -> None:
    status, lines = refused(tmp_path / "data", EMPROX_HOST="0.0.0.0")  # noqa: S104

    assert status == 1
    assert lines == [
        "emprox: 0.0.0.0:0 can be reached from other machines, and there are no keys: make one with "
        "'emprox keys create', be there on 127.0.0.1 alone, or set EMPROX_WITHOUT_KEYS=true where something else keeps "
        "strangers out"
    ]
    assert not (tmp_path / "data" / "emprox.sqlite3").exists()


def test_where_keys_are_required_it_starts_with_them_alone(tmp_path: Path) -> None:
    status, lines = refused(tmp_path / "data", EMPROX_KEYS_REQUIRED="true")

    assert status == 1
    assert lines == [
        f"emprox: EMPROX_KEYS_REQUIRED is set, and there are no keys in {tmp_path / 'data'}: make one with "
        "'emprox keys create', or bring keys.json along from where it is"
    ]
    key, _ = new_key("first", Scope.READ, None, datetime.now(UTC), None)
    KeyFile(tmp_path / "data").add(key)
    with serving(tmp_path / "data", EMPROX_KEYS_REQUIRED="true") as server:
        assert server.http.get("/studies").status_code == 401


@pytest.mark.parametrize("published", ["0.0.0.0:8000", "8000", "[::]:8000", "lab.example:8000"])
def test_a_container_that_is_published_elsewhere_than_on_loopback_needs_keys(tmp_path: Path, published: str) -> None:
    status, lines = refused(tmp_path / "data", EMPROX_HOST="0.0.0.0", EMPROX_PUBLISHED=published)  # noqa: S104

    assert status == 1
    assert lines[0].startswith(f"emprox: {published} can be reached from other machines")


def test_a_log_says_that_there_are_no_keys(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        assert "there are no keys: whoever reaches 127.0.0.1:0 may read and write everything" in server.log.read_text()


def test_a_key_that_is_made_while_it_serves_locks_it(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        assert server.http.get("/studies").status_code == 200
        command = [str(EMPROX), "keys", "create", "first"]
        made = subprocess.run(command, env=environment(tmp_path / "data"), capture_output=True, text=True, check=True)  # noqa: S603

        deadline = time.monotonic() + 10
        while server.http.get("/studies").status_code != 401:
            assert time.monotonic() < deadline
            time.sleep(0.05)

        server.http.headers["Authorization"] = f"Bearer {made.stdout.strip()}"
        assert server.observe(trained(2)) == [True, True]


def test_damaged_keys_let_nothing_start(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "keys.json").write_text("{broken")

    status, lines = refused(tmp_path / "data")

    assert status == 1
    assert len(lines) == 1
    assert "keys.json cannot be read" in lines[0]
