import json
from collections.abc import AsyncIterator

import pytest

from .serving import MAX_BODY_BYTES, Server, problem_of
from .spoiling import PREDICT, REQUESTS, refusal

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", REQUESTS)
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content_type": "text/plain"}, "415 unsupported_media_type: the body is 'text/plain'"),
        ({"content_type": ""}, "415 unsupported_media_type: the body is ''"),
        ({"content_type": "application/x-www-form-urlencoded"}, "415 unsupported_media_type"),
        ({"content_type": "multipart/form-data; boundary=x"}, "415 unsupported_media_type"),
        ({"content_type": "x" * 3000}, "415 unsupported_media_type"),
        ({"content_encoding": "gzip"}, "415 unsupported_media_type: the body is encoded as 'gzip'"),
        ({"content_length": str(10**12)}, f"413 too_large: the body is larger than {MAX_BODY_BYTES} bytes"),
    ],
    ids=str,
)
async def test_what_the_headers_say_is_refused_unread(
    shared_server: Server, path: str, headers: dict[str, str], expected: str
) -> None:
    assert (await refusal(shared_server, path, json.dumps(REQUESTS[path][1]), **headers)).startswith(expected)


async def test_a_body_without_a_content_type_is_refused(shared_server: Server) -> None:
    request = shared_server.http.build_request("POST", "/predict", content=b"{}")
    assert "content-type" not in request.headers

    problem = problem_of(await shared_server.http.send(request), 415)

    assert problem.detail == "the body is '': send it with Content-Type: application/json"


async def test_json_with_a_charset_is_json(shared_server: Server) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}

    response = await shared_server.http.post("/predict", content=json.dumps(PREDICT), headers=headers)

    assert problem_of(response, 409).type == "no_observations"


@pytest.mark.parametrize("path", REQUESTS)
async def test_a_body_that_announces_no_length_is_counted(shared_server: Server, path: str) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 10_000
            yield b" " * 10_000

    detail = await refusal(shared_server, path, chunks())

    assert detail == f"413 too_large: the body is larger than {MAX_BODY_BYTES} bytes: send smaller batches"


async def test_a_body_in_chunks_within_the_limit_is_taken(shared_server: Server) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for byte in json.dumps(PREDICT).encode():
            yield bytes([byte])

    response = await shared_server.http.post("/predict", content=chunks(), headers={"content-type": "application/json"})

    assert problem_of(response, 409).type == "no_observations"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/predict", 405),
        ("DELETE", "/observe", 405),
        ("PATCH", "/studies/nightly", 405),
        ("POST", "/studies", 405),
        ("GET", "/nowhere", 404),
        ("POST", "/predict/more", 404),
        ("PUT", "/studies/a/b", 404),
        ("GET", "/studies/../../etc/passwd", 404),
    ],
)
async def test_other_methods_and_routes_are_refused(shared_server: Server, method: str, path: str, status: int) -> None:
    response = await shared_server.http.request(method, path, headers={"content-type": "application/json"})

    problem = problem_of(response, status)
    assert problem.detail
    assert status == 404 or "allow" in response.headers
