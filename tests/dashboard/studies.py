"""Studies in a store, with trainings as tests want them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.observation import Observation, Status
from app.domain.study import Direction, Metric, Study

ACCURACY, LATENCY = Metric("accuracy", unit="%"), Metric("latency", Direction.MINIMIZE, "ms")
STUDY = Study("cells", "nasbench201", (ACCURACY, LATENCY), fidelity={"epochs": 200})
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def training(i: int, accuracy: float | None = None, **fields: Any) -> Observation:
    """The i-th, a second after the one before, of an architecture of its own; it failed where it has no accuracy."""
    defaults: dict[str, Any] = {
        "architecture_id": f"{i:032x}",
        "metrics": {} if accuracy is None else {"accuracy": accuracy},
        "status": Status.FAILED if accuracy is None else Status.COMPLETED,
    }
    return Observation(
        observation_id=f"run-{i}", notation="|conv~0|", observed_at=NOON + timedelta(seconds=i), **(defaults | fields)
    )
