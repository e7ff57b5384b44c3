"""`GET /studies/{name}/map`."""

from typing import Any, Literal, Optional

from pydantic import ConfigDict, Field

from emprox_client.schemas.fields import CELL_ID, Wire
from emprox_client.schemas.progress import METRIC, OTHER_ID, ShownMetric

_POINTS: dict[str, Any] = {
    "architecture_id": [OTHER_ID, CELL_ID],
    "x": [-0.41, 0.73],
    "y": [0.12, 0.3],
    "value": [88.0, 90.75],
    "trainings": [2, 2],
    "failed": [1, 0],
    "newest": [3, 4],
}


class MapPoints(Wire):
    """Trained architectures, one in each place of all columns."""

    architecture_id: list[str]
    x: list[float]
    y: list[float]
    value: list[Optional[float]] = Field(description="Mean of its full trainings; null where there is none.")
    trainings: list[int] = Field(description="Of any fidelity, failed ones included.")
    failed: list[int] = Field(description="How many of them failed.")
    newest: list[int] = Field(description="Revision of its last training.")


class MapSpace(Wire):
    """A sample of the search space, of which nothing need be known."""

    x: list[float]
    y: list[float]


class StudyMap(Wire):
    """The trained architectures in two dimensions, over a sample of the search space."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "study": "default",
                    "revision": 4,
                    "encoder": "nasbench201/1",
                    "metric": METRIC,
                    "projection": "pca",
                    "projections": ["pca", "umap"],
                    "pending": "umap",
                    "explained": [0.31, 0.15],
                    "architectures": 2,
                    "shown": 2,
                    "points": _POINTS,
                    "space": {"x": [0.1, -0.5, 0.3], "y": [-0.2, 0.0, 0.4]},
                }
            ]
        }
    )

    study: str
    revision: int
    encoder: str
    metric: ShownMetric
    projection: Literal["pca", "umap"] = Field(description="Of this map.")
    projections: list[Literal["pca", "umap"]] = Field(description="Those that can be asked for.")
    pending: Optional[Literal["umap"]] = Field(
        description="What was asked for and is being computed, anew or for the first time: ask again in a moment."
    )
    explained: Optional[list[float]] = Field(
        description="Share of the variance of the space along each axis; null where axes mean nothing."
    )
    architectures: int = Field(description="Distinct ones that were trained.")
    shown: int = Field(description="How many of them are told as points.")
    points: MapPoints
    space: MapSpace
