"""Fresh candidates: samples of the space, mutants of the best, and steps in the embedding space, decoded back."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from app.domain.architecture import Architecture, Notation
from app.domain.errors import InvalidArchitectureError
from app.domain.suggestion import Origin
from app.predictor.encoding import Encoded, Encoding
from app.predictor.ports import Float32Array
from app.proximity.kernel import FloatArray

_SAMPLES, _STEPS = 0.25, 0.1  # shares of the candidates; the rest are mutants
_STEP_LENGTHS = (0.5, 1.0, 2.0, 4.0)  # in units of a parent's distance to the next one
_MORE_MUTATIONS = 0.35  # chance of one more on top


@dataclass(frozen=True, slots=True)
class Parents:
    """The best of what was observed, best first.

    Args:
        notations: of p architectures.
        embeddings: shape (p, dimension).
        ascent: shape (p, dimension): in which direction it gets better.
    """

    notations: Sequence[Notation]
    embeddings: Float32Array
    ascent: FloatArray


@dataclass(frozen=True, slots=True)
class Candidate:
    """An architecture that could be trained next."""

    encoded: Encoded
    notation: Notation
    origin: Origin


def generate(
    encoding: Encoding, parents: Parents | None, n: int, n_proxies: int, rng: np.random.Generator
) -> list[Candidate]:
    """At most n distinct architectures of a space, embedded.

    Args:
        parents: None before anything was observed.
        n_proxies: of the study, all of which are unknown of a fresh candidate.
    """
    space = encoding.space
    drawn: list[tuple[Architecture, Origin]] = []
    if parents:
        drawn += [(each, Origin.EMBEDDING_STEP) for each in _steps(encoding, parents, round(n * _STEPS), rng)]
        drawn += [(each, Origin.MUTATION) for each in _mutants(encoding, parents, n - round(n * _SAMPLES), rng)]
    drawn += [(space.sample(rng), Origin.SAMPLE) for _ in range(round(n * _SAMPLES) if parents else n)]
    distinct = {architecture.id: (architecture, origin) for architecture, origin in reversed(drawn)}
    embeddings = encoding.encoder.embed([architecture for architecture, _ in distinct.values()])
    unknown = (nan,) * n_proxies
    return [
        Candidate(Encoded(key, embedding, unknown), architecture.notation, origin)
        for (key, (architecture, origin)), embedding in zip(distinct.items(), embeddings, strict=True)
    ]


def _mutants(encoding: Encoding, parents: Parents, n: int, rng: np.random.Generator) -> list[Architecture]:
    """Mutants of the parents, of the better ones more: the share of the i-th is 1 / (i + 3)."""
    known = _parsed(encoding, parents.notations)
    if not known:
        return []
    shares = 1 / (np.arange(len(known)) + 3)
    mutants = []
    for parent in rng.choice(len(known), n, p=shares / shares.sum()):
        mutant = encoding.space.mutate(known[parent], rng)
        while rng.random() < _MORE_MUTATIONS:
            mutant = encoding.space.mutate(mutant, rng)
        mutants.append(mutant)
    return mutants


def _steps(encoding: Encoding, parents: Parents, n: int, rng: np.random.Generator) -> list[Architecture]:
    """Where the parents lead when they follow the ascent, or half the way to one another; as NAO does.

    R. Luo et al., "Neural Architecture Optimization", NeurIPS 2018: a step along the gradient of the predictor in the
    embedding space, then the decoder.
    """
    points, p = parents.embeddings.astype(np.float64), len(parents.embeddings)
    if p < 2:
        return []
    distance = np.median(np.linalg.norm(points[1:] - points[:-1], axis=1))
    length = np.linalg.norm(parents.ascent, axis=1, keepdims=True)
    direction = np.divide(parents.ascent, length, out=np.zeros_like(parents.ascent), where=length > 0)
    along = [points + step * distance * direction for step in _STEP_LENGTHS]
    pairs = rng.integers(p, size=(max(0, n - len(along) * p), 2))
    between = (points[pairs[:, 0]] + points[pairs[:, 1]]) / 2
    return encoding.encoder.decode(np.concatenate([*along, between])[:n].astype(np.float32))


def _parsed(encoding: Encoding, notations: Sequence[Notation]) -> list[Architecture]:
    found = []
    for notation in notations:
        try:
            found.append(encoding.space.parse(notation))
        except InvalidArchitectureError:  # what an older program took
            continue
    return found
