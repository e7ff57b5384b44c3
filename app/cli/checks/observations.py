"""Whether the stored architectures are what their notations say."""

from collections.abc import Callable, Iterator
from itertools import islice

from app.domain.architecture import Notation
from app.domain.errors import InvalidArchitectureError
from app.domain.observation import Observation
from app.predictor.store import ObservationStore
from app.spaces.space import SearchSpace

Progress = Callable[[], None]


def odd_architectures(observations: Iterator[Observation], space: SearchSpace, progress: Progress) -> list[str]:
    """Observations whose notation does not parse, or gives another architecture than is stored; in words."""
    ids: dict[str, str] = {}  # of notations; many observations have one that was seen before
    problems = []
    for each in observations:
        progress()
        key = repr(each.notation)
        try:
            if key not in ids:
                ids[key] = space.parse(each.notation).id
        except InvalidArchitectureError as err:
            problems.append(f"observation {each.observation_id[:80]!r} has a notation that is none: {err}")
            continue
        if ids[key] != each.architecture_id:
            problems.append(
                f"observation {each.observation_id[:80]!r} has architecture {each.architecture_id}, "
                f"and its notation gives {ids[key]}"
            )
    return problems


def sampled(store: ObservationStore, study: str, n_stored: int, sample: int | None) -> Iterator[Observation]:
    """All observations of a study, or about as many as a sample has, spread evenly over it."""
    step = max(1, n_stored // sample) if sample else 1
    return islice(store.observations(study, retracted=True), 0, None, step)


def notations(store: ObservationStore, study: str) -> dict[str, Notation]:
    """The notation of each architecture that a study has observed, by its id."""
    found: dict[str, Notation] = {}
    for each in store.observations(study, retracted=True):
        found.setdefault(each.architecture_id, each.notation)
    return found
