"""`emprox doctor` says what is configured, what is wrong, and what to do."""

import socket
from pathlib import Path

import pytest

from tests.process.server_process import serving

from .conftest import Emprox

LINES = ["program", "settings", "machine", "data", "database", "disk", "keys", "encoders", "server"]


@pytest.fixture(autouse=True)
def free_port(monkeypatch: pytest.MonkeyPatch) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    monkeypatch.setenv("EMPROX_PORT", str(port))
    return port


def told(out: str) -> dict[str, str]:
    """What follows the name of each line, with "WRONG " ahead where it is."""
    found = {}
    for line in out.splitlines():
        mark, _, rest = line.partition(" ")
        what, _, text = rest.strip().partition(": ")
        found[what] = text if mark == "ok" else f"WRONG {text}"
    return found


def test_all_is_well_before_the_first_start(emprox: Emprox, tmp_path: Path, free_port: int) -> None:
    ran = emprox("doctor")

    found = told(ran.out)
    assert ran.status == 0
    assert list(found) == LINES
    assert found["data"] == f"{tmp_path / 'data'} is not there yet: the server makes it"
    assert found["keys"].startswith("none: whoever reaches the server")
    assert "nasbench201/" in found["encoders"]
    assert found["server"] == f"nothing listens on 127.0.0.1:{free_port}"
    assert not (tmp_path / "data").exists()


def test_a_running_server_is_found(emprox: Emprox, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        ran = emprox("doctor", "--port", server.url.rpartition(":")[2])

    found = told(ran.out)
    assert ran.status == 0
    assert found["data"].endswith("held by a server")
    assert found["server"].startswith("ready on 127.0.0.1:")


def test_a_misspelled_variable_is_told(emprox: Emprox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPROX_QUEUE_LIMTI", "3")
    monkeypatch.setenv("EMPROX_API_KEY", "emprox-secret")

    ran = emprox("doctor")

    assert ran.status == 1
    assert told(ran.out)["settings"] == "WRONG EMPROX_QUEUE_LIMTI is no setting: docs/operation.md has the names"
    assert "emprox-secret" not in ran.out


def test_an_open_server_without_keys_is_wrong(emprox: Emprox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPROX_HOST", "0.0.0.0")  # noqa: S104

    assert told(emprox("doctor").out)["keys"].startswith("WRONG there are none, and other machines can reach")

    assert emprox("keys", "create", "first").status == 0
    assert told(emprox("doctor").out)["keys"] == "1 valid"


def test_no_keys_where_they_are_required_are_wrong(emprox: Emprox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPROX_KEYS_REQUIRED", "true")

    assert told(emprox("doctor").out)["keys"].startswith("WRONG there are none, and EMPROX_KEYS_REQUIRED is set")


def test_keys_that_are_of_no_use_or_open_to_others_are_wrong(emprox: Emprox, tmp_path: Path) -> None:
    created = emprox("keys", "create", "first").err
    emprox("keys", "revoke", created.split()[1])

    assert told(emprox("doctor").out)["keys"].startswith("WRONG none is valid any more")

    (tmp_path / "data" / "keys.json").chmod(0o644)
    assert "can be read by other users (and 1 more)" in told(emprox("doctor").out)["keys"]


def test_what_cannot_be_looked_at_is_a_line_as_well(emprox: Emprox, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "keys.json").write_text("{broken")

    found = told(emprox("doctor", "--models-dir", tmp_path / "nothing").out)

    assert list(found) == LINES
    assert "keys.json cannot be read" in found["keys"]


def test_another_program_on_the_port_is_told(emprox: Emprox, free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)) as other:
        other.settimeout(0.1)

        ran = emprox("doctor")

    assert ran.status == 1
    assert told(ran.out)["server"].startswith(f"WRONG what listens on 127.0.0.1:{free_port} is no server of this kind")


@pytest.mark.parametrize(
    ("arguments", "line", "told_"),
    [
        (["--host", "bad host"], "server", "is no server of this kind"),
        (["--models-dir", "/nonexistent"], "encoders", "/nonexistent is no folder"),
        (["--data-dir", "/etc/passwd"], "data", "/etc/passwd is no folder"),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback(emprox: Emprox, arguments: list[str], line: str, told_: str) -> None:
    ran = emprox("doctor", *arguments)

    assert ran.status == 1
    assert list(told(ran.out)) == LINES
    assert told_ in told(ran.out)[line]


def test_a_setting_that_the_server_would_refuse_is_told(emprox: Emprox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPROX_QUEUE_LIMIT", "abc")

    assert told(emprox("doctor").out)["settings"].startswith("WRONG EMPROX_QUEUE_LIMIT: ")
