"""All observations of a study as a stream: read as fast as the client takes it, in memory that does not grow."""

import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.api.access import still_holds
from app.api.connections import cut
from app.exchange.formats import Format
from app.exchange.text_stream import pieces
from app.predictor.predictor import Predictor
from app.predictor.records import Reading
from app.predictor.store import ObservationFilter

_log = logging.getLogger(__name__)

MEDIA_TYPES = {"text/csv": Format.CSV, "application/x-ndjson": Format.NDJSON}
_CSV_EXAMPLE = (
    "observation_id,architecture_id,architecture,status,metrics.val_accuracy,fidelity,proxies,seed,worker,metadata,"
    "observed_at,revision,retracted,expected,corrections\r\n"
)
_NDJSON_EXAMPLE = '{"study":{"name":"default","space":"nasbench201","metrics":[{"name":"val_accuracy"}]}}\n'
DOCUMENTED: dict[str, Any] = {
    "description": "A page, or a stream.",
    "content": {
        "text/csv": {"schema": {"type": "string"}, "example": _CSV_EXAMPLE},
        "application/x-ndjson": {"schema": {"type": "string"}, "example": _NDJSON_EXAMPLE},
    },
}


def asked_for(accept: str) -> Format | None:
    """The format of the stream that an Accept header names first; None for a page."""
    for part in accept.split(","):
        media_type = part.partition(";")[0].strip().lower()
        if media_type in {"application/json", "*/*", "application/*"}:
            return None
        if media_type in MEDIA_TYPES:
            return MEDIA_TYPES[media_type]
    return None


async def stream(
    predictor: Predictor, name: str, kind: Format, wanted: ObservationFilter, scope: Scope
) -> StreamingResponse:
    """A study as a stream, as long as the key of the request holds.

    Raises:
        UnknownStudyError: there is no such study.
        OverloadedError: too much waits.
    """
    reading = await predictor.records.reading(partial(pieces, study=name, kind=kind, wanted=wanted))
    head = await reading.next()
    media_type = next(each for each, format_ in MEDIA_TYPES.items() if format_ is kind)
    return _RecordStream(_all(head, reading, scope), media_type=media_type)


class _RecordStream(StreamingResponse):
    """What is cut off when its key ends, so that nobody takes the part for the whole."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except _KeyEndedError:
            _log.info("stream cut off, its key ended path=%s", ascii(scope["path"][:200])[1:-1])
            cut(scope)


class _KeyEndedError(Exception):
    """The key of a request was revoked or expired while its answer was under way."""


async def _all(head: bytes | None, reading: Reading[bytes], scope: Scope) -> AsyncIterator[bytes]:
    try:
        piece = head
        while piece is not None:
            if not still_holds(scope):
                raise _KeyEndedError
            if piece:
                yield piece
            piece = await reading.next()
    finally:
        reading.close()
