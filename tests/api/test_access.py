"""Nothing can be read or written without the key that allows it."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.types import Message, Receive, Send
from starlette.types import Scope as Scope_

from app.api import access
from app.domain.keys import Scope, new_key
from app.predictor.ports import Encoder
from app.storage import key_file
from app.storage.key_file import KeyFile

from .cells import CELLS
from .serving import Server, problem_of, serving, store_with_default_study

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
OBSERVATION = {"architecture": CELLS[0], "metrics": {"val_accuracy": 90.0}}
ANYONE = {"GET /", "GET /health/live", "GET /health/ready", "GET /v2/health/live", "GET /v2/health/ready"}
READERS = {"POST /predict", "POST /suggest", "POST /spaces/{name}/graphs"}  # and all that only looks
WRITERS = {
    "POST /observe",
    "PUT /studies/{name}",
    "POST /studies/{name}/metrics",
    "POST /studies/{name}/corrections",
    "POST /studies/{name}/observations/{observation_id}/restore",
    "PATCH /studies/{name}/observations/{observation_id}",
    "DELETE /studies/{name}/observations/{observation_id}",
    "PATCH /studies/{name}/suggestions/{suggestion_id}",
    "DELETE /studies/{name}/suggestions/{suggestion_id}",
}
ADMINS = {"DELETE /studies/{name}", "PUT /spaces/{name}", "POST /studies/{name}/encoder"}


@dataclass(frozen=True)
class Locked:
    """A server with keys, and the key of each name."""

    server: Server
    keys: Mapping[str, str]
    file: KeyFile

    async def ask(self, operation: str, key: str | None, **sent: object) -> httpx.Response:
        method, path = operation.split()
        path = path.replace("{name}", "default")
        for parameter in ("observation_id", "suggestion_id", "architecture_id", "correction_id", "id"):
            path = path.replace(f"{{{parameter}}}", "00000000-0000-4000-8000-000000000000")
        return await self.server.http.request(method, path, headers=self.headers(key), **sent)  # type: ignore[arg-type]

    def headers(self, key: str | None) -> dict[str, str]:
        return {} if key is None else {"Authorization": f"Bearer {self.keys.get(key, key)}"}


@pytest.fixture
async def locked(tmp_path: Path, encoder: Encoder) -> AsyncIterator[Locked]:
    file, texts = KeyFile(tmp_path), {}
    for name, scope, studies, expires in (
        ("reader", Scope.READ, None, None),
        ("writer", Scope.WRITE, None, NOW + timedelta(days=1)),
        ("admin", Scope.ADMIN, None, None),
        ("bound", Scope.WRITE, frozenset({"mine"}), None),
        ("expired", Scope.ADMIN, None, NOW - timedelta(seconds=1)),
    ):
        key, texts[name] = new_key(name, scope, studies, NOW, expires)
        file.add(key)
    store = store_with_default_study(tmp_path)
    async with serving(store, encoder, tmp_path / "cache", keys=file) as server:
        await server.ready()
        yield Locked(server, texts, file)


async def test_every_route_wants_a_key_of_the_scope_that_is_documented(locked: Locked) -> None:
    operations = locked.server.operations()
    looks = {each for each in operations if each.startswith("GET ")} - ANYONE
    assert operations == ANYONE | looks | READERS | WRITERS | ADMINS

    for operation in sorted(operations):
        allowed = [
            key
            for key in (None, "reader", "writer", "admin")
            if not operation.endswith("/events") or key is None  # a stream, which has no end here
            if (await locked.ask(operation, key)).status_code not in {401, 403}
        ]
        expected = ["admin"]
        if operation in READERS | looks | WRITERS:
            expected = ["writer", *expected]
        if operation in READERS | looks:
            expected = ["reader", *expected]
        if operation in ANYONE:
            expected = [None, "reader", "writer", "admin"]  # type: ignore[list-item]
        assert allowed == ([] if operation.endswith("/events") else expected), operation


@pytest.mark.parametrize(
    "path", ["/nothing", "/predict/", "//predict", "/studies/default/nothing", "/PREDICT", "/page"]
)
async def test_what_is_no_route_tells_nobody_without_a_key_so(locked: Locked, path: str) -> None:
    problem = problem_of(await locked.server.http.post(path), 401)

    assert problem.type == "unauthorized"
    assert problem.detail == "this needs a key: send it as 'Authorization: Bearer KEY'"


async def test_a_refusal_says_how_a_key_is_sent(locked: Locked) -> None:
    response = await locked.ask("POST /observe", None, content=b"not even JSON")

    assert problem_of(response, 401).type == "unauthorized"
    assert response.headers["www-authenticate"] == 'Bearer realm="emprox"'


async def test_another_scope_is_refused_with_the_one_that_is_needed(locked: Locked) -> None:
    problem = problem_of(await locked.ask("DELETE /studies/{name}", "writer"), 403)

    assert problem.type == "forbidden"
    assert "is for scope 'write', and this needs 'admin'" in problem.detail
    assert (await locked.ask("GET /studies/{name}", "reader")).status_code == 200


async def test_a_reader_looks_at_suggestions_and_reserves_none(locked: Locked) -> None:
    look = await locked.ask("POST /suggest", "reader", json={"n": 1, "reserve": False})
    reserved = [
        await locked.ask("POST /suggest", "reader", json=body) for body in ({"n": 1}, {"n": 1, "reserve": True})
    ]

    assert look.status_code == 200
    for response in reserved:
        assert "this needs 'write'" in problem_of(response, 403).detail
    assert (await locked.ask("POST /suggest", "writer", json={"n": 1})).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer emprox-0000000000-nothing",
        "Bearer emprox--",
        "Bearer " + "x" * 5000,
        "Bearer emprox-é000000000-x",
        "Basic YWRtaW46YWRtaW4=",
        "{admin}",
        "Bearer {admin}x",
        "Bearer {expired}",
    ],
)
async def test_what_is_no_valid_key_opens_nothing(locked: Locked, header: str) -> None:
    sent = header.format(**locked.keys).encode("latin-1")

    response = await locked.server.http.get("/studies", headers={b"Authorization": sent})

    assert problem_of(response, 401).type == "unauthorized"


async def test_an_expired_key_is_told_so_to_who_holds_it(locked: Locked) -> None:
    assert "expired at" in problem_of(await locked.ask("GET /studies", "expired"), 401).detail


async def test_a_key_that_is_bound_to_a_study_is_for_nothing_else(locked: Locked) -> None:
    http, key = locked.server.http, locked.headers("bound")
    declaration = {"space": "nasbench201", "metrics": [{"name": "val_accuracy"}]}
    observation = {"observations": [{"architecture": CELLS[0], "metrics": {"val_accuracy": 90}}]}

    assert (await http.put("/studies/mine", json=declaration, headers=key)).status_code == 201
    assert (await http.post("/observe", json={"study": "mine", **observation}, headers=key)).status_code == 201
    asked = {"study": "mine", "candidates": [CELLS[1]]}
    assert (await http.post("/predict", json=asked, headers=key)).status_code == 200
    listed = (await http.get("/studies", headers=key)).json()["studies"]
    assert [each["name"] for each in listed] == ["mine"]

    for refused in (
        await http.put("/studies/other", json=declaration, headers=key),
        await http.get("/studies/default", headers=key),
        await http.get("/studies/default/observations", headers=key),
        await http.post("/observe", json=observation, headers=key),  # of the study `default`
        await http.post("/predict", json={"candidates": [CELLS[1]]}, headers=key),
        await http.post("/suggest", json={"study": "other", "n": 1}, headers=key),
        await http.get("/metrics", headers=key),
    ):
        assert problem_of(refused, 403).type == "forbidden"
    assert (await http.get("/studies/default", headers=locked.headers("admin"))).json()["observations"] == 0


async def test_a_revoked_key_is_of_no_use_at_once_and_a_new_one_is(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(key_file, "LOOK_EVERY_SECONDS", 0)
    elsewhere = KeyFile(tmp_path)  # as the command line opens it
    reader = next(key for key in elsewhere.keys.values() if key.name == "reader")
    assert (await locked.ask("GET /studies", "reader")).status_code == 200

    elsewhere.revoke(reader.key_id, NOW)
    made, text = new_key("late", Scope.READ, None, NOW, None)
    elsewhere.add(made)

    assert "was revoked at" in problem_of(await locked.ask("GET /studies", "reader"), 401).detail
    assert (await locked.ask("GET /studies", text)).status_code == 200


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{broken"])
async def test_a_file_of_keys_that_is_lost_opens_nothing(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    monkeypatch.setattr(key_file, "LOOK_EVERY_SECONDS", 0)
    file = tmp_path / key_file.KEY_FILE
    file.unlink()
    if content is not None:
        file.write_bytes(content)

    problem_of(await locked.ask("GET /studies", None), 401)

    assert (await locked.ask("GET /studies", "reader")).status_code == (401 if content == b"[]" else 200)


async def test_wrong_keys_wait_ever_longer_and_right_ones_do_not(
    locked: Locked, caplog: pytest.LogCaptureFixture
) -> None:
    spent = []
    for _ in range(3):
        start = time.monotonic()
        await locked.ask("GET /studies", "emprox-0123456789-secret")
        spent.append(time.monotonic() - start)

    assert spent[0] >= 0.1
    assert spent[1] >= 0.2
    assert spent[2] >= 0.4
    start = time.monotonic()
    assert (await locked.ask("GET /studies", "reader")).status_code == 200
    assert time.monotonic() - start < 0.4
    assert "wrong key address=127.0.0.1 attempts=3" in caplog.text
    assert "secret" not in caplog.text


async def test_a_flood_of_wrong_keys_is_refused_while_right_ones_are_served(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "MAX_SLOWED", 2)
    flood = [asyncio.create_task(locked.ask("GET /studies", "emprox-0123456789-secret")) for _ in range(6)]
    await asyncio.sleep(0.01)

    assert (await locked.ask("GET /studies", "reader")).status_code == 200
    statuses = sorted(response.status_code for response in await asyncio.gather(*flood))
    assert statuses == [401, 401, 429, 429, 429, 429]
    assert all(r.headers.get("retry-after") for r in await asyncio.gather(*flood) if r.status_code == 429)


async def test_without_keys_everybody_is_let_in_until_the_first_one_is_made(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_file, "LOOK_EVERY_SECONDS", 0)
    async with serving(store_with_default_study(tmp_path), encoder, tmp_path / "cache") as server:
        await server.ready()
        assert (await server.http.get("/studies")).status_code == 200

        key, text = new_key("first", Scope.READ, None, NOW, None)
        KeyFile(tmp_path).add(key)

        problem_of(await server.http.get("/studies"), 401)
        headers = {"Authorization": f"Bearer {text}"}
        assert (await server.http.get("/studies", headers=headers)).status_code == 200


async def test_a_stream_ends_once_its_key_is_revoked(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(key_file, "LOOK_EVERY_SECONDS", 0)
    key = locked.headers("reader")["Authorization"].encode()
    scope = {"type": "http", "method": "GET", "path": "/studies", "headers": [(b"authorization", key)]}
    seen = []

    async def inside(scope: Scope_, _receive: Receive, _send: Send) -> None:
        seen.append(access.still_holds(scope))
        reader = next(key for key in locked.file.keys.values() if key.name == "reader")
        KeyFile(tmp_path).revoke(reader.key_id, NOW)
        seen.append(access.still_holds(scope))

    await access.Access(inside, locked.file)(scope, None, None)  # type: ignore[arg-type]

    assert seen == [True, False]


async def test_a_stream_of_observations_is_cut_off_once_its_key_is_revoked(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(key_file, "LOOK_EVERY_SECONDS", 0)
    await locked.ask("POST /observe", "admin", json={"observations": [OBSERVATION] * 3})
    headers = {**locked.headers("reader"), "Accept": "application/x-ndjson"}
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/studies/default/observations",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    got: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        got.append(message)
        if message.get("body"):
            reader = next(key for key in locked.file.keys.values() if key.name == "reader")
            KeyFile(tmp_path).revoke(reader.key_id, NOW)

    await locked.server.app(scope, receive, send)

    start, study = got  # without a last message that says it is all
    assert start["status"] == 200
    assert study["body"].startswith(b'{"study":')
    assert study["more_body"]


async def test_what_fails_for_one_study_is_not_shown_to_keys_of_others(locked: Locked) -> None:
    http, mine = locked.server.http, locked.headers("bound")
    await http.put("/studies/mine", json={"space": "nasbench201", "metrics": [{"name": "loss"}]}, headers=mine)
    stranger = {**locked.headers("admin"), "EmProx-Worker": "gpu-secret"}
    await http.post("/predict", json={"study": "hidden", "candidates": [CELLS[0]]}, headers=stranger)
    await http.post("/predict", json={"candidates": [CELLS[0]]}, headers={**mine, "EmProx-Worker": "mallory"})

    seen = (await http.get("/studies/mine/activity", headers=mine)).text
    of_default = (await http.get("/studies/default/activity", headers=locked.headers("admin"))).text

    assert "hidden" not in seen
    assert "gpu-secret" not in seen
    assert "mallory" not in of_default
    assert "hidden" in of_default
