"""URL and key come from arguments or the environment."""

import subprocess
import sys
from importlib.metadata import requires
from typing import Any

import pytest
from emprox_client.errors import SettingsError

from .either import Connect
from .loopback import VERSION, Answer, answering

FINE = Answer(200, VERSION)


def test_url_and_key_are_taken_from_the_environment(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(FINE) as server:
        monkeypatch.setenv("EMPROX_URL", server.url)
        monkeypatch.setenv("EMPROX_API_KEY", "of-the-environment")
        connect().version()

    assert server.headers[0]["Authorization"] == "Bearer of-the-environment"
    assert server.headers[0]["User-Agent"].startswith("emprox-client/")


def test_arguments_come_first(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPROX_URL", "http://nowhere.invalid")
    monkeypatch.setenv("EMPROX_API_KEY", "of-the-environment")
    with answering(FINE) as server:
        connect(server.url, api_key="mine").version()

    assert server.headers[0]["Authorization"] == "Bearer mine"


def test_without_a_key_none_is_sent(connect: Connect) -> None:
    with answering(FINE) as server:
        connect(server.url).version()

    assert "Authorization" not in server.headers[0]


def test_a_path_in_the_url_is_kept(connect: Connect) -> None:
    with answering(FINE) as server:
        connect(f"{server.url}/emprox/").version()

    assert server.requests == ["GET /emprox/version"]


def test_a_proxy_of_the_environment_is_not_for_loopback(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://nowhere.invalid:3128")
    with answering(FINE) as server:
        assert connect(server.url).version().server == "0.0.9"


def test_the_key_is_not_printed(connect: Connect) -> None:
    assert "secret" not in repr(connect("http://localhost", api_key="secret").study("default"))


def test_importing_it_imports_no_server_and_no_torch() -> None:
    code = "import emprox_client, sys; print({'app', 'torch', 'fastapi', 'numpy', 'pandas'} & set(sys.modules))"

    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert imported.stdout == "set()\n"


def test_it_depends_on_three_packages_alone() -> None:
    needed = [each.partition(">=")[0] for each in requires("emprox-client") or [] if "extra ==" not in each]

    assert sorted(needed) == ["httpx", "pydantic", "tenacity"]


def test_who_asks_is_named_to_the_server(connect: Connect) -> None:
    with answering(FINE) as server:
        connect(server.url, worker="gpu-9").version()
        connect(server.url).version()

    assert [headers.get("EmProx-Worker") for headers in server.headers] == ["gpu-9", None]


@pytest.mark.parametrize("worker", ["gpu\n7", "gpu-\u00fc", "w" * 201, 7])
def test_a_worker_that_no_header_can_carry_is_refused(connect: Connect, worker: Any) -> None:
    with pytest.raises(SettingsError, match="printable"):
        connect(worker=worker)


@pytest.mark.parametrize("key", [7, b"key", ["key"]])
def test_a_key_that_is_no_text_is_refused(connect: Connect, key: Any) -> None:
    with pytest.raises(SettingsError, match="is it no text"):
        connect(api_key=key)


@pytest.mark.parametrize("seconds", [-1, 0, None, "30", True, float("nan"), float("inf"), 1e20])
def test_a_timeout_that_no_socket_can_wait_is_refused(connect: Connect, seconds: Any) -> None:
    with pytest.raises(SettingsError, match=r"timeout is .*: give seconds, above 0 and at most 1000000"):
        connect(timeout=seconds)


@pytest.mark.parametrize("seconds", [-1, None, "60", float("nan")])
def test_a_total_time_that_never_comes_is_refused(connect: Connect, seconds: Any) -> None:
    with pytest.raises(SettingsError, match=f"total_timeout is {seconds!r}: give seconds, or 0 for no retries"):
        connect(total_timeout=seconds)
