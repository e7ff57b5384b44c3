"""Which candidates of a study to train next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.study import Direction
from app.predictor.bounds import Bounds
from app.predictor.encoding import Encoded
from app.predictor.generation import Parents
from app.predictor.study_state import StudyState
from app.proximity.acquisition import Chooser, Constraint, Strategy
from app.proximity.kernel import FloatArray

SHORT_LIST = 384  # candidates that are looked at together
N_PARENTS = 24
_PROBABLE = 0.5  # as `Chooser` admits candidates
_CONFIDENCE = 1.65  # standard deviations, of the rough bound by which candidates come on the short list


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen candidate.

    Args:
        index: of the candidate.
        acquisition: the value that it was chosen by, comparable within one answer.
        feasible: the probability that it meets all constraints.
    """

    index: int
    acquisition: float
    feasible: float


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look for.

    Args:
        objectives: metrics to improve, in the directions that the study declares.
        constraints: by metric.
    """

    objectives: Sequence[str]
    constraints: Mapping[str, Constraint]
    strategy: Strategy


def choose(
    state: StudyState,
    wish: Wish,
    candidates: Sequence[Encoded],
    taken: Sequence[Encoded],
    n: int,
    rng: np.random.Generator,
) -> list[Choice]:
    """The n best of candidates that were not trained; at random as long as no objective was observed.

    Args:
        taken: architectures that are being trained: the doubt around them will be less.
    """
    if not candidates:
        return []
    objectives = [name for name in wish.objectives if len(state.models[name])]
    bounds = Bounds(state, wish.constraints)
    if not objectives:
        return _at_random(bounds.roughly_kept(state.columns(candidates)), n, rng)
    listed = _short_list(state, objectives, bounds, candidates, max(SHORT_LIST, 2 * n), rng)
    together = [candidates[i] for i in listed] + list(taken)
    columns = state.columns(together)
    posteriors = {name: state.models[name].posterior(columns) for name in objectives}
    chooser = Chooser(
        [
            posterior if _larger_is_better(state, name) else posterior.negated()
            for name, posterior in posteriors.items()
        ],
        [best_score(state, name) for name in objectives],
        feasible := bounds.kept(columns, posteriors),
        wish.strategy,
        rng,
    )
    chooser.exclude(range(len(listed), len(together)))
    return [Choice(listed[i], value, float(feasible[i])) for i, value in chooser.choose(n)]


def parents(state: StudyState, wish: Wish, rng: np.random.Generator) -> Parents | None:
    """The best observed architectures: of several metrics, by trade-offs drawn at random.

    Those that break a constraint come after those that keep them all.
    """
    observed = [name for name in wish.objectives if len(state.models[name])]
    if not observed:
        return None
    broken = Bounds(state, wish.constraints).broken()
    ranked: dict[int, None] = {}
    for name in rng.permutation(observed).tolist():
        model = state.models[name]
        breaks = np.isin(model.rows, list(broken)).astype(np.float64)
        order = np.lexsort((-_sign(state, name) * model.scores, breaks))[: N_PARENTS // len(observed) + 1]
        ranked |= dict.fromkeys(model.rows[order].tolist())
    best = list(ranked)[:N_PARENTS]
    known = state.architectures
    embeddings = np.stack([known.embedding(row) for row in best])
    columns = known.columns[best]
    ascent = sum((_sign(state, name) * state.models[name].ascent(columns) for name in observed), np.zeros(1))
    return Parents([known.notation(row) for row in best], embeddings, ascent[:, : embeddings.shape[1]])


def best_score(state: StudyState, metric: str) -> float:
    """The best t that was observed; larger is better."""
    return float((_sign(state, metric) * state.models[metric].scores).max())


def _at_random(kept: FloatArray, n: int, rng: np.random.Generator) -> list[Choice]:
    """Some of the candidates that probably keep the bounds; of the others, those that most probably do."""
    drawn = rng.permutation(len(kept))
    order = drawn[np.argsort(-np.minimum(kept[drawn], _PROBABLE), kind="stable")]
    return [Choice(int(i), 0.0, float(kept[i])) for i in order[:n]]


def _short_list(
    state: StudyState,
    objectives: Sequence[str],
    bounds: Bounds,
    candidates: Sequence[Encoded],
    n: int,
    rng: np.random.Generator,
) -> list[int]:
    """The candidates that could be good by any objective, told from their nearest observations alone.

    Those that probably break the bounds come after those that probably keep them.
    """
    if len(candidates) <= n:
        return [*map(int, rng.permutation(len(candidates)))]  # so that the first of those that tie is a random one
    columns = state.columns(candidates)
    hopes = []
    for name in objectives:
        mean, deviation = state.models[name].rough(columns)
        hopes.append(_sign(state, name) * mean + _CONFIDENCE * deviation)
    place = np.argsort(np.argsort(-np.stack(hopes), axis=1), axis=1).min(axis=0)
    order = np.lexsort((place, -np.minimum(bounds.roughly_kept(columns), _PROBABLE)))
    return [*map(int, rng.permutation(order[:n]))]


def _sign(state: StudyState, metric: str) -> float:
    return 1.0 if _larger_is_better(state, metric) else -1.0


def _larger_is_better(state: StudyState, metric: str) -> bool:
    return state.study.metric(metric).direction is Direction.MAXIMIZE
