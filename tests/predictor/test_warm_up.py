"""What is done only once is done before somebody asks."""

from pathlib import Path

import pytest

from app.domain.observation import Status
from app.domain.study import Metric, Study
from app.predictor.ports import Encoder
from app.predictor.requests import NewObservation

from .cells import CANDIDATES, CELLS
from .running import Running, trained

FAILING = Study("cells", "nasbench201", (Metric("val_accuracy", failure_value=10.0),), proxies=("params",))


def test_some_of_the_observed_are_encoded_already(tmp_path: Path, encoder: Encoder) -> None:
    with Running(tmp_path, encoder) as running:
        running.observe(*[trained(cell) for cell in CELLS[:30]])

    with Running(tmp_path, encoder) as running:
        running.predictor.warm_up()
        remembered = running.predictor._studies.encoding("nasbench201")._remembered

        assert set(remembered) == set(CELLS[:10])


@pytest.mark.parametrize("status", Status)
def test_a_study_with_proxies_is_served_too(tmp_path: Path, encoder: Encoder, status: Status) -> None:
    observation = NewObservation(
        CELLS[0],
        {"val_accuracy": 90.0} if status is Status.COMPLETED else {},
        status=status,
        proxies={"params": 1.5} if status is Status.COMPLETED else {},
    )
    with Running(tmp_path, encoder, study=FAILING) as running:
        running.observe(observation)

    with Running(tmp_path, encoder, study=FAILING) as running:
        running.predictor.warm_up()
        assert len(running.predict(CANDIDATES[0], proxies=[{"params": 2.0}]).predictions) == 1
