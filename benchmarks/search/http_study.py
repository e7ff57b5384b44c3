"""A study on a running server, as search workers use it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np

from benchmarks.search.world import World

_CANDIDATES = 1_000  # at most in one request


class HttpStudy:
    """Observes and asks over HTTP; every row is named by its notation.

    Args:
        name: of the study, which is made.
    """

    def __init__(self, http: httpx.Client, name: str, world: World) -> None:
        self._http = http
        self._name = name
        self._world = world
        declaration = {"space": world.space.name, "metrics": [{"name": "value"}]}
        http.put(f"/studies/{name}", json=declaration).raise_for_status()

    def observe(self, values: Mapping[int, float]) -> None:
        """As many workers at once as there are rows, each with its own training."""
        with ThreadPoolExecutor(len(values)) as workers:
            list(workers.map(self._observe, values, values.values()))

    def estimates(self, rows: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Score and upper end of the 90 % interval of each row."""
        found = []
        for start in range(0, len(rows), _CANDIDATES):
            candidates = [self._world.architectures[row].notation for row in rows[start : start + _CANDIDATES]]
            answer = self._http.post("/predict", json={"study": self._name, "candidates": candidates})
            for prediction in answer.raise_for_status().json()["predictions"]:
                estimate = prediction["metrics"]["value"]
                # Without an upper end while nothing is known of the spread.
                found.append((estimate["score"], estimate["score"] if estimate["upper"] is None else estimate["upper"]))
        score, upper = np.array(found).T
        return score, upper

    def suggestions(self, n: int, seed: int) -> list[int]:
        """Rows of n architectures that are suggested; only where the table holds the whole space."""
        answer = self._http.post("/suggest", json={"study": self._name, "n": n, "seed": seed}).raise_for_status().json()
        return [self._world.row_of[each["architecture"]] for each in answer["suggestions"]]

    def _observe(self, row: int, value: float) -> None:
        observation = {"architecture": self._world.architectures[row].notation, "metrics": {"value": value}}
        body = {"study": self._name, "observations": [observation]}
        self._http.post("/observe", json=body).raise_for_status()
