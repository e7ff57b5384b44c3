"""Logs: lines to read, or JSON for what collects them."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered, where one is."""


class LogFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


def set_up(log_format: LogFormat) -> None:
    """Log to standard error from now on."""
    handler = logging.StreamHandler()
    handler.addFilter(_with_request)
    handler.setFormatter(
        JsonFormatter()
        if log_format is LogFormat.JSON
        else logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s%(of_request)s")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, `request_id` where there is one, and `error`.

    What a message says as `name=value` stands in `fields` as well.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if fields := _fields(record):
            told["fields"] = fields
        if request_id := REQUEST_ID.get():
            told["request_id"] = request_id
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """The values of a message whose parts are `name=%s`, by their names."""
    if not isinstance(record.args, tuple):
        return {}
    parts = str(record.msg).split("%")[:-1]
    names = [part.rpartition(" ")[2].removesuffix("=") if part.endswith("=") else "" for part in parts]
    return {name: value for name, value in zip(names, record.args, strict=False) if name}


def _with_request(record: logging.LogRecord) -> bool:
    request_id = REQUEST_ID.get()
    record.of_request = f" request_id={request_id}" if request_id else ""
    return True
