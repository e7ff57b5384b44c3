from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.observation import Observation, Status

SENT = Observation(
    observation_id="worker-3/17",
    architecture_id="0" * 32,
    notation="|none~0|",
    metrics={"val_accuracy": 93.5},
    observed_at=datetime(2026, 1, 2, tzinfo=UTC),
    fidelity={"epochs": 200},
    seed=7,
)


def test_the_same_observation_sent_again_is_the_same_whenever_it_arrives() -> None:
    again = replace(SENT, observed_at=SENT.observed_at + timedelta(days=1))

    assert again.same_content(SENT)


@pytest.mark.parametrize(
    "other",
    [
        replace(SENT, observation_id="worker-3/18"),
        replace(SENT, notation="|skip_connect~0|"),
        replace(SENT, metrics={"val_accuracy": 93.6}),
        replace(SENT, metrics={"val_accuracy": 93.5, "latency": 2.0}),
        replace(SENT, status=Status.FAILED),
        replace(SENT, fidelity={"epochs": 12}),
        replace(SENT, seed=None),
        replace(SENT, worker="worker-3"),
        replace(SENT, metadata={"git": "abc"}),
    ],
    ids=["id", "notation", "value", "metric more", "status", "fidelity", "seed", "worker", "metadata"],
)
def test_any_other_content_is_another_observation(other: Observation) -> None:
    assert not other.same_content(SENT)
