"""`GET /studies/{name}/progress`."""

from datetime import datetime
from typing import Any, Literal, Optional

from pydantic import ConfigDict, Field

from emprox_client.schemas.fields import CELL_ID, Wire

METRIC: dict[str, Any] = {"name": "val_accuracy", "direction": "maximize", "unit": "%"}
OTHER_ID = "02a0718402d9d7a86b6e50e552282d06"
_TIMES: list[Any] = [f"2026-11-24T08:0{minute}:00.000Z" for minute in (0, 2, 5, 6)]


class ShownMetric(Wire):
    """The metric that is shown."""

    name: str
    direction: Literal["maximize", "minimize"]
    unit: str


class ProgressPoints(Wire):
    """Trainings, one in each place of all columns, in the order of the study."""

    number: list[int] = Field(description="Its place in the order of the study, counted from 1.")
    revision: list[int] = Field(description="Of the study, from which on it counts.")
    observed_at: list[datetime]
    architecture_id: list[str]
    value: list[Optional[float]] = Field(description="Null where it failed, or did not measure this metric.")
    failed: list[bool]
    full: list[bool] = Field(description="Whether it counts as trained in full.")
    worker: list[Optional[int]] = Field(description="Its place in `workers`; null for one that is left out there.")


class BestSoFar(Wire):
    """The full trainings at which the best value so far improved, one in each place of all columns."""

    number: list[int]
    observed_at: list[datetime]
    value: list[float]
    architecture_id: list[str]


class WorkerProgress(Wire):
    """What one worker has done."""

    worker: Optional[str] = Field(description="Null for trainings that name none.")
    observations: int
    failed: int
    last_observed_at: datetime
    best: Optional[float] = Field(description="Of its full trainings.")


class StudyProgress(Wire):
    """Every training of a study over time, or a sample of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "study": "default",
                    "revision": 4,
                    "metric": METRIC,
                    "observations": 4,
                    "failed": 1,
                    "shown": 4,
                    "points": {
                        "number": [1, 2, 3, 4],
                        "revision": [1, 2, 3, 4],
                        "observed_at": _TIMES,
                        "architecture_id": [CELL_ID, OTHER_ID, OTHER_ID, CELL_ID],
                        "value": [90.3, None, 88.0, 91.2],
                        "failed": [False, True, False, False],
                        "full": [True, True, True, True],
                        "worker": [0, 1, 1, 0],
                    },
                    "best": {
                        "number": [1, 4],
                        "observed_at": [_TIMES[0], _TIMES[3]],
                        "value": [90.3, 91.2],
                        "architecture_id": [CELL_ID, CELL_ID],
                    },
                    "workers": [
                        {
                            "worker": "gpu-7",
                            "observations": 2,
                            "failed": 0,
                            "last_observed_at": _TIMES[3],
                            "best": 91.2,
                        },
                        {
                            "worker": "gpu-8",
                            "observations": 2,
                            "failed": 1,
                            "last_observed_at": _TIMES[2],
                            "best": 88.0,
                        },
                    ],
                    "workers_left_out": 0,
                }
            ]
        }
    )

    study: str
    revision: int
    metric: ShownMetric
    observations: int = Field(description="All of the study, failed ones included, retracted ones left out.")
    failed: int
    shown: int = Field(description="How many of them are told as points.")
    points: ProgressPoints
    best: BestSoFar
    workers: list[WorkerProgress] = Field(description="Those that observed last, first; at most 200.")
    workers_left_out: int = Field(description="How many more there are.")
