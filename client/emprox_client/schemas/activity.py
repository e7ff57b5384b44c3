"""`GET /studies/{name}/activity`."""

from datetime import datetime
from typing import Optional

from pydantic import ConfigDict, Field

from emprox_client.schemas.fields import Wire


class ActivityMinutes(Wire):
    """The last 60 minutes, the running one last, one in each place of all columns."""

    minute: list[datetime] = Field(description="When each began.")
    observed: list[int] = Field(description="Observations.")
    predicted: list[int] = Field(description="Candidates.")
    suggested: list[int] = Field(description="Suggestions.")


class KindActivity(Wire):
    """What was asked of one kind in the last 60 minutes."""

    requests: int
    items: int = Field(description="Candidates, observations or suggestions of the requests that succeeded.")
    failed: int = Field(description="Requests that failed.")
    median_ms: Optional[float] = Field(
        description="Of the last 1,000 requests that succeeded, in the server; null where there were none."
    )
    p99_ms: Optional[float]


class WorkerActivity(Wire):
    """What one worker has done since the server started."""

    worker: Optional[str] = Field(description="Its name, or its address; null where neither is known.")
    observed: int
    predicted: int
    suggested: int
    failed: int = Field(description="Requests that failed.")
    last_seen: datetime


class RequestFailure(Wire):
    """A request that failed."""

    at: datetime
    route: str = Field(description="Method and path.")
    status: int
    type: str = Field(description="Of the problem that was answered.")
    detail: str = Field(description="Its first 300 characters.")
    worker: Optional[str]


class StudyActivity(Wire):
    """Who observes and asks, how fast, and what failed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "study": "default",
                    "since": "2026-11-24T07:00:00Z",
                    "minutes": {
                        "minute": ["2026-11-24T08:00:00Z", "2026-11-24T08:01:00Z"],
                        "observed": [3, 1],
                        "predicted": [120, 40],
                        "suggested": [3, 0],
                    },
                    "kinds": {
                        "predict": {"requests": 4, "items": 160, "failed": 0, "median_ms": 1.4, "p99_ms": 6.2},
                        "observe": {"requests": 5, "items": 4, "failed": 1, "median_ms": 24.0, "p99_ms": 31.0},
                        "suggest": {"requests": 1, "items": 3, "failed": 0, "median_ms": 310.0, "p99_ms": 310.0},
                    },
                    "workers": [
                        {
                            "worker": "gpu-7",
                            "observed": 4,
                            "predicted": 160,
                            "suggested": 3,
                            "failed": 1,
                            "last_seen": "2026-11-24T08:01:12Z",
                        }
                    ],
                    "failures": [
                        {
                            "at": "2026-11-24T08:01:03Z",
                            "route": "POST /observe",
                            "status": 422,
                            "type": "invalid_observations",
                            "detail": "1 of 1 observations are invalid, and none was stored",
                            "worker": "gpu-7",
                        }
                    ],
                }
            ]
        }
    )

    study: str
    since: datetime = Field(description="When the server started.")
    minutes: ActivityMinutes
    kinds: dict[str, KindActivity] = Field(description="`predict`, `observe` and `suggest`.")
    workers: list[WorkerActivity] = Field(description="Those that were seen last, first; at most 200.")
    failures: list[RequestFailure] = Field(
        description="The last 50, newest first; with those whose study nobody knows."
    )
