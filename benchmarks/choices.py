"""The figures behind some constants and choices of the code: `python -m benchmarks.choices`, about two minutes.

The compiled encoder against torch, one thread against two for a fit, and what weighing many neighbors costs.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from app.bootstrap import limit_threads, new_index
from app.encoder.checkpoint import Checkpoint, load_checkpoint
from app.encoder.graph_arrays import GraphArrays, operation_names
from app.encoder.graph_encoder import GraphEncoder
from app.encoder.network import EncoderDecoder
from app.predictor.basis import MAX_ANCHORS
from app.predictor.known_points import MAX_FACTORIZED, POINTS_PER_UPDATE
from app.predictor.metric_model import MetricModel
from app.proximity.anchors import Anchors
from app.proximity.factorization import Factorization
from app.proximity.scales import ColumnGroups, fit_scales
from app.proximity.weighting import Weighting
from app.settings import MODELS_DIR
from app.spaces.registry import get_space
from benchmarks.report import publish

OBSERVED = 121
CANDIDATES = 1_000


def main() -> None:
    """Run everything and publish one table."""
    limit_threads()
    torch.set_num_threads(1)
    checkpoint = load_checkpoint(MODELS_DIR, get_space("nasbench201"))
    lines = ["| what | median, ms |", "| --- | ---: |", *_encoders(checkpoint), *_fits(), *_neighbors()]
    publish("choices", "Choices", "python -m benchmarks.choices", "\n".join(lines))


def _encoders(checkpoint: Checkpoint) -> list[str]:
    space, graph = checkpoint.space, checkpoint.trained
    assert isinstance(graph, GraphEncoder)  # noqa: S101  # it is the one that comes with the repository
    networks = EncoderDecoder(graph.shape, len(operation_names(space.vocabulary)))
    networks.load_state_dict({name: torch.from_numpy(weight) for name, weight in graph.weights.items()})
    rng = np.random.default_rng(0)
    cells = [space.sample(rng) for _ in range(CANDIDATES)]

    @torch.inference_mode()
    def by_torch(n: int) -> None:
        arrays = GraphArrays.of(cells[:n], space.vocabulary)
        networks.network(torch.from_numpy(arrays.operations), torch.from_numpy(arrays.adjacency))

    return [
        _line(f"embed {n} cells by {name}", lambda embed=embed, n=n: embed(n), 200 if n == 1 else 10)  # type: ignore[misc]
        for n in (1, CANDIDATES)
        for name, embed in (("the service", lambda n: graph.embed(cells[:n])), ("torch", by_torch))
    ]


def _fits() -> list[str]:
    rng = np.random.default_rng(0)
    groups = ColumnGroups(np.arange(218) % 57, np.zeros(57, dtype=np.int64))
    embeddings = rng.normal(size=(OBSERVED, 218)) / np.sqrt(218)
    scores = embeddings[:, 0] + 0.1 * rng.normal(size=OBSERVED)
    lines = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            what = f"fit the scales to {OBSERVED} observations, BLAS threads: {threads}"
            lines.append(_line(what, lambda: fit_scales(embeddings, scores, groups, np.random.default_rng(0)), 5))
    return lines


def _neighbors() -> list[str]:
    rng = np.random.default_rng(0)
    groups = ColumnGroups(np.arange(218), np.zeros(218, dtype=np.int64))
    points = rng.normal(size=(MAX_FACTORIZED, 218))
    one = Factorization.of(points[:1000], np.ones(1000), 0.05)
    lines = [
        _line(f"factorize {MAX_FACTORIZED} points", lambda: Factorization.of(points, np.ones(len(points)), 0.05), 3),
        _line("factorize 1000 points", lambda: Factorization.of(points[:1000], np.ones(1000), 0.05), 10),
        *(
            _line(f"repeat {n} of 1000 points", lambda n=n: one.repeated(np.arange(n), np.full(n, 2.0)), 10)  # type: ignore[misc]
            for n in (1, 1000 // POINTS_PER_UPDATE)
        ),
    ]
    anchors, ones = rng.normal(size=(MAX_ANCHORS, 145)), np.ones(MAX_ANCHORS)
    lines.append(_line(f"solve for {MAX_ANCHORS} anchors", lambda: Anchors.of(anchors, ones, ones, 0.05), 2))
    model = MetricModel(groups, new_index)
    model.add(np.arange(len(points)), rng.normal(size=len(points)), points.astype(np.float32))
    model.prepare()
    candidates = rng.normal(size=(CANDIDATES, 218)).astype(np.float32)
    for k in (128, 256):
        what = f"weigh {k} neighbors of each of {CANDIDATES} candidates, of {MAX_FACTORIZED}"
        lines.append(_line(what, lambda k=k: model.estimate(candidates, Weighting.KRIGING, k), 3))  # type: ignore[misc]
    what = f"weigh all {MAX_FACTORIZED} for each of {CANDIDATES} candidates"
    return [*lines, _line(what, lambda: model.estimate(candidates, Weighting.KRIGING), 3)]


def _line(what: str, call: Callable[[], object], times: int) -> str:
    call()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return f"| {what} | {np.median(seconds) * 1000:.2f} |"


if __name__ == "__main__":
    main()
