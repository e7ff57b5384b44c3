"""`GET /`: the page, and the files that it is made of."""

import asyncio
import gzip
from functools import cache
from importlib.metadata import distribution
from os import PathLike, stat_result
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import app.dashboard

FILES = Path(app.dashboard.__file__).parent / "page"
# Nothing but the server is ever asked, and no text that comes from it can become a script.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; "  # Plotly writes its own styles into the page
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Asked for each time, and answered with a 304 as long as it is the same: an upgrade is seen at once.
    "Cache-Control": "no-cache",
}

router = APIRouter(tags=["page"])


@router.get("/", response_class=HTMLResponse)
async def page() -> FileResponse:
    """A page to look at a study: its map, its progress, how good its estimates are. All of it is JSON as well."""
    return FileResponse(FILES / "index.html", headers=_HEADERS)


async def _plotting_library(request: Request) -> Response:
    body, tag = await asyncio.to_thread(_plotly)
    # A weak tag, for it is of both encodings.
    headers = {**_HEADERS, "ETag": tag, "Vary": "Accept-Encoding", "Content-Encoding": "gzip"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        del headers["Content-Encoding"]
        body = await asyncio.to_thread(gzip.decompress, body)
    return Response(body, headers=headers, media_type="text/javascript")


class _Files(StaticFiles):
    def file_response(
        self, full_path: PathLike[str] | str, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """With the headers of the page."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_HEADERS)
        return response


files = Mount("/page", routes=[Route("/plotly.min.js", _plotting_library), Mount("/", _Files(directory=FILES))])


@cache
def _plotly() -> tuple[bytes, str]:
    """The library from its installed package, compressed: 1.4 MB in place of 4.8; and its tag."""
    package = distribution("plotly")
    source = Path(str(package.locate_file("plotly/package_data/plotly.min.js")))
    return gzip.compress(source.read_bytes(), compresslevel=6), f'W/"plotly-{package.version}"'
