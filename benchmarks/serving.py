"""Latency over HTTP with 1,000 observations stored: `python -m benchmarks.serving`.

Starts the real server as a process on a fresh data directory, stores 1,000 trained cells of NAS-Bench-201, and asks for
cells that it has never seen, and for the same cells again.
"""

import csv
import gzip
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np

from benchmarks.report import benchmark_data, publish

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
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        lines = [_line("start to ready, empty store, s", *_first_start(folder, port))]
        process, seconds = _start(folder, port)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                lines += _measure(client, cells, values)
                lines.append(_line("resident memory, MB", _resident_mb(process.pid)))
        finally:
            _stop(process)
        process, seconds = _start(folder, port)
        _stop(process)
        lines.append(_line(f"start to ready, {OBSERVED} observations, s", seconds))
    header = "| what | median | 99th percentile |\n| --- | ---: | ---: |"
    publish("serving", "Serving", "python -m benchmarks.serving", "\n".join([header, *lines]))


def _first_start(folder: str, port: int) -> tuple[float]:
    process, seconds = _start(folder, port)
    _stop(process)
    return (seconds,)


def _measure(client: httpx.Client, cells: Sequence[str], values: Sequence[float]) -> list[str]:
    def predict(candidates: Sequence[str]) -> float:
        start = time.perf_counter()
        client.post("/predict", json={"candidates": candidates}).raise_for_status()
        return (time.perf_counter() - start) * 1000

    def observe(batch: Sequence[object]) -> float:
        start = time.perf_counter()
        client.post("/observe", json={"observations": batch}).raise_for_status()
        return (time.perf_counter() - start) * 1000

    def live() -> float:
        start = time.perf_counter()
        client.get("/health/live").raise_for_status()
        return (time.perf_counter() - start) * 1000

    observations = [
        {"architecture": cell, "metrics": {"val_accuracy": value}}
        for cell, value in zip(cells[:OBSERVED], values[:OBSERVED], strict=True)
    ]
    observe(observations)
    while client.get("/studies/default").json()["fitted_observations"]["val_accuracy"] == 0:
        time.sleep(0.1)
    fresh = iter(cells[OBSERVED:])
    predict(cells[:1])
    empty = [live() for _ in range(SINGLES)]
    singles = [predict([next(fresh)]) for _ in range(SINGLES)]
    repeated = [predict([cells[OBSERVED + i]]) for i in range(SINGLES)]
    batches = [[next(fresh) for _ in range(BATCH)] for _ in range(BATCHES)]
    cold = [predict(batch) for batch in batches]
    warm = [predict(batch) for batch in batches]
    observes = [observe([{"architecture": next(fresh), "metrics": {"val_accuracy": 90.0}}]) for _ in range(200)]
    return [
        _line("GET /health/live, the floor of HTTP here, ms", *empty),
        _line("POST /predict, one unseen candidate, ms", *singles),
        _line("POST /predict, one remembered candidate, ms", *repeated),
        _line(f"POST /predict, {BATCH} unseen candidates, ms", *cold),
        _line(f"POST /predict, {BATCH} remembered candidates, ms", *warm),
        _line("POST /observe, one observation, durable, ms", *observes),
    ]


def _start(folder: str, port: int) -> tuple[subprocess.Popen[bytes], float]:
    emprox = Path(sys.executable).parent / "emprox"
    start = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  # our own program
        [emprox, "serve"],
        env={**os.environ, "EMPROX_DATA_DIR": folder, "EMPROX_PORT": str(port)},
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return process, time.perf_counter() - start
        except httpx.ConnectError:
            time.sleep(0.02)
    raise SystemExit("the server did not start")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(timeout=30)


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
