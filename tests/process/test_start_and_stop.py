"""How the server starts, ends, and refuses to start."""

import shutil
import socket
import time
from pathlib import Path

from app.settings import MODELS_DIR

from .cells import cells, trained
from .server_process import refused, serving

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
    (weights,) = models_dir.rglob("weights.safetensors")
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
