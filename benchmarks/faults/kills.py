"""`kill -9` at random moments under load: nothing acknowledged is lost, nothing is there twice, nothing is made up."""

import json
import os
import shutil
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
from rich.progress import track

from app.spaces.nasbench201 import NasBench201
from benchmarks.server import running

_CLIENTS = 8
_MOST_TOGETHER = 5
_LATEST_SECONDS = 1.5
_REPEATED = 0.2  # of the requests are sent again, as by a worker whose answer was lost
_CANDIDATES = 100
_TOLERANCE = 1e-6  # of values around 90


@dataclass
class _Told:
    """What clients sent, and what they know of it."""

    sent: dict[str, dict[str, object]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)


def kills(data: Path, n: int, seed: int) -> str:
    """Kill a server n times; what came of it, in Markdown.

    Raises:
        SystemExit: something was lost, there twice or made up, or an estimate differs from one that is made anew.
    """
    rng = np.random.default_rng(seed)
    told, starts = _Told(), []
    for round_ in track(range(n), "killing"):
        with running(str(data)) as (port, pid, seconds):
            starts.append(seconds)
            _check(port, told)
            moment = float(rng.uniform(0, _LATEST_SECONDS))
            with ThreadPoolExecutor(_CLIENTS) as clients:
                work = [clients.submit(_observe, port, told, seed + 1000 * round_ + i) for i in range(_CLIENTS)]
                time.sleep(moment)
                os.kill(pid, signal.SIGKILL)
                for each in work:
                    each.result()
    with running(str(data)) as (port, _, _):
        stored = _check(port, told)
        kept = _estimates(port)
    shutil.rmtree(data / "cache")
    with running(str(data)) as (port, _, _):
        anew = _estimates(port)
    if (apart := float(np.abs(kept - anew).max())) > _TOLERANCE:
        raise SystemExit(f"an estimate differs by {apart} from one without what was kept")
    return (
        f"| kills | acknowledged | lost | twice | made up | stored | estimates against ones made anew, at most apart "
        f"| start, s, median and longest |\n|{' ---: |' * 8}\n"
        f"| {n} | {len(told.acknowledged):,} | 0 | 0 | 0 | {stored:,} | {apart:.1e} "
        f"| {np.median(starts):.1f}, {max(starts):.1f} |"
    )


def _observe(port: int, told: _Told, seed: int) -> None:
    """Send observations until the server is gone."""
    rng, space = np.random.default_rng(seed), NasBench201()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        for number in count():
            batch: list[dict[str, object]] = [
                {
                    "observation_id": str(UUID(int=(seed << 64) + (number << 8) + i)),
                    "architecture": space.sample(rng).notation,
                    "metrics": {"val_accuracy": float(rng.normal(90, 2))},
                }
                for i in range(rng.integers(1, _MOST_TOGETHER + 1))
            ]
            told.sent |= {str(each["observation_id"]): each for each in batch}
            for _ in range(2 if rng.random() < _REPEATED else 1):
                try:
                    response = http.post("/observe", json={"observations": batch})
                except httpx.TransportError:
                    return
                if response.status_code == 201:
                    told.acknowledged |= {str(each["observation_id"]) for each in batch}
                elif response.status_code != 503:
                    raise SystemExit(f"answered {response.status_code}: {response.text[:300]}")


def _check(port: int, told: _Told) -> int:
    """How many are stored: all that was acknowledged, once each, as it was sent."""
    response = httpx.get(
        f"http://127.0.0.1:{port}/studies/default/observations",
        headers={"Accept": "application/x-ndjson"},
        timeout=300,
    )
    _study, *rows = map(json.loads, response.text.splitlines())
    counts = Counter(str(row["observation_id"]) for row in rows)
    if lost := told.acknowledged - counts.keys():
        raise SystemExit(f"{len(lost)} acknowledged observations are lost, such as {min(lost)}")
    if twice := [key for key, n in counts.items() if n > 1]:
        raise SystemExit(f"{len(twice)} observations are there twice, such as {twice[0]}")
    for row in rows:
        sent = told.sent.get(str(row["observation_id"]))
        if sent is None or row["metrics"] != sent["metrics"]:
            raise SystemExit(f"observation {row['observation_id']} is another one than was sent")
    return len(rows)


def _estimates(port: int) -> np.ndarray:
    """Estimates of some candidates, once the scales are fitted to what is there."""
    rng, space = np.random.default_rng(7), NasBench201()
    candidates = [space.sample(rng).notation for _ in range(_CANDIDATES)]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        fitted = -1
        while fitted != (now := http.get("/studies/default").json()["fitted_observations"]["val_accuracy"]):
            fitted = now
            time.sleep(3)
        predictions = http.post("/predict", json={"candidates": candidates}).json()["predictions"]
    return np.array([list(each["metrics"]["val_accuracy"].values()) for each in predictions], dtype=np.float64)
