"""What it costs to look at a study of 100,000 observations: `python -m benchmarks.dashboard`, ten minutes.

The routes of the page, asked for the first time and again; and `/predict` of one candidate from one client beside a
worker that observes once a second, without and with a page that asks for all of those routes as often.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from app.bootstrap import limit_threads
from app.domain.architecture import Notation
from benchmarks.large_study import NAME, fill
from benchmarks.report import publish
from benchmarks.server import running

OBSERVED = 100_000
AGAIN = 30
ASKED_S = 60.0  # for /predict, without and with a page beside
ROUNDS = 3  # of both in turns: the machine is shared
_STUDY = f"/studies/{NAME}"
_READS = {
    "GET /progress, 4,000 points": f"{_STUDY}/progress",
    "GET /map, 3,000 architectures": f"{_STUDY}/map",
    "GET /outcomes, 500 predictions": f"{_STUDY}/outcomes",
    "GET /activity": f"{_STUDY}/activity",
}
_HEADER = "| what | first | median | 99th percentile |\n| --- | ---: | ---: | ---: |"


def main() -> None:
    """Fill a study, look at it, and publish a table."""
    argparse.ArgumentParser(prog="python -m benchmarks.dashboard", description=__doc__).parse_args()
    limit_threads()
    with tempfile.TemporaryDirectory() as name:
        candidates = fill(Path(name) / "data", OBSERVED)
        with (
            running(str(Path(name) / "data")) as (port, _, _),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http,
        ):
            lines = [_HEADER, *_routes(http, candidates), *_beside(http, candidates)]
    title = f"Looking at {OBSERVED:,} observations"
    publish("dashboard", title, "python -m benchmarks.dashboard", "\n".join(lines))


def _routes(http: httpx.Client, candidates: Sequence[Notation]) -> list[str]:
    asked: dict[str, Callable[[], httpx.Response]] = {
        what: lambda path=path: http.get(path)  # type: ignore[misc]
        for what, path in _READS.items()
    }
    drawn = {"architectures": candidates[:100]}
    asked["POST /spaces/nasbench101/graphs, 100 architectures"] = lambda: http.post(
        "/spaces/nasbench101/graphs", json=drawn
    )
    return [_line(f"{what}, ms", *_times(ask)) for what, ask in asked.items()]


def _beside(http: httpx.Client, candidates: Sequence[Notation]) -> list[str]:
    times: dict[str, list[float]] = {"alone": [], "looked at": [], "computing UMAP": []}
    _predict_for(2.0, http, candidates)
    observe = partial(_observe, iter(candidates))
    for _ in range(ROUNDS):
        with _each_second(http.base_url, observe):
            times["alone"] += _predict_for(ASKED_S / ROUNDS, http, candidates)
            with _each_second(http.base_url, _look):
                times["looked at"] += _predict_for(ASKED_S / ROUNDS, http, candidates)
    http.get(f"{_STUDY}/map", params={"projection": "umap"}).raise_for_status()
    start = time.perf_counter()
    while _umap_is_pending(http):
        times["computing UMAP"] += _predict_for(1.0, http, candidates)
    computed_s = time.perf_counter() - start
    what = "POST /predict of one candidate"
    p99 = {which: np.quantile(found, 0.99) for which, found in times.items() if found}
    return [
        _line(f"{what}, nobody looks, ms", None, times["alone"]),
        _line(f"{what}, a page asks for all of that once a second, ms", None, times["looked at"]),
        f"| 99th percentile, looked at over nobody looks | | | {p99['looked at'] / p99['alone']:.2f} |",
        _line(f"{what}, while a map is computed by UMAP, ms", None, times["computing UMAP"]),
        f"| a map of 3,000 architectures by UMAP, s | {computed_s:.0f} | | |",
    ]


@contextmanager
def _each_second(base_url: httpx.URL, work: Callable[[httpx.Client], None]) -> Iterator[None]:
    """Someone who does this once a second, and listens to what changes."""
    over = threading.Event()

    def run() -> None:
        with httpx.Client(base_url=base_url, timeout=60) as http, http.stream("GET", f"{_STUDY}/events"):
            while not over.is_set():
                begun = time.monotonic()
                work(http)
                over.wait(max(0.0, 1.0 - (time.monotonic() - begun)))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _look(http: httpx.Client) -> None:
    for path in _READS.values():
        http.get(path).raise_for_status()


def _observe(cells: Iterator[Notation], http: httpx.Client) -> None:
    observation = {"architecture": next(cells), "metrics": {"value": 90.0}}
    http.post("/observe", json={"study": NAME, "observations": [observation]}).raise_for_status()


def _umap_is_pending(http: httpx.Client) -> bool:
    found: dict[str, Any] = http.get(f"{_STUDY}/map", params={"projection": "umap"}).json()
    return found["pending"] is not None


def _predict_for(seconds: float, http: httpx.Client, candidates: Sequence[Notation]) -> list[float]:
    times, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        body = {"study": NAME, "candidates": [candidates[len(times) % len(candidates)]]}
        start = time.perf_counter()
        http.post("/predict", json=body).raise_for_status()
        times.append((time.perf_counter() - start) * 1000)
    return times


def _times(ask: Callable[[], httpx.Response]) -> tuple[float, list[float]]:
    found = []
    for _ in range(1 + AGAIN):
        start = time.perf_counter()
        ask().raise_for_status()
        found.append((time.perf_counter() - start) * 1000)
    return found[0], found[1:]


def _line(what: str, first: float | None, times: Sequence[float]) -> str:
    begun = "" if first is None else f"{first:.1f}"
    tail = f"{np.quantile(times, 0.99):.1f}" if len(times) >= 100 else ""
    return f"| {what} | {begun} | {np.median(times):.1f} | {tail} |"


if __name__ == "__main__":
    main()
