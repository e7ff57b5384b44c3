"""From the store to a study in memory."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from app.domain.architecture import Notation
from app.domain.observation import Observation
from app.predictor.encoding import Encoded, Encoding
from app.predictor.known_points import NewIndex
from app.predictor.metric_model import MetricModel
from app.predictor.ports import Cached, Float32Array, StudyCache
from app.predictor.store import ObservationStore
from app.predictor.study_state import StudyState

Embed = Callable[[Sequence[Notation]], Sequence[Float32Array]]
"""Embeds architectures; see `Encoding.embed`."""

_BATCH = 1000
_WARM_UP = 10
# Beside answers, a request that comes meanwhile waits for what is under way, be it Python's lock or a processor: it is
# short, and followed by a rest (benchmarks/life.py).
_BATCH_BESIDE = 4
_REST = 2.0  # times as long as the work before it


def up_to_date(state: StudyState, store: ObservationStore) -> bool:
    """Take in what was stored since a study was loaded. Nothing may be stored meanwhile.

    Returns:
        Whether that was enough: a study that was corrected, declared with another metric, or deleted and declared anew
        since must be loaded again.
    """
    record = store.study(state.study.name)
    if (record.created_at, record.corrected, record.study) != (state.created_at, state.corrected, state.study):
        return False
    embeddings: dict[str, Float32Array] = {}
    observations = store.observations(record.study.name, after=state.revision)
    while batch := list(islice(observations, _BATCH)):
        _embed_missing(batch, state.encoding.embed, embeddings)
        state.apply(batch, embeddings, record.revision)
    state.revision = record.revision
    return True


def load_study(
    name: str,
    store: ObservationStore,
    encoding: Encoding,
    cache: StudyCache,
    new_index: NewIndex,
    progress: Callable[[int], None] = lambda _: None,
    embed: Embed | None = None,
) -> StudyState:
    """The study with all its observations, its scales fitted, ready to answer.

    What the cache does not hold, or holds for another encoder, is computed from the store.

    Args:
        progress: told how many observations were read, after each batch.
        embed: as the encoding would, beside answers, which are given way to; by default nobody is waited for.
    """
    cached = cache.load(name, encoding.encoder.checksum)
    state = _read(name, store, encoding, cached, new_index, progress, embed)
    if cached.corrected != state.corrected or any(
        n > state.models[metric].to_fit for metric, (n, _) in state.fitted.items()
    ):
        # The scales are those of observations that are gone, as when some were corrected, or an older database was put
        # in place.
        state = _read(name, store, encoding, Cached(state.embeddings, {}), new_index, progress, embed)
    due = state.due_fits()
    for metric, n in due.items():
        model = state.models[metric]
        scales = model.log.fit(n, model.groups)
        state.replace(metric, n, MetricModel.of(model.log, model.groups, new_index, scales, n))
    state.prepare()
    if due or len(cached.embeddings) < len(state.embeddings):
        cache.save(name, encoding.encoder.checksum, state.cached())
    return state


def warm_up(state: StudyState) -> None:
    """Estimate a few of the observed, one by one: what is done only once is done before somebody asks."""
    model = next(filter(len, state.models.values()), None)
    if model is None:
        return
    proxies = state.study.proxy_values({})
    for label in range(min(len(model), _WARM_UP)):
        encoded = state.encoding.encode([state.notation(model.id_of(label))])
        known = [replace(each, proxies=proxies) for each in encoded if isinstance(each, Encoded)]
        state.predict(known, list(state.models), neighbors=1)


def _read(
    name: str,
    store: ObservationStore,
    encoding: Encoding,
    cached: Cached,
    new_index: NewIndex,
    progress: Callable[[int], None],
    embed: Embed | None,
) -> StudyState:
    """The study with all its observations and the scales of the cache, as it is at one revision.

    What is stored meanwhile is left for `up_to_date`: where workers never pause, reading again would never end.
    """
    record = store.study(name)
    state = StudyState(record, encoding, new_index, cached)
    embeddings = dict(cached.embeddings)
    observations = store.observations(name, as_of=record.revision)
    began = time.monotonic()
    while batch := list(islice(observations, _BATCH_BESIDE if embed else _BATCH)):
        _embed_missing(batch, embed or encoding.embed, embeddings)
        state.apply(batch, embeddings, record.revision)
        progress(state.n_observations)
        if embed:
            time.sleep(_REST * (time.monotonic() - began))
            began = time.monotonic()
    state.revision = record.revision
    if store.study(name).created_at != record.created_at:  # another one of this name by now
        return _read(name, store, encoding, Cached({}, {}), new_index, progress, embed)
    return state


def _embed_missing(observations: list[Observation], embed: Embed, embeddings: dict[str, Float32Array]) -> None:
    missing = {o.architecture_id: o.notation for o in observations if o.architecture_id not in embeddings}
    embeddings.update(zip(missing, embed(list(missing.values())), strict=True))
