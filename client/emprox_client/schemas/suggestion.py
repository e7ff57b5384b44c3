"""`POST /suggest` and `/studies/{name}/suggestions`."""

from datetime import datetime
from typing import Annotated, Any, Literal, Optional

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from emprox_client.schemas.fields import CELL, CELL_ID, Measured, Name, Notation, Proxies, Seed, Text, Wire
from emprox_client.schemas.operation import ItemError
from emprox_client.schemas.prediction import Estimate, one_for_each

MAX_GIVEN = 2_000
MAX_SUGGESTED = 100
MAX_SECONDS = 90 * 86_400
_ID = "2f1f9a0e-6a58-4b7e-b0a5-0b1c7d5b9a11"

StrategyName = Literal["upper_confidence_bound", "expected_improvement", "thompson_sampling"]
Seconds = Annotated[int, Field(ge=1, le=MAX_SECONDS)]


class Bounds(Wire):
    """What a metric must be at least or at most."""

    at_least: Optional[Measured] = None
    at_most: Optional[Measured] = None

    @model_validator(mode="after")
    def _bounds_something(self) -> "Bounds":
        if self.at_least is None and self.at_most is None:
            raise PydanticCustomError("bounds", "Give at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise PydanticCustomError(
                "bounds",
                "No value is at least {at_least} and at most {at_most}: give the smaller bound as at_least",
                {"at_least": self.at_least, "at_most": self.at_most},
            )
        return self


class SuggestRequest(Wire):
    """What to look for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"study": "default", "n": 2, "worker": "gpu-7"},
                {
                    "study": "default",
                    "candidates": [CELL],
                    "strategy": "expected_improvement",
                    "constraints": {"latency_ms": {"at_most": 5}},
                },
            ]
        }
    )

    study: Name = "default"
    n: int = Field(1, ge=1, le=MAX_SUGGESTED, description="How many to suggest; they are spread out.")
    worker: Optional[Text] = Field(
        None, description="The worker's own id: asking again gives the same, until it is observed or expires."
    )
    candidates: Optional[list[Notation]] = Field(
        None, min_length=1, max_length=MAX_GIVEN, description="Architectures to choose among; default fresh ones."
    )
    proxies: Optional[list[Proxies]] = Field(
        None, max_length=MAX_GIVEN, description="Of each candidate; for a study that declares proxies."
    )
    generate: int = Field(
        2_000,
        ge=10,
        le=10_000,
        description="Among how many fresh candidates to choose, where none are given: samples of the space, mutants of "
        "the best, and steps in the embedding space that are decoded back.",
    )
    strategy: StrategyName = Field("upper_confidence_bound", description="How hope and doubt are weighed.")
    metrics: Optional[list[Name]] = Field(
        None,
        min_length=1,
        max_length=32,
        description="Metrics to improve, in the directions that the study declares; default all without a constraint. "
        "Several are improved along their Pareto front.",
    )
    constraints: dict[Name, Bounds] = Field(
        default_factory=dict, max_length=32, description="Bounds that a metric should keep."
    )
    expires_in_seconds: Seconds = Field(
        86_400, description="After this long without an observation, it may be suggested to others."
    )
    reserve: bool = Field(
        True, description="False: a look at what would be suggested, which keeps nobody else from it."
    )
    seed: Optional[Seed] = Field(None, ge=0, description="Makes the answer of the same study repeatable.")

    @field_validator("proxies")
    @classmethod
    def _one_for_each_candidate(cls, proxies: Optional[list[Any]], info: ValidationInfo) -> Optional[list[Any]]:
        if proxies is not None and info.data.get("candidates", ()) is None:
            raise PydanticCustomError("proxies", "They are of candidates: give these as well, or leave proxies out")
        return one_for_each(proxies, info)


class _Suggested(Wire):
    architecture_id: str
    architecture: Notation
    origin: Literal["given", "promotion", "sample", "mutation", "embedding_step"] = Field(
        description="Where it comes from; a `promotion` was given, was trained for less than in full, and is to be "
        "trained in full."
    )
    worker: Optional[str]
    created_at: datetime
    expires_at: datetime


class PendingSuggestion(_Suggested):
    """An architecture that a worker was told to train."""

    suggestion_id: str


class Suggestion(_Suggested):
    """A suggestion, with what is expected of it."""

    suggestion_id: Optional[str] = Field(description="Null of one that is not reserved, which expires at once.")
    novelty: Optional[float] = Field(description="As in a prediction; null before anything was observed.")
    metrics: dict[str, Estimate] = Field(description="What is expected, by metric that was observed.")
    acquisition: Optional[float] = Field(
        description="What it was chosen by, comparable within one answer; null for one that was suggested before."
    )
    feasibility: Optional[float] = Field(
        description="Probability that it meets all constraints; null for one that was suggested before."
    )


_PENDING: dict[str, Any] = {
    "suggestion_id": _ID,
    "architecture_id": CELL_ID,
    "architecture": CELL,
    "origin": "mutation",
    "worker": "gpu-7",
    "created_at": "2026-11-24T08:00:00Z",
    "expires_at": "2026-11-25T08:00:00Z",
}


class SuggestResponse(Wire):
    """What to train next: first what the worker still has to answer, then what is new."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "study": "default",
                    "revision": 128,
                    "encoder": "nasbench201/1",
                    "strategy": "upper_confidence_bound",
                    "suggestions": [
                        {
                            **_PENDING,
                            "novelty": 0.9,
                            "metrics": {"val_accuracy": {"score": 93.2, "std": 0.4, "lower": 92.4, "upper": 93.8}},
                            "acquisition": 1.7,
                            "feasibility": 1.0,
                        }
                    ],
                    "errors": [],
                }
            ]
        }
    )

    study: str
    revision: int
    encoder: str
    strategy: StrategyName
    suggestions: list[Suggestion] = Field(
        description="Fewer than asked for where there are no more candidates that nobody trained or trains."
    )
    errors: list[ItemError] = Field(description="What is wrong with candidates that were given, by their index.")


class PendingSuggestions(Wire):
    """The suggestions of a study that are neither observed nor expired, oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"suggestions": [_PENDING]}]})

    suggestions: list[PendingSuggestion]


class Renewal(Wire):
    """More time for a suggestion."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expires_in_seconds": 86_400}]})

    expires_in_seconds: Seconds = Field(86_400, description="From now on.")
