"""The page and what it is made of; what it does in a browser is tested in tests/page."""

import re

import pytest

from .serving import Server

pytestmark = pytest.mark.anyio


async def test_the_page_and_every_file_that_it_names_are_served(shared_server: Server) -> None:
    page = await shared_server.http.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    files = re.findall(r'(?:src|href)="(page/[^"]+)"', page.text)
    assert len(files) >= 5
    for file in files:
        assert (await shared_server.http.get(f"/{file}")).status_code == 200, file


async def test_the_page_runs_no_script_but_the_servers(shared_server: Server) -> None:
    page = await shared_server.http.get("/")

    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert (await shared_server.http.get("/page/main.js")).headers["content-security-policy"] == policy


async def test_the_plotting_library_is_sent_once_and_compressed(shared_server: Server) -> None:
    first = await shared_server.http.get("/page/plotly.min.js", headers={"Accept-Encoding": "gzip"})
    again = await shared_server.http.get("/page/plotly.min.js", headers={"If-None-Match": first.headers["etag"]})
    plain = await shared_server.http.get("/page/plotly.min.js", headers={"Accept-Encoding": "identity"})

    assert first.headers["content-encoding"] == "gzip"
    assert b"plotly.js v" in first.content[:200]
    assert (again.status_code, again.content) == (304, b"")
    assert "content-encoding" not in plain.headers
    assert plain.content == first.content


@pytest.mark.parametrize("path", ["/page/none.js", "/page/../api/page.py", "/page/%2e%2e/drawing.py", "/page/"])
async def test_nothing_else_is_served(shared_server: Server, path: str) -> None:
    assert (await shared_server.http.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_api_is_described_without_another_server(shared_server: Server, path: str) -> None:
    page = await shared_server.http.get(path)

    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    for address in loaded:
        assert re.match("/[^/]", address), address
        assert (await shared_server.http.get(address)).status_code == 200, address
