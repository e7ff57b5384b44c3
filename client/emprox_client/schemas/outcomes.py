"""`GET /studies/{name}/outcomes`."""

from typing import Optional

from pydantic import ConfigDict, Field

from emprox_client.schemas.fields import Wire
from emprox_client.schemas.progress import METRIC, ShownMetric


class OutcomePoints(Wire):
    """Trainings that were predicted, one in each place of all columns, oldest first."""

    revision: list[int] = Field(description="Of the study, from which on the training counts.")
    measured: list[float]
    predicted: list[float] = Field(description="A moment before it was observed.")
    lower: list[Optional[float]] = Field(
        description="Of the 90 % interval; null where nothing was known of the spread."
    )
    upper: list[Optional[float]]


class StudyOutcomes(Wire):
    """What was predicted of a metric, and what came."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "study": "default",
                    "revision": 129,
                    "metric": METRIC,
                    "predictions": 480,
                    "shown": 2,
                    "points": {
                        "revision": [128, 129],
                        "measured": [91.9, 90.3],
                        "predicted": [92.1, 92.8],
                        "lower": [91.4, 91.9],
                        "upper": [92.9, 93.5],
                    },
                }
            ]
        }
    )

    study: str
    revision: int
    metric: ShownMetric
    predictions: int = Field(description="All that there were.")
    shown: int = Field(description="How many of them are told as points: the newest.")
    points: OutcomePoints
