"""Whether the baselines reach their published figures: `python -m benchmarks.baselines`, about five minutes.

NAS-Bench-201, CIFAR-10 validation, 121 architectures to train and 100 to test, as in Franken, Singh & Vanschoren (PMLR
191, 2022); every row sees the same five splits. Published Kendall tau: EmProx 0.547, SemiNAS 0.582.
"""

import time
from functools import partial

import numpy as np
import torch
from scipy.stats import kendalltau

from app.bootstrap import limit_threads
from app.cli.table_options import labelled_architectures
from app.domain.architecture import Architecture
from app.evaluation.protocol import Protocol, split
from app.spaces.registry import get_space
from benchmarks.baselines.baseline import Baseline, FloatArray
from benchmarks.baselines.nao import Nao, SemiNas
from benchmarks.baselines.published_cells import OnPublishedCells
from benchmarks.baselines.registry import BASELINES, NewBaseline
from benchmarks.report import benchmark_data

N_SPLITS = 5
HEADER = """\
| baseline | cells | Kendall tau | MAE, points | fit, s | query, ms a candidate |
| --- | --- | ---: | ---: | ---: | ---: |"""
# NASLib trains these for 50 epochs, however few batches that are.
_AS_PUBLISHED: dict[str, NewBaseline] = {"NAO": partial(Nao, min_steps=1), "SemiNAS": partial(SemiNas, min_steps=1)}


def main() -> None:
    """Print one row per baseline, on our canonical graphs and on the published cells."""
    limit_threads()
    torch.set_num_threads(1)
    space = get_space("nasbench201")
    table = benchmark_data() / "nasbench201.csv.gz"
    architectures, values, _ = labelled_architectures(space, table, "arch", "cifar10_valid")
    print(HEADER)
    for name, make in BASELINES.items():
        on_published = OnPublishedCells(_AS_PUBLISHED.get(name, make))
        for cells, baseline in (("canonical", make(space)), ("as published", on_published)):
            print(f"| {name} | {cells} | {_row(baseline, architectures, values)} |", flush=True)


def _row(baseline: Baseline, architectures: list[Architecture], values: FloatArray) -> str:
    ids = [architecture.id for architecture in architectures]
    results = []
    for trial in range(N_SPLITS):
        train, test = split(ids, Protocol(), np.random.default_rng([0, trial]))
        start = time.perf_counter()
        baseline.fit([architectures[i] for i in train], values[train], seed=trial)
        fitted = time.perf_counter()
        predicted = baseline.predict([architectures[i] for i in test])
        query = (time.perf_counter() - fitted) * 1000 / len(test)
        tau = kendalltau(predicted, values[test]).statistic
        results.append((tau, np.abs(predicted - values[test]).mean(), fitted - start, query))
    (tau, mae, fit, query), (std, *_) = np.mean(results, axis=0), np.std(results, axis=0)
    return f"{tau:.3f} ± {std:.3f} | {mae:.2f} | {fit:.2f} | {query:.3f}"


if __name__ == "__main__":
    main()
