"""What the others serve: the server's own predictor, from a decoded body to one that can be encoded."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from emprox_client.schemas import PredictRequest

from app.api import wire
from app.bootstrap import limit_threads, open_predictor
from app.settings import Settings

DATA = "BENCH_DATA"
"""The variable that names the data directory."""


def opened() -> Callable[[object], Awaitable[Any]]:
    """Answers bodies of `/predict` from the study in the data directory, which it holds until the process ends."""
    limit_threads()
    predictor = open_predictor(Settings(Path(os.environ[DATA])))
    predictor.load()

    async def answer(body: object) -> Any:
        request = PredictRequest.model_validate(body)
        return wire.prediction_body(request, await predictor.predict(wire.query(request)))

    return answer
