"""`kill -9` loses nothing that was acknowledged, and changes no answer."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from emprox_client.schemas import Prediction, PredictResponse

from app.predictor.trainings import observations_to_fit

from .cells import cells, trained
from .server_process import ServerProcess, serving

N = 60
CANDIDATES = cells(20, seed=1)
CLIENTS = 16


def numbers(answer: PredictResponse) -> np.ndarray:
    """Every number of an answer, candidate by candidate."""
    rows = []
    for prediction in answer.predictions:
        assert isinstance(prediction, Prediction)
        estimate = prediction.metrics["val_accuracy"]
        near = [number for neighbor in prediction.neighbors for number in (neighbor.distance, neighbor.weight)]
        rows.append([prediction.novelty, estimate.score, estimate.std, estimate.lower, estimate.upper, *near])
    return np.array(rows, dtype=np.float64)


def test_predictions_are_the_same_after_kill_9(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        server.observe(trained(N))
        server.fitted(observations_to_fit(N))
        before, revision = server.predict(CANDIDATES), server.study().revision
        server.kill()

    with serving(tmp_path / "data") as server:
        server.fitted(observations_to_fit(N))
        after, study = server.predict(CANDIDATES), server.study()

    assert (study.observations, study.revision) == (N, revision)
    assert after.k == before.k
    np.testing.assert_allclose(numbers(after), numbers(before), rtol=0, atol=1e-6)


def observe_until_killed(server: ServerProcess, observations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that were acknowledged, sent two at a time; the first client to get far enough kills the server."""
    acknowledged: list[dict[str, Any]] = []
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http:
        try:
            for start in range(0, len(observations), 2):
                sent = observations[start : start + 2]
                http.post("/observe", json={"observations": sent}).raise_for_status()
                acknowledged += sent
                if len(acknowledged) == 20:
                    server.process.kill()
        except httpx.TransportError:
            pass
    return acknowledged


def test_kill_9_amid_observing_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    of_clients = [trained(100, seed) for seed in range(CLIENTS)]

    with serving(tmp_path / "data") as server, ThreadPoolExecutor(CLIENTS) as clients:
        of_each = clients.map(observe_until_killed, [server] * CLIENTS, of_clients)
        acknowledged = list(chain.from_iterable(of_each))

    assert 20 <= len(acknowledged) < 100 * CLIENTS
    with serving(tmp_path / "data") as server:
        # What was in flight may have been stored: a request of two of each client.
        assert len(acknowledged) <= server.study().observations <= len(acknowledged) + 2 * CLIENTS
        assert not any(server.observe(acknowledged)), "an acknowledged observation is new to the server"
        assert server.observe(trained(1, seed=99)) == [True]


def test_whatever_was_accepted_before_sigterm_is_answered(tmp_path: Path) -> None:
    """Each request is acknowledged or not stored: none is stored whose worker heard nothing."""
    of_clients = [trained(400, seed) for seed in range(CLIENTS)]

    def observe(server: ServerProcess, observations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        acknowledged = []
        with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http:
            for each in observations:
                try:
                    response = http.post("/observe", json={"observations": [each]})
                except httpx.TransportError:  # it ends
                    break
                if response.status_code == 201:
                    acknowledged.append(each)
        return acknowledged

    with serving(tmp_path / "data") as server, ThreadPoolExecutor(CLIENTS) as clients:
        work = [clients.submit(observe, server, each) for each in of_clients]
        while server.study().observations < 100:
            pass

        assert server.terminate(seconds=10) == 0

        acknowledged = list(chain.from_iterable(each.result() for each in work))

    assert 100 <= len(acknowledged) < 400 * CLIENTS
    with serving(tmp_path / "data") as server:
        assert server.study().observations == len(acknowledged)
        assert not any(server.observe(acknowledged[:1000]))
