"""`PUT` and `GET /studies`."""

from datetime import datetime
from typing import Literal, Optional

from pydantic import ConfigDict, Field

from emprox_client.schemas.fields import CELL_ID, FullFidelity, Measured, Name, Text, Wire


class Metric(Wire):
    """A number that a study records."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "latency_ms", "direction": "minimize", "unit": "ms"}]}
    )

    name: Name
    direction: Literal["maximize", "minimize"] = Field("maximize", description="Which values are better.")
    unit: Text = ""
    failure_value: Optional[Measured] = Field(
        None, description="What a failed training counts as, such as an accuracy of 10; default it does not count."
    )


class StudyDeclaration(Wire):
    """What is being searched for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "space": "nasbench201",
                    "metrics": [{"name": "val_accuracy", "direction": "maximize", "unit": "%"}],
                },
                {"space": "nasbench201", "metrics": [{"name": "val_accuracy"}], "proxies": ["accuracy_12_epochs"]},
                {"space": "nasbench201", "metrics": [{"name": "val_accuracy"}], "fidelity": {"epochs": 200}},
            ]
        }
    )

    space: Name = Field(description="Search space.")
    metrics: list[Metric] = Field(min_length=1, max_length=32)
    proxies: list[Name] = Field(
        default_factory=list,
        max_length=16,
        description="Numbers known before a training that hint at its result: zero-cost proxies, or the accuracy after "
        "a few epochs. Every architecture of the study comes with all of them, from the first to the last.",
    )
    fidelity: dict[Name, FullFidelity] = Field(
        default_factory=dict,
        max_length=4,
        description='What a full training is, such as `{"epochs": 200}`: estimates are of full trainings then, and '
        'observations with less, such as `{"epochs": 12}`, help where they tell something. Default: all trainings '
        "count alike, and `fidelity` of an observation is a mere note.",
    )


class Fidelity(Wire):
    """Trainings of about the same fidelity."""

    share: float = Field(description="Of a full training, to the nearest power of the square root of two.")
    trainings: int


class Best(Wire):
    """The best architecture by one metric."""

    architecture_id: str
    mean: float
    n: int


class Study(Wire):
    """A study at a glance."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "default",
                    "space": "nasbench201",
                    "metrics": [{"name": "val_accuracy", "direction": "maximize", "unit": "%", "failure_value": None}],
                    "proxies": [],
                    "fidelity": {"epochs": 200},
                    "created_at": "2026-11-24T08:00:00Z",
                    "revision": 129,
                    "observations": 130,
                    "architectures": {"val_accuracy": 128},
                    "failed": 1,
                    "retracted": 0,
                    "best": {"val_accuracy": {"architecture_id": CELL_ID, "mean": 91.6, "n": 1}},
                    "encoder": "nasbench201/1",
                    "encoder_kind": "graph",
                    "fitted_observations": {"val_accuracy": 118},
                    "calibration": {"val_accuracy": 1.03},
                    "fidelities": {
                        "val_accuracy": [{"share": 0.0625, "trainings": 300}, {"share": 1.0, "trainings": 129}]
                    },
                }
            ]
        }
    )

    name: str
    space: str
    metrics: list[Metric]
    proxies: list[Name] = Field(description="Numbers that every architecture comes with, by name.")
    fidelity: dict[str, float] = Field(description="What a full training is; empty where all count alike.")
    created_at: datetime
    revision: int
    observations: int = Field(description="All that count, failed trainings included.")
    failed: int = Field(description="Failed trainings among them.")
    retracted: int = Field(description="Observations that were retracted, and do not count.")
    architectures: dict[str, int] = Field(description="Distinct architectures with a value, by metric.")
    best: dict[str, Best] = Field(description="By metric that was observed.")
    encoder: str
    encoder_kind: str = Field(description="Which of its embeddings serves: `graph` or `structural`.")
    fitted_observations: dict[str, int] = Field(
        description="How many observations the scales of the embedding were fitted to, by metric; 0 before there are "
        "enough."
    )
    calibration: dict[str, float] = Field(
        description="By metric: by what error bars are multiplied, from how far earlier estimates were off."
    )
    fidelities: dict[str, list[Fidelity]] = Field(
        description="By metric, where the study declares what a full training is: how many there are of each fidelity, "
        "the lowest first."
    )


class Studies(Wire):
    """All studies."""

    studies: list[Study]
