"""Whether what is cached of a study is of its encoder and its observations."""

from collections.abc import Iterator

import numpy as np

from app.cli.checks.observations import Progress, notations
from app.domain.errors import InvalidArchitectureError
from app.predictor.encoding import Encoding
from app.predictor.ports import Cached, StudyCache
from app.predictor.store import ObservationStore
from app.proximity.scales import ColumnGroups

# A row differs in the last digits with the batch that it was embedded in; columns are of the order of one.
TOLERANCE = 1e-4
_BATCH = 500


def odd_cache(
    study: str, store: ObservationStore, encoding: Encoding, cache: StudyCache, sample: int | None, progress: Progress
) -> list[str]:
    """What is wrong with the cache of a study, in words. It may hold less than was observed, and nothing else."""
    # In this order: beside a running server, the store knows at least what the cache does.
    cached = cache.load(study, encoding.encoder.checksum)
    record = store.study(study)
    known = notations(store, study)
    problems = [f"cache of study {study!r} {each}" for each in _odd_scales(cached, encoding, len(record.study.proxies))]
    strays = [key for key in cached.embeddings if key not in known]
    # Of architectures that were amended since: the next start leaves them out.
    if strays and cached.corrected == record.corrected:
        problems.append(f"cache of study {study!r} has architecture {strays[0]}, which was not observed")
    if cached.corrected > record.corrected or any(n > record.n_observations for n, _ in cached.scales.values()):
        problems.append(f"cache of study {study!r} was made of more observations than there are")
    keys = [key for key in cached.embeddings if key in known]
    step = max(1, len(keys) // sample) if sample else 1
    for start in range(0, len(keys), _BATCH * step):
        batch = {key: cached.embeddings[key] for key in keys[start : start + _BATCH * step : step]}
        problems += [
            f"cache of study {study!r} has another embedding of architecture {key} than its encoder gives"
            for key in _differing(batch, [known[key] for key in batch], encoding)
        ]
        progress()
    return problems


def _odd_scales(cached: Cached, encoding: Encoding, n_proxies: int) -> Iterator[str]:
    encoder = encoding.encoder
    groups = ColumnGroups.of(encoder.group_of_column, encoder.block_of_column, n_proxies)
    for metric, (_, scales) in cached.scales.items():
        if not scales.matches(groups):
            yield f"has {len(scales.log_scales)} scales of {metric!r} where the encoder has {len(groups.block)} groups"
        elif not all(np.isfinite([s.log_noise, *s.log_scales]).all() for s in (scales, scales.lower) if s):
            yield f"has scales of {metric!r} that are no numbers"


def _differing(cached: dict[str, np.ndarray], notations: list[object], encoding: Encoding) -> Iterator[str]:
    try:
        parsed = [encoding.space.parse(notation) for notation in notations]
    except InvalidArchitectureError:
        return  # the check of notations tells
    embedded = encoding.encoder.embed(parsed)
    for (key, row), expected in zip(cached.items(), embedded, strict=True):
        if row.shape != expected.shape or not np.allclose(row, expected, rtol=TOLERANCE, atol=TOLERANCE):
            yield key
