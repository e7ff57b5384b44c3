"""`POST /predict`."""

from typing import Any, Literal, Optional, Union

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from emprox_client.schemas.fields import (
    CELL,
    CELL_ID,
    MAX_BATCH,
    Name,
    Notation,
    Proxies,
    WeightingName,
    Wire,
)
from emprox_client.schemas.json_values import MAX_INTEGER


def one_for_each(proxies: Optional[list[Any]], info: ValidationInfo) -> Optional[list[Any]]:
    """The proxies, if there are as many as candidates."""
    candidates = info.data.get("candidates")  # None where they are wrong themselves
    if proxies is not None and candidates is not None and len(proxies) != len(candidates):
        text = "{objects} in proxies, {candidates} in candidates: give one for each"
        raise PydanticCustomError("proxies", text, {"objects": len(proxies), "candidates": len(candidates)})
    return proxies


class PredictRequest(Wire):
    """Candidates to estimate."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"study": "default", "candidates": [CELL], "neighbors": 1}]}
    )

    study: Name = Field("default", description="The study whose observations the estimates rest on.")
    candidates: list[Notation] = Field(
        min_length=1, max_length=MAX_BATCH, description="Architectures in a notation of the study's search space."
    )
    proxies: Optional[list[Proxies]] = Field(
        None,
        max_length=MAX_BATCH,
        description="Of each candidate, in the same order; for a study that declares proxies.",
    )
    metrics: Optional[list[Name]] = Field(
        None, min_length=1, max_length=32, description="Metrics to estimate; default all that the study records."
    )
    k: Optional[int] = Field(
        None,
        ge=1,
        le=MAX_INTEGER,
        description="Neighbors to weigh; default as many as pay. The answer says how many were: at most all there "
        "are, and beyond 256 either all or 256.",
    )
    weighting: WeightingName = Field(
        "kriging",
        description="`kriging` weighs a neighbor by its distance and by the other neighbors, `inverse_distance` is "
        "the score of the EmProx paper, `uniform` is plain k nearest neighbors.",
    )
    neighbors: int = Field(0, ge=0, le=100, description="How many neighbors to explain each estimate with.")
    min_revision: int = Field(
        0,
        ge=0,
        le=MAX_INTEGER,
        description="Refuse to answer (503) from a study older than this revision; a server that shares its database "
        "waits up to two seconds for it.",
    )

    @field_validator("proxies")
    @classmethod
    def _one_for_each_candidate(cls, proxies: Optional[list[Any]], info: ValidationInfo) -> Optional[list[Any]]:
        return one_for_each(proxies, info)


class Estimate(Wire):
    """One metric of a candidate, in the metric's unit."""

    score: float = Field(description="The estimate.")
    std: Optional[float] = Field(description="Standard deviation; null while all observed values are the same.")
    lower: Optional[float] = Field(description="Lower bound of a 90 % interval; null as `std`.")
    upper: Optional[float] = Field(description="Upper bound of a 90 % interval; null as `std`.")


class Observed(Wire):
    """What was measured on the candidate itself."""

    mean: float
    n: int = Field(description="How many trainings.")
    std: Optional[float] = Field(description="Standard deviation of the trainings; null for a single one.")


class Neighbor(Wire):
    """An observed architecture near a candidate.

    Distance and weight are those of the first of the metrics asked for that was observed.
    """

    architecture_id: str
    architecture: Notation
    distance: float = Field(description="Euclidean, in the embedding space as the observations scale it.")
    weight: float = Field(description="Of its value in the estimate; weights of kriging may be negative.")
    value: dict[str, float] = Field(description="Mean of each metric that was measured on it.")


class Prediction(Wire):
    """What is expected of a candidate."""

    architecture_id: str = Field(description="Equal for two notations exactly when their networks are isomorphic.")
    novelty: Optional[float] = Field(
        description="Distance to the nearest observation, in units of the study's typical distance between nearest "
        "observations: above about 2 the estimate is an extrapolation. Null while there is no such distance."
    )
    observed: Optional[dict[str, Observed]] = Field(description="Null where the candidate was not trained yet.")
    metrics: dict[str, Estimate] = Field(description="By metric asked for; one without any observation is left out.")
    neighbors: list[Neighbor] = Field(description="Nearest first: as many as were asked for, weighed and stored.")
    failures: int = Field(description="How many trainings of the candidate failed.")


class CandidateErrorDetail(Wire):
    """What is wrong with a candidate."""

    type: Literal["invalid_architecture", "invalid_proxies"]
    detail: str


class CandidateError(Wire):
    """In the place of a prediction whose candidate is no architecture, or has not the proxies of its study."""

    error: CandidateErrorDetail


class PredictResponse(Wire):
    """Predictions in the order of the candidates."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "study": "default",
                    "revision": 128,
                    "encoder": "nasbench201/1",
                    "weighting": "kriging",
                    "k": 128,
                    "predictions": [
                        {
                            "architecture_id": CELL_ID,
                            "novelty": 0.0,
                            "observed": {"val_accuracy": {"mean": 93.1, "n": 2, "std": 0.14}},
                            "metrics": {"val_accuracy": {"score": 93.2, "std": 0.4, "lower": 92.4, "upper": 93.8}},
                            "neighbors": [
                                {
                                    "architecture_id": CELL_ID,
                                    "architecture": CELL,
                                    "distance": 0.0,
                                    "weight": 0.87,
                                    "value": {"val_accuracy": 93.1},
                                }
                            ],
                            "failures": 0,
                        },
                        {
                            "error": {
                                "type": "invalid_architecture",
                                "detail": "operation 'conv_5x5' of edge 0->1 is not one of none, skip_connect, "
                                "nor_conv_1x1, nor_conv_3x3, avg_pool_3x3",
                            }
                        },
                    ],
                }
            ]
        }
    )

    study: str
    revision: int = Field(description="Of the study: the number of its last committed change.")
    encoder: str = Field(description="Version of the encoder.")
    weighting: WeightingName
    k: int = Field(description="Neighbors that were weighed.")
    fidelity: dict[str, float] = Field(
        default_factory=dict,
        description="Only of a study that declares what a full training is: the share of one that the estimates of "
        "each metric are of, below 1 as long as fewer than 5 architectures were trained in full.",
    )
    predictions: list[Union[Prediction, CandidateError]]
