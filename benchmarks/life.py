"""What the life of a study costs: `python -m benchmarks.life`, a quarter of an hour; `--only study` takes a minute.

Noting what was expected of each observation, on top of `/observe`; suggesting what to train next; and switching the
encoder of a study of 100,000 observations while one client asks all the time.
"""

import argparse
import asyncio
import csv
import gzip
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import numpy as np

from app.bootstrap import limit_threads, open_predictor
from app.domain.observation import Observation
from app.predictor import preparing
from app.predictor.predictor import Predictor
from app.predictor.requests import NewObservation, SuggestionQuery
from app.proximity.acquisition import Strategy
from app.settings import MODELS_DIR, Settings
from benchmarks.large_study import fill
from benchmarks.report import benchmark_data, publish
from benchmarks.server import running

OBSERVED = 1_000
SWITCHED = 100_000
ROUNDS = 200
SUGGESTIONS = 20
_HEADER = "| what | median | 99th percentile |\n| --- | ---: | ---: |"


def main() -> None:
    """Run what is wanted, and publish a table for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.life", description=__doc__)
    parser.add_argument("--only", choices=("study", "switch"), help="a study of 1,000, or the switch of a large one")
    only = parser.parse_args().only
    limit_threads()
    if only != "switch":
        with _study_of(OBSERVED) as (predictor, more):
            lines = [_HEADER, *_recording(predictor, more), *_suggesting(predictor)]
        publish("life", "The life of a study", "python -m benchmarks.life", "\n".join(lines))
    if only != "study":
        publish("switch", "Another encoder", "python -m benchmarks.life", "\n".join([_HEADER, *_switching()]))


@contextmanager
def _study_of(n: int) -> Iterator[tuple[Predictor, list[NewObservation]]]:
    """A predictor with n cells of NAS-Bench-201 observed and fitted, and the rest of the cells."""
    with gzip.open(benchmark_data() / "nasbench201.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    order = np.random.default_rng(0).permutation(len(rows))
    trained = [NewObservation(rows[i]["arch"], {"val_accuracy": float(rows[i]["cifar10_valid"])}) for i in order]
    with tempfile.TemporaryDirectory() as folder:
        predictor = open_predictor(Settings(Path(folder)))
        predictor.load()
        try:
            asyncio.run(predictor.observe("default", trained[:n]))
            while asyncio.run(predictor.describe("default")).fitted["val_accuracy"] < n * 0.8:
                time.sleep(0.1)
            yield predictor, trained[n:]
        finally:
            predictor.close()


def _recording(predictor: Predictor, more: list[NewObservation]) -> list[str]:
    """One observation at a time, with its expectation noted and without, in turns."""

    def nothing_noted(*args: Any) -> Observation:
        return replace(noted(*args), expected={})

    noted = preparing._observation
    times: dict[bool, list[float]] = {True: [], False: []}
    for i in range(2 * ROUNDS):
        with patch.object(preparing, "_observation", noted if i % 2 else nothing_noted):
            start = time.perf_counter()
            asyncio.run(predictor.observe("default", [more.pop()]))
            times[bool(i % 2)].append((time.perf_counter() - start) * 1000)
    ratio = np.median(times[True]) / np.median(times[False])
    return [
        _line(f"an observation on top of {OBSERVED:,}, its expectation noted, ms", times[True]),
        _line("the same, nothing noted, ms", times[False]),
        f"| noted over not noted | {ratio:.3f} | |",
    ]


def _suggesting(predictor: Predictor) -> list[str]:
    lines = []
    for strategy in Strategy:
        times = []
        for seed in range(SUGGESTIONS):
            query = SuggestionQuery("default", n=10, n_generated=2000, strategy=strategy, seed=seed)
            start = time.perf_counter()
            answer = asyncio.run(predictor.suggestions.suggest(query))
            times.append((time.perf_counter() - start) * 1000)
            for each in answer.suggested:
                asyncio.run(predictor.suggestions.give_back("default", each.suggestion.suggestion_id))
        what = f"10 of 2,000 fresh candidates suggested, {OBSERVED:,} observations, {strategy.value}, ms"
        lines.append(_line(what, times))
    return lines


def _switching() -> list[str]:
    """`/predict` of one candidate while a study is switched, and before."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(MODELS_DIR, folder / "models")
        shutil.copytree(folder / "models/nasbench101/1", folder / "models/nasbench101/2")
        candidates = fill(folder / "data", SWITCHED)
        with (
            running(str(folder / "data"), EMPROX_MODELS_DIR=str(folder / "models")) as (port, _, ready),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http,
        ):
            path = "/studies/large/encoder"
            before = [_ask(http, candidates[i % len(candidates)]) for i in range(2_000)]
            start = time.perf_counter()
            http.post(path, json={"version": "nasbench101/1"}).raise_for_status()
            during: list[float] = []
            _until(http, path, lambda i: during.append(_ask(http, candidates[i % len(candidates)])))
            seconds = time.perf_counter() - start
    ratio = np.quantile(during, 0.99) / np.quantile(before, 0.99)
    return [
        f"| start to ready, {SWITCHED:,} observations, caches empty, s | {ready:.1f} | |",
        _line(f"a candidate, {SWITCHED:,} observations, ms", before),
        _line("the same while the encoder is switched, ms", during),
        f"| 99th percentile during over before | {ratio:.2f} | |",
        f"| the switch, {SWITCHED:,} observations, s | {seconds:.1f} | |",
    ]


def _until(http: httpx.Client, path: str, meanwhile: Callable[[int], None]) -> None:
    for i in range(10**9):
        meanwhile(i)
        switch = http.get(path).json()["switch"] if i % 50 == 0 else None
        if switch and switch["stage"] not in {"embedding", "comparing"}:
            if switch["stage"] != "done":
                raise RuntimeError(f"the encoder was not switched: {switch}")
            return


def _ask(http: httpx.Client, candidate: object) -> float:
    start = time.perf_counter()
    http.post("/predict", json={"study": "large", "candidates": [candidate]}).raise_for_status()
    return (time.perf_counter() - start) * 1000


def _line(what: str, times: Sequence[float]) -> str:
    return f"| {what} | {np.median(times):.2f} | {np.quantile(times, 0.99):.2f} |"


if __name__ == "__main__":
    main()
