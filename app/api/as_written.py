"""Candidates as a body writes them: of a thousand that were read before, none is read again.

The JSON of a body that holds a list of objects is that of the rest with each object's own in its place. So a body is
right if the rest is, with a number for the objects, and each object is by itself; whoever cuts at the wrong place finds
that one of them is not.
"""

import re
from typing import Annotated, Any

from emprox_client.schemas import PredictRequest
from emprox_client.schemas.fields import MAX_BATCH
from emprox_client.schemas.json_values import surely_storable
from pydantic import Field
from pydantic_core import from_json, to_json

from app.api.json_body import decoded, is_all
from app.domain.remembering import remembering

_BEGIN = re.compile(rb'"candidates"\s*:\s*\[\s*(?=\{)')
_PLACEHOLDER = 7_310_588_629_144  # found once in what is left of a body, or the body is read as a whole
_REMEMBERED, _LONGEST = 16_384, 2_000  # texts, and bytes of each, held twice: 66 MB at most


class WrittenRequest(PredictRequest):
    """A `PredictRequest` whose candidates are the JSON of objects as pydantic writes it, each checked by itself."""

    candidates: Annotated[list[bytes], Field(min_length=1, max_length=MAX_BATCH)]  # type: ignore[assignment]


def as_written(body: bytes) -> dict[str, Any] | None:
    """What a body holds, its candidates left as JSON; None unless they are objects that are surely right.

    Raises:
        HTTPException: the rest is not JSON.
    """
    begin = _BEGIN.search(body)
    if not begin:
        return None
    end = body.find(b"}]", begin.end()) + 1
    if not end:
        return None
    rest = b"%s%d%s" % (body[: begin.end()], _PLACEHOLDER, body[end:])
    inner = body[begin.end() + 1 : end - 1]
    separator = b"},{" if b"},{" in inner else b"}, {"
    texts = [b"{%s}" % each for each in inner.split(separator)]
    if len(texts) > MAX_BATCH or rest.count(b"%d" % _PLACEHOLDER) != 1:
        return None
    candidates = [_rewritten(each) if len(each) <= _LONGEST else None for each in texts]
    if not all(candidates):
        return None
    found = decoded(rest)
    if not isinstance(found, dict) or found.get("candidates") != [_PLACEHOLDER]:
        return None
    return {**found, "candidates": candidates}


@remembering("candidates", _REMEMBERED)
def _rewritten(text: bytes) -> bytes | None:
    """An object as pydantic writes it; None where it may not be right."""
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    written = to_json(value)
    # Numbers may be written longer than they came.
    right = len(written) <= _LONGEST and is_all(written, text) and surely_storable(written)
    return written if right else None
