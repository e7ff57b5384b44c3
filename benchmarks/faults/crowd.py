"""Many who ask while others observe, and the study outgrows what it was begun with."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np

from app.spaces.nasbench201 import NasBench201
from benchmarks.server import running

_ASKING, _OBSERVING = 8, 2
_BATCH = 20


def crowd(data: Path, seconds: float) -> str:
    """Eight threads ask and two observe for a while; what they were answered, in Markdown.

    Raises:
        SystemExit: an answer was neither an estimate nor a refusal, or the server is gone.
    """
    with running(str(data)) as (port, _, _), ThreadPoolExecutor(_ASKING + _OBSERVING) as threads:
        until = time.monotonic() + seconds
        asking = [threads.submit(_ask, port, until, seed) for seed in range(_ASKING)]
        observing = [threads.submit(_observe, port, until, 100 + seed) for seed in range(_OBSERVING)]
        answers = {
            name: sum((each.result() for each in work), Counter())
            for name, work in (("/predict", asking), ("/observe", observing))
        }
        described = httpx.get(f"http://127.0.0.1:{port}/studies/default").json()
    for name, counts in answers.items():
        if strange := set(counts) - {200, 201, 503}:
            raise SystemExit(f"{name} was answered {min(strange)}")
    if described["observations"] != _BATCH * answers["/observe"][201]:
        raise SystemExit(f"{described['observations']} observations are there")
    lines = []
    for name, counts in answers.items():
        answered, refused = counts[200] + counts[201], counts[503]
        lines.append(f"| {name} | {answered:,} | {refused:,} | {counts.total() - answered - refused} |")
    head = (
        f"| {seconds:g} s, {_ASKING} ask and {_OBSERVING} observe | answered | refused | otherwise |\n|{' ---: |' * 4}"
    )
    return "\n".join([head, *lines, f"\n{described['observations']:,} observations at the end."])


def _ask(port: int, until: float, seed: int) -> Counter[int]:
    rng, space = np.random.default_rng(seed), NasBench201()
    return _sent(
        port,
        until,
        "/predict",
        lambda: {"candidates": [space.sample(rng).notation for _ in range(rng.integers(1, _BATCH))], "neighbors": 3},
    )


def _observe(port: int, until: float, seed: int) -> Counter[int]:
    rng, space = np.random.default_rng(seed), NasBench201()
    return _sent(
        port,
        until,
        "/observe",
        lambda: {
            "observations": [
                {"architecture": space.sample(rng).notation, "metrics": {"val_accuracy": float(rng.normal(90, 2))}}
                for _ in range(_BATCH)
            ]
        },
    )


def _sent(port: int, until: float, path: str, body: Callable[[], object]) -> Counter[int]:
    """How often each status came."""
    found: Counter[int] = Counter()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        while time.monotonic() < until:
            response = http.post(path, json=body())
            if not (path == "/predict" and response.status_code == 409):  # nothing was observed yet
                found[response.status_code] += 1
    return found
