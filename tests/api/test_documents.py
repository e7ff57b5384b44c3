"""The requests of docs/ are answered as the text says, by a server that has nothing but the default study."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from .serving import Server, problem_of

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).resolve().parents[2] / "docs"
TELLING = (DOCS / "search-spaces.md").read_text(encoding="utf-8").partition("## Telling the server\n")[2]
SPACES = TELLING.partition("\n## ")[0]
PROXIES = (DOCS / "proxies.md").read_text(encoding="utf-8")
HOST = "localhost:8000"


def requests(document: str) -> list[tuple[str, str, Any]]:
    """Method, path and body of each curl command of a document."""
    text = "".join(line.removeprefix("    ") for line in document.splitlines(keepends=True) if line.startswith("    "))
    found = []
    for command in text.split("curl -s ")[1:]:
        words = shlex.split(command, comments=True)
        body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
        method = words[words.index("-X") + 1] if "-X" in words else "POST" if body else "GET"
        (url,) = (word for word in words if word.startswith(HOST))
        found.append((method, url.removeprefix(HOST), body))
    return found


async def test_a_space_is_declared_observed_and_predicted(server: Server) -> None:
    answers = [await server.http.request(method, path, json=body) for method, path, body in requests(SPACES)]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 200, 200], [each.text for each in answers]
    (prediction,) = answers[3].json()["predictions"]
    assert 71.4 < prediction["metrics"]["val_accuracy"]["score"] < 93.1
    assert answers[4].json()["encoder"] == "chains/0"


async def test_another_declaration_of_a_space_in_use_gets_the_409_that_the_text_names(server: Server) -> None:
    (_, path, declaration), *others = requests(SPACES)
    await server.http.put(path, json=declaration)
    for method, other, body in others:
        await server.http.request(method, other, json=body)

    assert "gets a 409" in SPACES
    problem_of(await server.http.put(path, json={**declaration, "convolutions": []}), 409)
    assert (await server.http.put(path, json=declaration)).status_code == 200


async def test_proxies_are_declared_observed_and_asked_about(server: Server) -> None:
    answers = [await server.http.request(method, path, json=body) for method, path, body in requests(PROXIES)]

    assert [answer.status_code for answer in answers] == [201, 201, 200], [each.text for each in answers]
    (prediction,) = answers[2].json()["predictions"]
    assert prediction["metrics"]["val_accuracy"]["score"] == pytest.approx(90.3)
