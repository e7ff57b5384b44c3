"""Studies of more and more observations: what an answer, an observation, a start and a fit cost, and the memory."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from app.bootstrap import load_index, new_index
from app.encoder.library import EncoderLibrary
from app.predictor.encoding import Encoding
from app.predictor.loading import load_study
from app.predictor.metric_model import MetricModel
from app.predictor.trainings import observations_to_fit
from app.settings import MODELS_DIR
from app.spaces.registry import get_space
from app.storage.sqlite import open_sqlite_store
from app.storage.study_cache import FOLDER, FileStudyCache
from benchmarks.server import running
from benchmarks.serving.connection import Connection
from benchmarks.serving.filled import METRIC, NAME, copied, filled
from benchmarks.serving.notations import Notation, notations
from benchmarks.serving.process import resident_gb
from benchmarks.serving.requests import observe_bodies, predict_bodies

SPACE = "darts"  # no other has a million architectures
_SINGLE, _MANY, _BATCHES = 100, 1_000, 3
_HEADER = (
    "| observations | one fresh candidate, ms | each of 1,000, ms | one observation, ms | each of 1,000, ms "
    f"| memory, GB | start, s | fit beside the answers, s |\n|{' ---: |' * 8}"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a study of n observations costs; times of answers are medians.

    Args:
        fit_s: to fit the scales and to make ready what rests on them.
    """

    n: int
    candidate_ms: float
    of_many_ms: float
    observation_ms: float
    of_batch_ms: float
    memory_gb: float
    start_s: float
    fit_s: float


def measure(folder: Path, n: int) -> Cost:
    """The costs of a study of n random cells."""
    data = filled(folder, SPACE, n)
    with running(str(data)):
        pass  # embeds and fits the study, and keeps what was computed
    with copied(folder, SPACE, n) as copy, running(str(copy)) as (port, pid, start_s), Connection(port) as connection:
        drawn = notations(SPACE, seed=1)
        single, many = (_asked(connection, drawn, *each) for each in ((_SINGLE, 1), (_BATCHES, _MANY)))
        memory = resident_gb(pid)
        alone, batch = (_told(connection, drawn, *each) for each in ((_SINGLE, 1), (_BATCHES, _MANY)))
    return Cost(n, single, many / _MANY, alone, batch / _MANY, memory, start_s, _fit(data))


def table(costs: Sequence[Cost]) -> str:
    """A line for each size, in Markdown."""
    lines = [
        f"| {each.n:,} | {each.candidate_ms:.2f} | {each.of_many_ms:.3f} | {each.observation_ms:.2f} "
        f"| {each.of_batch_ms:.3f} | {each.memory_gb:.2f} | {each.start_s:.1f} | {each.fit_s:.1f} |"
        for each in costs
    ]
    return "\n".join([_HEADER, *lines])


def _asked(connection: Connection, drawn: Iterator[Notation], n: int, candidates: int) -> float:
    bodies = predict_bodies(drawn, n, candidates)
    return float(np.median([connection.post("/predict", body)[0] for body in bodies]))


def _told(connection: Connection, drawn: Iterator[Notation], n: int, observations: int) -> float:
    bodies = observe_bodies(islice(drawn, n * observations), n, observations)
    return float(np.median([connection.post("/observe", body)[0] for body in bodies]))


def _fit(data: Path) -> float:
    """Seconds of the largest fit that the study has had."""
    library = EncoderLibrary(MODELS_DIR, data / "encoders")
    encoding = Encoding(get_space(SPACE), library.load(get_space(SPACE)))
    with closing(open_sqlite_store(data)) as store:
        cache = FileStudyCache(data / FOLDER, load_index)
        model = load_study(NAME, store, encoding, cache, new_index).models[METRIC]
    n = observations_to_fit(model.n_observations)
    log = model.log.first(n)
    start = time.perf_counter()
    MetricModel.of(log, model.groups, new_index, log.fit(n, model.groups), n)
    return time.perf_counter() - start
