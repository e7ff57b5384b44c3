"""A server that serves for a while: memory, descriptors, threads and the log of the database stay as they are."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import numpy as np
from rich.progress import track

from app.spaces.nasbench201 import NasBench201
from benchmarks.server import running

_SAMPLES = 12
_OBSERVED = 400  # before, and amended rather than added to meanwhile
_GROWN = 1.1
_LARGEST_LOG_MB = 64  # it is begun anew at 32 (app/storage/sqlite.py)
_HEADER = f"| minutes | requests | memory, MB | descriptors | threads | log of the database, MB |\n|{' ---: |' * 6}"


def soak(data: Path, minutes: float) -> str:
    """Ask and amend all the time; a line for each of several moments, in Markdown.

    Raises:
        SystemExit: the last third has more of something than the middle one.
    """
    lines = [_HEADER]
    found = []
    with running(str(data)) as (port, pid, _), httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        ask = _requests(http)
        n = 0
        start = time.monotonic()
        for sample in track(range(1, _SAMPLES + 1), "soaking"):
            while time.monotonic() - start < 60 * minutes * sample / _SAMPLES:
                next(ask)
                n += 1
            found.append(_measured(data, pid))
            told = " | ".join(f"{value:,.0f}" for value in found[-1])
            lines.append(f"| {minutes * sample / _SAMPLES:.1f} | {n:,} | {told} |")
    middle, last = (np.median(part, axis=0) for part in np.split(np.array(found), 3)[1:])
    for name, before, after in zip(("memory", "descriptors", "threads"), middle, last, strict=False):
        if after > _GROWN * before + 1:
            raise SystemExit(f"{name} grew from {before:.0f} to {after:.0f}")
    if last[-1] > _LARGEST_LOG_MB:
        raise SystemExit(f"the log of the database has {last[-1]:.0f} MB")
    return "\n".join(lines)


def _requests(http: httpx.Client) -> Iterator[None]:
    """One request after the other: estimates of fresh cells, suggestions that are given back, amended results."""
    rng, space = np.random.default_rng(0), NasBench201()
    cells = [space.sample(rng).notation for _ in range(_OBSERVED)]
    rows = [{"architecture": cell, "metrics": {"val_accuracy": float(rng.normal(90, 2))}} for cell in cells]
    stored = http.post("/observe", json={"observations": rows}).json()["observations"]
    for i in count():
        response = http.post("/predict", json={"candidates": [space.sample(rng).notation for _ in range(20)]})
        response.raise_for_status()
        if i % 10 == 0:
            suggested = http.post("/suggest", json={"n": 2}).json()["suggestions"]
            for each in suggested:
                http.delete(f"/studies/default/suggestions/{each['suggestion_id']}")
        if i % 50 == 0:
            changed = {"metrics": {"val_accuracy": float(rng.normal(90, 2))}}
            which = stored[i // 50 % len(stored)]["observation_id"]
            http.patch(f"/studies/default/observations/{which}", json=changed).raise_for_status()
        yield


def _measured(data: Path, pid: int) -> tuple[float, float, float, float]:
    """Memory in MB, descriptors, threads, and the log of the database in MB."""
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
    log = data / "emprox.sqlite3-wal"
    return (
        int(status["VmRSS"].split()[0]) / 1024,
        len(list((process / "fd").iterdir())),
        int(status["Threads"]),
        log.stat().st_size / 1e6 if log.exists() else 0,
    )
