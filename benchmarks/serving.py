"""Latency over HTTP with 1,000 observations stored: `python -m benchmarks.serving`.

Starts the real server as a process on a fresh data directory, stores 1,000 trained cells of NAS-Bench-201, and asks for
cells that it has never seen, and for the same cells again. The client is http.client on one connection that stays open,
so that the figures are the server's and not a client library's.
"""

import csv
import gzip
import http.client
import json
import re
import socket
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import benchmark_data, publish
from benchmarks.server import running

OBSERVED = 1_000
SINGLES = 1_000
BATCH = 1_000
BATCHES = 5


def main() -> None:
    """Run everything and publish one table."""
    with gzip.open(benchmark_data() / "nasbench201.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    order = np.random.default_rng(0).permutation(len(rows))
    cells = [rows[i]["arch"] for i in order]
    values = [float(rows[i]["cifar10_valid"]) for i in order]
    with tempfile.TemporaryDirectory() as folder:
        with running(folder) as (_, _, seconds):
            lines = [_line("start to ready, empty store, s", seconds)]
        with running(folder) as (port, pid, _):
            lines += _measure(_Client(port), cells, values)
            lines.append(_line("resident memory, MB", _resident_mb(pid)))
        with running(folder) as (_, _, seconds):
            lines.append(_line(f"start to ready, {OBSERVED} observations, s", seconds))
    header = "| what | median | 99th percentile |\n| --- | ---: | ---: |"
    publish("serving", "Serving", "python -m benchmarks.serving", "\n".join([header, *lines]))


class _Client:
    """Times requests on one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.connect()
        # Header and body go as two packets; the second must not wait for the first one's acknowledgment.
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str) -> Any:
        self._connection.request("GET", path)
        return self._answer()

    def live(self) -> float:
        start = time.perf_counter()
        self.get("/health/live")
        return (time.perf_counter() - start) * 1000

    def predict(self, candidates: Sequence[str]) -> float:
        return self._post("/predict", {"candidates": candidates})

    def observe(self, observations: Sequence[object]) -> float:
        return self._post("/observe", {"observations": observations})

    def _post(self, path: str, body: object) -> float:
        encoded = json.dumps(body)
        start = time.perf_counter()
        self._connection.request("POST", path, encoded, {"Content-Type": "application/json"})
        self._answer()
        return (time.perf_counter() - start) * 1000

    def _answer(self) -> Any:
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise SystemExit(f"the server answered {response.status}: {content[:500]!r}")
        return json.loads(content)


def _measure(client: _Client, cells: Sequence[str], values: Sequence[float]) -> list[str]:
    observations = [
        {"architecture": cell, "metrics": {"val_accuracy": value}}
        for cell, value in zip(cells[:OBSERVED], values[:OBSERVED], strict=True)
    ]
    client.observe(observations)
    while client.get("/studies/default")["fitted_observations"]["val_accuracy"] == 0:
        time.sleep(0.1)
    time.sleep(1)  # what the fit computed is being saved
    fresh = iter(cells[OBSERVED:])
    client.predict(cells[:1])
    empty = [client.live() for _ in range(SINGLES)]
    singles = [client.predict([next(fresh)]) for _ in range(SINGLES)]
    repeated = [client.predict([cells[OBSERVED + i]]) for i in range(SINGLES)]
    batches = [[next(fresh) for _ in range(BATCH)] for _ in range(BATCHES)]
    cold = [client.predict(batch) for batch in batches]
    warm = [client.predict(batch) for batch in batches]
    observes = [client.observe([{"architecture": next(fresh), "metrics": {"val_accuracy": 90.0}}]) for _ in range(200)]
    return [
        _line("GET /health/live, the floor of HTTP here, ms", *empty),
        _line("POST /predict, one unseen candidate, ms", *singles),
        _line("POST /predict, one remembered candidate, ms", *repeated),
        _line(f"POST /predict, {BATCH} unseen candidates, ms", *cold),
        _line(f"POST /predict, {BATCH} remembered candidates, ms", *warm),
        _line("POST /observe, one observation, durable, ms", *observes),
    ]


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1000 if found else float("nan")


def _line(what: str, *values: float) -> str:
    middle = f"{np.median(values):.2f}"
    tail = f"{np.percentile(values, 99):.2f}" if len(values) >= 100 else ""
    return f"| {what} | {middle} | {tail} |"


if __name__ == "__main__":
    main()
