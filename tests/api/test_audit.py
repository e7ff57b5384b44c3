"""Each request has an id, and what was changed is written down with who did it."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.keys import Scope, new_key
from app.logs import REQUEST_ID, JsonFormatter
from app.predictor.ports import Encoder
from app.storage.key_file import KeyFile

from .cells import CELLS
from .serving import Server, serving, store_with_default_study

pytestmark = pytest.mark.anyio

OBSERVED = {"observations": [{"architecture": CELLS[0], "metrics": {"val_accuracy": 90.0}}]}
DECLARATION = {"space": "nasbench201", "metrics": [{"name": "val_accuracy"}]}


def audited(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "emprox.audit"]


@pytest.mark.parametrize("path", ["/health/live", "/studies", "/nothing"])
async def test_an_answer_has_an_id_of_its_own(server: Server, path: str) -> None:
    first, second = [(await server.http.get(path)).headers["x-request-id"] for _ in range(2)]

    assert len(first) == 16
    assert first != second


@pytest.mark.parametrize(
    ("given", "kept"), [("trial-7:a.b_c", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("", False)]
)
async def test_an_id_that_a_request_comes_with_is_kept_where_it_can_be(server: Server, given: str, kept: bool) -> None:
    response = await server.http.post("/predict", json={"candidates": []}, headers={"X-Request-ID": given})

    assert (response.headers["x-request-id"] == given) is kept


async def test_what_was_changed_is_noted_with_the_key_and_what_failed_is_not(
    tmp_path: Path, encoder: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    key, text = new_key("the lab's own", Scope.ADMIN, None, datetime.now(UTC), None)
    KeyFile(tmp_path).add(key)
    async with serving(store_with_default_study(tmp_path), encoder, tmp_path / "cache") as server:
        server.http.headers["Authorization"] = f"Bearer {text}"
        await server.ready()
        await server.http.put("/studies/mine", json=DECLARATION)
        await server.http.put("/studies/mine", json={**DECLARATION, "space": "darts"})
        await server.http.post("/observe", json={"observations": [{"architecture": "", "metrics": {}}]})
        await server.http.post("/observe", json=OBSERVED)
        await server.http.post("/predict", json={"candidates": [CELLS[0]]})
        await server.http.delete("/studies/mine")
        await server.http.get("/studies")

    who = f"key={key.key_id} name=the lab's own address=127.0.0.1"
    assert audited(caplog) == [
        f"changed method=PUT path=/studies/mine status=201 {who}",
        f"changed method=POST path=/observe status=201 {who}",
        f"changed method=DELETE path=/studies/mine status=204 {who}",
    ]
    assert text not in caplog.text


async def test_a_line_of_the_audit_stays_one_line(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    await server.http.post("/observe", json=OBSERVED)  # without keys its rows tell as much
    await server.http.request("DELETE", "/studies/default")
    await server.http.put("/studies/a%0Ab", json=DECLARATION)

    (line,) = audited(caplog)
    assert line == "changed method=DELETE path=/studies/default status=204 key=None name=None address=127.0.0.1"


def test_a_line_of_json_has_what_a_message_names_and_the_request() -> None:
    token = REQUEST_ID.set("trial-7")
    record = logging.LogRecord("app", logging.INFO, "", 0, "study loaded study=%s observations=%d", ("cells", 7), None)

    told = json.loads(JsonFormatter().format(record))

    REQUEST_ID.reset(token)
    assert told["message"] == "study loaded study=cells observations=7"
    assert told["fields"] == {"study": "cells", "observations": 7}
    assert (told["level"], told["logger"], told["request_id"]) == ("info", "app", "trial-7")
    assert datetime.fromisoformat(told["time"]).tzinfo


def test_an_error_is_one_line_of_json_as_well() -> None:
    try:
        raise ValueError("line\nbreak")
    except ValueError as err:
        record = logging.LogRecord("app", logging.ERROR, "", 0, "failed", (), (ValueError, err, err.__traceback__))

    line = JsonFormatter().format(record)

    assert "\n" not in line
    assert "ValueError: line" in json.loads(line)["error"]
