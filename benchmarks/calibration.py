"""Whether error bars can be trusted as a study grows: `python -m benchmarks.calibration`, some five minutes.

Studies are trained architecture by architecture, and each is predicted a moment before: the service's own record. As
answered, intervals are stretched by that record; as the model has them, they are not.
"""

import asyncio
import tempfile
from collections import deque
from contextlib import closing
from pathlib import Path

import numpy as np
from rich.progress import track

from app.bootstrap import limit_threads, open_predictor
from app.domain.study import Metric, Study
from app.predictor.predictor import Predictor
from app.predictor.requests import NewObservation, SuggestionQuery
from app.proximity.estimates import NORMAL_95
from app.settings import Settings
from app.storage.sqlite import open_sqlite_store
from benchmarks.report import publish
from benchmarks.search.world import World
from benchmarks.tables import load

_TRAININGS = 400
_BATCH = 5
_SEEDS = 5
_LEFT_OUT = 50  # the first: their intervals rest on too little to be judged by their number
_HEADER = (
    "| table | order | 90 % intervals cover, as the model has them | as answered | stretched by, at the end "
    "| tau | tau of the nearest |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |"
)
_CASES = (
    ("nasbench201 cifar10_valid", "at random"),
    ("nasbench201 cifar10_valid", "as suggested"),
    ("nasbench201 cifar100_valid", "at random"),
    ("nasbench201 cifar100_valid", "as suggested"),
    ("nasbench101", "at random"),
    ("darts", "at random"),
)


def main() -> None:
    """Print what the records of simulated studies say."""
    limit_threads()
    lines = [_HEADER]
    for table, order in track(_CASES, description="studies"):
        world = World(load(table))
        raw, answered, factor, tau, nearest = np.mean([_record(world, order, seed) for seed in range(_SEEDS)], axis=0)
        lines.append(f"| {table} | {order} | {raw:.1%} | {answered:.1%} | {factor:.2f} | {tau:.3f} | {nearest:.3f} |")
    notes = (
        f"Mean over {_SEEDS} studies of {_TRAININGS} trainings, {_BATCH} at a time; the first {_LEFT_OUT} are left out "
        "of the coverage. Tau is that of the whole record, beside the value of the nearest architecture."
    )
    publish("calibration", "Error bars", "python -m benchmarks.calibration", "\n".join([notes, "", *lines]))


def _record(world: World, order: str, seed: int) -> tuple[float, float, float, float, float]:
    """Coverage by the model and as answered, the last factor, tau, and tau of the nearest."""
    with tempfile.TemporaryDirectory() as folder:
        predictor = open_predictor(Settings(Path(folder)))
        try:
            predictor.load()
            told = asyncio.run(_train(predictor, world, order, seed))
        finally:
            predictor.close()
        with closing(open_sqlite_store(Path(folder))) as store:
            record = [(each.metrics["value"], each.expected.get("value")) for each in store.observations("study")]
    judged = [(value, each) for value, each in record[_LEFT_OUT:] if each and not each.known]
    raw = np.mean([abs(each.deviation or 0) <= NORMAL_95 for _, each in judged])
    answered = np.mean([(each.estimate.lower or 0) <= value <= (each.estimate.upper or 0) for value, each in judged])
    return float(raw), float(answered), *told


async def _train(predictor: Predictor, world: World, order: str, seed: int) -> tuple[float, float, float]:
    """Train, and tell the last factor, tau, and tau of the nearest."""
    await predictor.declare(Study("study", world.space.name, (Metric("value"),)))
    rows = deque(np.random.default_rng(seed).permutation(len(world)).tolist())
    for batch in range(_TRAININGS // _BATCH):
        if order == "as suggested":
            answer = await predictor.suggestions.suggest(SuggestionQuery("study", n=_BATCH, seed=seed * 1000 + batch))
            chosen = [world.row_of[str(each.suggestion.notation)] for each in answer.suggested]
        else:
            chosen = [rows.popleft() for _ in range(_BATCH)]
        await predictor.observe(
            "study",
            [NewObservation(world.architectures[row].notation, {"value": float(world.values[row])}) for row in chosen],
        )
    quality = (await predictor.records.quality("study", 100))["value"].overall
    factor = (await predictor.describe("study")).calibration["value"]
    return factor, quality.kendall_tau or 0.0, quality.nearest_kendall_tau or 0.0


if __name__ == "__main__":
    main()
