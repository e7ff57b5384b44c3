"""Documentation and application know the same routes and errors."""

import re
from pathlib import Path

import pytest

from app.api import problems

from .serving import Server

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]
HTTP_API = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_ROUTE = r"(?:GET|PUT|POST|PATCH|DELETE) /[\w{}./]*"


async def test_every_route_has_a_section_and_every_section_is_of_a_route(shared_server: Server) -> None:
    assert set(re.findall(rf"^### ({_ROUTE})$", HTTP_API, re.M)) == shared_server.operations()


async def test_every_route_stands_in_the_overview(shared_server: Server) -> None:
    overview = HTTP_API.partition("\n## ")[0]

    assert set(re.findall(rf"`({_ROUTE})`", overview)) == shared_server.operations()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
async def test_no_page_names_a_route_that_there_is_not(page: Path, shared_server: Server) -> None:
    named = {route.rstrip(".") for route in re.findall(rf"`({_ROUTE})", page.read_text(encoding="utf-8"))}

    assert named - {"GET /openapi.json"} <= shared_server.operations()


def test_every_error_has_a_line_with_its_status_and_every_line_is_of_an_error() -> None:
    kinds = [*problems.KINDS.values(), *(kind for kind in vars(problems).values() if isinstance(kind, problems.Kind))]
    lines = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", HTTP_API, re.M)

    assert sorted(lines) == sorted((kind.type, str(kind.status)) for kind in kinds)
