"""A server that anybody on its machine may ask is asked by its own names alone."""

from pathlib import Path

import httpx
import pytest

from app.bootstrap import build_application
from app.domain.keys import Scope, new_key
from app.settings import Settings
from app.storage.key_file import KeyFile

from .serving import problem_of
from .test_access import NOW

pytestmark = pytest.mark.anyio


async def asked(settings: Settings, *hosts: str) -> list[httpx.Response]:
    """What `GET /version` answers under each name."""
    app = build_application(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://it") as http:
        found = [await http.get("/version", headers={"Host": host}) for host in hosts]
    await app.state.service.close()
    return found


async def test_without_keys_a_name_that_leads_to_loopback_is_refused(tmp_path: Path) -> None:
    own = ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "[::1]"]
    others = ["evil.example", "evil.example:8000", "localhost.evil.example", "", "10.0.0.1"]

    found = await asked(Settings(data_dir=tmp_path), *own, *others)

    assert [response.status_code for response in found[: len(own)]] == [200] * len(own)
    details = [problem_of(response, 421).detail for response in found[len(own) :]]
    assert details[0] == "this server is not called 'evil.example': EMPROX_ALLOWED_HOSTS names what it is called"


async def test_names_that_are_given_are_all_there_are(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, allowed_hosts="emprox, 10.0.0.5")

    found = await asked(settings, "emprox:8000", "10.0.0.5", "localhost")

    assert [response.status_code for response in found] == [200, 200, 421]


async def test_with_keys_any_name_will_do(tmp_path: Path) -> None:
    KeyFile(tmp_path).add(new_key("first", Scope.READ, None, NOW, None)[0])

    assert [response.status_code for response in await asked(Settings(data_dir=tmp_path), "lab.example")] == [401]


async def test_a_container_that_is_published_on_loopback_is_asked_by_the_names_of_that(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, host="0.0.0.0", published="127.0.0.1:8000")  # noqa: S104

    found = await asked(settings, "localhost:8000", "evil.example")

    assert [response.status_code for response in found] == [200, 421]


@pytest.mark.parametrize("path", ["/health/live", "/v2/health/live"])
async def test_probes_ask_by_any_name(tmp_path: Path, path: str) -> None:
    app = build_application(Settings(data_dir=tmp_path, allowed_hosts="emprox,"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://10.1.2.3") as http:
        assert (await http.get(path)).status_code == 200
        assert (await http.get("/version", headers={"Host": ""})).status_code == 421
    await app.state.service.close()
