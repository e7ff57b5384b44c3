"""From the store to a study in memory."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import islice

from app.domain.architecture import Notation
from app.domain.observation import Observation
from app.predictor import answering
from app.predictor.architectures import Architectures
from app.predictor.encoding import Encoded, Encoding
from app.predictor.known_points import NewIndex
from app.predictor.metric_model import MetricModel
from app.predictor.ports import Float32Array
from app.predictor.snapshot import Snapshot, StudyCache
from app.predictor.store import ObservationStore, StudyRecord
from app.predictor.study_state import StudyState
from app.proximity.scales import MIN_TO_FIT

Embed = Callable[[Sequence[Notation]], Sequence[Float32Array]]
"""Embeds architectures; see `Encoding.embed`."""

_BATCH = 1000
_WARM_UP = 10
# Beside answers, a request that comes meanwhile waits for what is under way, be it Python's lock or a processor: it is
# short, and followed by a rest (benchmarks/life.py).
_BATCH_BESIDE = 4
_REST = 2.0  # times as long as the work before it


def up_to_date(state: StudyState, store: ObservationStore) -> bool:
    """Take in what was stored since a study was loaded. What other servers store meanwhile is left to `Following`.

    Returns:
        Whether that was enough: a study that was corrected, declared with another metric, or deleted and declared anew
        since must be loaded again.
    """
    record = store.study(state.study.name)
    stored = (record.created_at, record.corrected, record.restored, record.study)
    if stored != (state.created_at, state.corrected, state.restored, state.study):
        return False
    observations = store.observations(record.study.name, after=state.revision, as_of=record.revision)
    while batch := list(islice(observations, _BATCH)):
        state.apply(batch, embeddings_of(batch, state.encoding.embed, state.architectures), record.revision)
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
    state = _read(name, store, encoding, cache, new_index, progress, embed)
    for metric, n in state.due_fits().items():
        model = state.models[metric]
        scales = cache.scales(state.fit(metric, n), partial(model.log.fit, n, model.groups))
        state.replace(metric, n, MetricModel.of(model.log, model.groups, model.new_index, scales, n))
    state.prepare()
    if state.n_observations > state.n_kept and (snapshot := state.snapshot()):
        cache.save(name, encoding.encoder.checksum, snapshot)
    return state


def warm_up(state: StudyState) -> None:
    """Estimate a few of the observed, one by one: what is done only once is done before somebody asks."""
    model = next(filter(len, state.models.values()), None)
    if model is None:
        return
    if state.n_observations >= MIN_TO_FIT:  # the next fit is near, and answers would wait for the import
        import_module("scipy.optimize")
    proxies = state.study.proxy_values({})
    for row in model.rows[:_WARM_UP].tolist():
        encoded = state.encoding.encode([state.architectures.notation(row)])
        known = [replace(each, proxies=proxies) for each in encoded if isinstance(each, Encoded)]
        answering.predict(state, known, list(state.models), neighbors=1)


def samples(state: StudyState) -> list[Notation]:
    """A few of the observed, others than those of `warm_up` where there are as many."""
    model = next(filter(len, state.models.values()), None)
    if model is None:
        return []
    return [state.architectures.notation(row) for row in model.rows[-_WARM_UP:].tolist()]


def _read(
    name: str,
    store: ObservationStore,
    encoding: Encoding,
    cache: StudyCache,
    new_index: NewIndex,
    progress: Callable[[int], None],
    embed: Embed | None,
) -> StudyState:
    """The study with all its observations noted, as it is at one revision: from the cache what that has of it.

    What is stored meanwhile is left for `up_to_date`: where workers never pause, reading again would never end.
    """
    record = store.study(name)
    kept = cache.load(name, encoding.encoder.checksum)
    if kept and _fits(kept, record, store):
        state, embedded = StudyState.kept(record, encoding, new_index, kept), None
    else:
        state = StudyState(record, encoding, new_index)
        embedded = state.architectures_of(kept) if kept else None
    observations = store.observations(name, after=state.revision, as_of=record.revision)
    began = time.monotonic()
    while batch := list(islice(observations, _BATCH_BESIDE if embed else _BATCH)):
        known = [state.architectures, *([embedded] if embedded else [])]
        state.note(batch, embeddings_of(batch, embed or encoding.embed, *known), record.revision)
        progress(state.n_observations)
        if embed:
            time.sleep(_REST * (time.monotonic() - began))
            began = time.monotonic()
    state.revision = record.revision
    if store.study(name).created_at != record.created_at:  # another one of this name by now
        return _read(name, store, encoding, cache, new_index, progress, embed)
    return state


def _fits(kept: Snapshot, record: StudyRecord, store: ObservationStore) -> bool:
    """Whether a snapshot is what the store would give up to its revision: a database may have been put in place."""
    notes = kept.notes
    same_study = (notes["study"], notes["created_at"]) == (repr(record.study), record.created_at.isoformat())
    changed = (notes["corrected"], notes.get("restored", 0)) != (record.corrected, record.restored)
    if not same_study or changed or notes["revision"] > record.revision:
        return False
    return bool(store.last_observation(record.study.name, notes["revision"]) == notes["last_observation"])


def embeddings_of(observations: Sequence[Observation], embed: Embed, *known: Architectures) -> dict[str, Float32Array]:
    """The embeddings of their architectures by id: where known from the first that knows it."""
    found: dict[str, Float32Array] = {}
    missing: dict[str, Notation] = {}
    for each in observations:
        key = each.architecture_id
        numbers = ((of, of.number(key)) for of in known)
        embedding = next((of.embedding(number) for of, number in numbers if number is not None), None)
        if embedding is None:
            missing[key] = each.notation
        else:
            found[key] = embedding
    return found | dict(zip(missing, embed(list(missing.values())), strict=True))
