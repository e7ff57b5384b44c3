"""Whether what is cached of a study is of its encoder and its observations."""

from collections.abc import Iterator, Mapping

import numpy as np

from app.cli.checks.observations import Progress, notations
from app.domain.errors import InvalidArchitectureError
from app.predictor.architectures import Architectures
from app.predictor.encoding import Encoding
from app.predictor.snapshot import StudyCache, restored
from app.predictor.store import ObservationStore
from app.proximity.scales import ColumnGroups, Scales

# A row differs in the last digits with the build of the compiled loops; columns are of the order of one.
TOLERANCE = 1e-4
_BATCH = 500


def odd_cache(
    study: str, store: ObservationStore, encoding: Encoding, cache: StudyCache, sample: int | None, progress: Progress
) -> list[str]:
    """What is wrong with the cache of a study, in words. It may hold less than was observed, and nothing else."""
    # In this order: beside a running server, the store knows at least what the cache does.
    kept = cache.load(study, encoding.encoder.checksum)
    if kept is None:
        return []
    record = store.study(study)
    known = notations(store, study)
    dimension, n_proxies = len(encoding.encoder.block_of_column), len(record.study.proxies)
    cached = Architectures.kept(dimension, n_proxies, kept.part("architectures"))
    fitted = {metric: restored(Scales, kept.part(f"models/{metric}/scales")) for metric in kept.notes["fitted"]}
    problems = [f"cache of study {study!r} {each}" for each in _odd_scales(fitted, encoding, n_proxies)]
    numbers = {cached.id(number): number for number in range(len(cached))}
    strays = [key for key in numbers if key not in known]
    corrected = kept.notes["corrected"]
    # Of architectures that were amended since: the next start leaves them out.
    if strays and corrected == record.corrected:
        problems.append(f"cache of study {study!r} has architecture {strays[0]}, which was not observed")
    if corrected > record.corrected or kept.notes["observations"] > record.n_observations:
        problems.append(f"cache of study {study!r} was made of more observations than there are")
    keys = [key for key in numbers if key in known]
    step = max(1, len(keys) // sample) if sample else 1
    for start in range(0, len(keys), _BATCH * step):
        batch = {key: cached.embedding(numbers[key]) for key in keys[start : start + _BATCH * step : step]}
        problems += [
            f"cache of study {study!r} has another embedding of architecture {key} than its encoder gives"
            for key in _differing(batch, [known[key] for key in batch], encoding)
        ]
        progress()
    return problems


def _odd_scales(fitted: Mapping[str, Scales], encoding: Encoding, n_proxies: int) -> Iterator[str]:
    encoder = encoding.encoder
    groups = ColumnGroups.of(encoder.group_of_column, encoder.block_of_column, n_proxies)
    for metric, scales in fitted.items():
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
