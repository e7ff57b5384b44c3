"""Bodies that are no request."""

import pytest

from .serving import Server
from .spoiling import REQUESTS, refusal

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", REQUESTS)
async def test_the_requests_that_are_spoilt_here_are_valid(server: Server, path: str) -> None:
    method, request = REQUESTS[path]

    response = await server.http.request(method, path, json=request)

    # There is nothing to predict from yet.
    assert response.status_code == (409 if path == "/predict" else 201)


@pytest.mark.parametrize("path", REQUESTS)
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "400 not_json: the body is empty"),
        (b"{", "400 not_json: the body is not JSON: EOF while parsing an object at line 1 column 1"),
        (
            b'{"a": NaN}',
            "400 not_json: the body is not JSON: expected value at line 1 column 7. JSON has no NaN: leave it out",
        ),
        (b"not json", "400 not_json: the body is not JSON: expected ident at line 1 column 2"),
        (b"{'study': 1}", "400 not_json: the body is not JSON: key must be a string"),
        (b"\xff\xfe{\x00}\x00", "400 not_json"),
        (b'{"study": "\xff"}', "400 not_json"),
        (b'{"study": "\xed\xa0\x80"}', "400 not_json"),
        (b'{"a": "\x00"}', "400 not_json"),
        (b"[" * 100_000, "400 not_json: the body is not JSON: recursion limit exceeded"),
        (b'{"a":' * 30_000 + b"1" + b"}" * 30_000, "400 not_json: the body is not JSON: recursion limit exceeded"),
        (b"1" * 4301, "400 not_json: the body is not JSON: number out of range"),
        (b'{"study": "default", "study": "default"}', "400 not_json: the body is not JSON: key 'study' is given twice"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "400 not_json: the body is not JSON: key 'b' is given twice"),
        (b"null", "422 invalid_request: the body is no object: send a JSON object"),
        (b"[]", "422 invalid_request: the body is no object"),
        (b'"text"', "422 invalid_request: the body is no object"),
        (b"1e5", "422 invalid_request: the body is no object"),
        (b"{}", "422 invalid_request: "),
        (b'{"a": 1}', "422 invalid_request: "),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else "",
)
async def test_what_is_no_request_is_refused(shared_server: Server, path: str, body: bytes, expected: str) -> None:
    assert (await refusal(shared_server, path, body)).startswith(expected)
