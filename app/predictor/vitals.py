"""How the service fares: what waits, what is kept, what is known, and how long everything takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.remembering import Remembered
from app.predictor.encoding import REMEMBERED, Encoding
from app.predictor.following import Lag
from app.predictor.lane import Waiting
from app.predictor.studies import Studies
from app.predictor.timings import Spread, Timings


@dataclass(frozen=True, slots=True)
class StudyVitals:
    """How large a study is.

    Args:
        architectures: distinct ones that were trained.
    """

    name: str
    revision: int
    observations: int
    architectures: int


@dataclass(frozen=True, slots=True)
class Vitals:
    """The service at this moment.

    Args:
        remembered: what parsing and encoding keep of graphs, whatever the space.
        encodings: remembered architectures, by space and version of the encoder.
        timings: by kind of request.
        commits: requests that were stored together, and their observations.
        lag: how far it is behind what other servers stored; None where there are none.
    """

    waiting: list[Waiting]
    remembered: list[Remembered]
    encodings: Mapping[tuple[str, str], Remembered]
    studies: list[StudyVitals]
    timings: Mapping[str, Timings]
    commits: Mapping[str, Spread]
    lag: Lag | None = None


def study_vitals(studies: Studies) -> list[StudyVitals]:
    """Of the studies in memory. On any thread."""
    return [
        StudyVitals(state.study.name, state.revision, state.n_observations, len(state.architectures))
        for state in studies.all_in_memory()
    ]


def encodings_in_use(studies: Studies) -> Mapping[tuple[str, str], Remembered]:
    """How many architectures each encoding remembers. On any thread."""
    used: Iterable[Encoding] = [*studies.encodings.values(), *(each.encoding for each in studies.all_in_memory())]
    return {
        (each.space.name, each.encoder.version): Remembered("encodings", each.n_remembered, REMEMBERED) for each in used
    }
