"""Health, versions, and errors."""

from typing import Literal, Optional

from pydantic import ConfigDict, Field

from emprox_client.schemas.fields import Wire


class Health(Wire):
    """Whether the service can answer."""

    status: Literal["ok"] = Field(description="Anything else is an error.")


class Version(Wire):
    """What runs."""

    server: str
    encoders: dict[str, str] = Field(description="By search space: version, and which embedding of it serves.")


class ItemError(Wire):
    """What is wrong with one item or field."""

    index: Optional[int] = Field(None, description="Of the item in its batch.")
    field: Optional[str] = Field(None, description="Path of the field, such as `observations.0.metrics.val_accuracy`.")
    detail: str


class Problem(Wire):
    """An error (RFC 9457, application/problem+json)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "unknown_study",
                    "title": "Unknown study",
                    "status": 404,
                    "detail": "there is no study 'nightly': declare it with PUT /studies/{name}",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    errors: Optional[list[ItemError]] = None
