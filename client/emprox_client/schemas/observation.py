"""`POST /observe`."""

from typing import Annotated, Literal, Optional
from uuid import UUID

from pydantic import ConfigDict, Field

from emprox_client.schemas.fields import (
    CELL,
    CELL_ID,
    MAX_BATCH,
    OBSERVATION_ID,
    FlatObject,
    Measured,
    Name,
    Notation,
    Proxies,
    Seed,
    Text,
    Wire,
)
from emprox_client.schemas.prediction import Estimate


class Observation(Wire):
    """An architecture that was trained, and its results."""

    architecture: Notation
    metrics: dict[Name, Measured] = Field(max_length=32, description="Measured values, in the units of the study.")
    observation_id: Optional[Annotated[UUID, Field(strict=False)]] = Field(
        None, description="The worker's own id of this training: sending it again is harmless."
    )
    status: Literal["completed", "failed"] = Field(
        "completed",
        description="A failed training is remembered; it counts as the `failure_value` of a metric that declares one, "
        "and else not at all.",
    )
    proxies: Proxies = Field(default_factory=dict)
    fidelity: FlatObject = Field(
        default_factory=dict,
        description='How it was trained, such as {"epochs": 12}. Where the study declares what a full training is, '
        "those numbers must be above 0 and at most the full ones; what is not given counts as full. All else is a mere "
        "note.",
    )
    seed: Optional[Seed] = Field(None, description="Up to 64 bits unsigned, as PyTorch draws them.")
    worker: Optional[Text] = None
    metadata: FlatObject = Field(default_factory=dict, description="A small flat object, kept as it is.")


class ObserveRequest(Wire):
    """Trained architectures to store: all of them or, where one is invalid, none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "study": "default",
                    "observations": [
                        {
                            "architecture": CELL,
                            "metrics": {"val_accuracy": 90.3},
                            "observation_id": OBSERVATION_ID,
                        }
                    ],
                }
            ]
        }
    )

    study: Name = "default"
    observations: list[Observation] = Field(min_length=1, max_length=MAX_BATCH)


class StoredObservation(Wire):
    """What became of one observation."""

    observation_id: str
    architecture_id: str
    created: bool = Field(description="False where the same observation was stored already.")
    predicted: Optional[dict[str, Estimate]] = Field(
        description="What the service would have said a moment earlier, by metric; null where nothing had been "
        "observed yet. Where it was stored already: what was said then of the metrics that were measured."
    )


class ObserveResponse(Wire):
    """What became of the observations, in their order; all are durable and count from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "study": "default",
                    "revision": 129,
                    "observations": [
                        {
                            "observation_id": OBSERVATION_ID,
                            "architecture_id": CELL_ID,
                            "created": True,
                            "predicted": {"val_accuracy": {"score": 92.8, "std": 0.5, "lower": 91.9, "upper": 93.5}},
                        }
                    ],
                }
            ]
        }
    )

    study: str
    revision: int
    observations: list[StoredObservation]
