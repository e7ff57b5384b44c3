"""What callers ask of the predictor, and what they get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app.domain.architecture import Notation
from app.domain.correction import Action
from app.domain.errors import InvalidArchitectureError, InvalidProxiesError
from app.domain.observation import Scalar, Status
from app.domain.prediction import Estimate, Observed, Prediction
from app.domain.study import Study
from app.domain.suggestion import Suggestion
from app.predictor.predicted import Predicted
from app.predictor.store import SpaceRecord
from app.proximity.acquisition import Constraint, Strategy
from app.proximity.weighting import Weighting
from app.spaces.space import Vocabulary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PredictionQuery:
    """Candidates to estimate.

    Args:
        candidates: notations of the study's search space.
        proxies: of each candidate, by name; None where the study declares none.
        metrics: names; None for all that the study records.
        k: neighbors to weigh; None for as many as pay.
        neighbors: how many to explain each estimate with.
        min_revision: of the study; an older one is refused.
    """

    study: str
    candidates: Sequence[object]
    metrics: Sequence[str] | None = None
    k: int | None = None
    weighting: Weighting = Weighting.KRIGING
    neighbors: int = 0
    min_revision: int = 0
    proxies: Sequence[Mapping[str, float]] | None = None


@dataclass(frozen=True, slots=True)
class PredictionAnswer:
    """What is expected of candidates.

    Args:
        levels: of fidelity that estimates are of, by metric; none where the study does not tell them apart.
        predicted: in the order of the candidates, but for those that are wrong.
        errors: what is wrong with those, by their place among all.
    """

    revision: int
    encoder: str
    k: int
    levels: Mapping[str, float]
    predicted: Predicted
    errors: Mapping[int, InvalidArchitectureError | InvalidProxiesError]

    @property
    def predictions(self) -> list[Prediction | InvalidArchitectureError | InvalidProxiesError]:
        """In the order of the candidates; an error in the place of one that is wrong. Made anew each time."""
        return self.in_order(self.predicted.predictions(), self.errors)

    def in_order(self, predicted: Sequence[T], wrong: Mapping[int, T]) -> list[T]:
        """What is made of those that are right, and of those that are not, in the order of the candidates."""
        right = iter(predicted)
        return [wrong[i] if i in wrong else next(right) for i in range(len(predicted) + len(wrong))]

    def part(self, start: int, stop: int) -> "PredictionAnswer":
        """The answer for some of the candidates, as if they had been asked for alone."""
        errors = {i - start: error for i, error in self.errors.items() if start <= i < stop}
        first = start - sum(i < start for i in self.errors)
        last = first + stop - start - len(errors)
        if first == last:  # nothing was weighed for them
            return replace(self, k=0, levels={}, predicted=Predicted.nothing(), errors=errors)
        return replace(self, predicted=self.predicted.part(first, last), errors=errors)


@dataclass(frozen=True, slots=True)
class NewObservation:
    """A trained architecture as a worker sends it; see `app.domain.observation.Observation`."""

    notation: Notation
    metrics: Mapping[str, float]
    observation_id: str | None = None
    status: Status = Status.COMPLETED
    proxies: Mapping[str, float] = field(default_factory=dict)
    fidelity: Mapping[str, Scalar] = field(default_factory=dict)
    seed: int | None = None
    worker: str | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewCorrection:
    """A correction as it is asked for; see `app.domain.correction.Correction`.

    Args:
        notation: of an amendment: what the architecture really was.
        changes: of an amendment: new values of other fields of `Observation`, by name.
    """

    observation_id: str
    action: Action
    actor: str | None = None
    reason: str | None = None
    notation: Notation | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SuggestionQuery:
    """What to suggest.

    Args:
        n: how many.
        worker: gets the same again until it has answered, or they expire.
        candidates: notations to choose among; None for fresh ones.
        proxies: of each of the candidates, as `PredictionQuery` has them.
        n_generated: how many fresh candidates to choose among.
        metrics: to improve, in the directions that the study declares; None for all without a constraint.
        constraints: by metric.
        expires_in: how long the worker may take.
        reserve: whether others are kept from what is suggested; otherwise it is a mere look.
        seed: of all that is drawn; None for another one each time.
    """

    study: str
    n: int = 1
    worker: str | None = None
    candidates: Sequence[object] | None = None
    proxies: Sequence[Mapping[str, float]] | None = None
    n_generated: int = 2000
    strategy: Strategy = Strategy.UPPER_CONFIDENCE_BOUND
    metrics: Sequence[str] | None = None
    constraints: Mapping[str, Constraint] = field(default_factory=dict)
    expires_in: timedelta = timedelta(days=1)
    reserve: bool = True
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Suggested:
    """A suggestion, and what is expected of it.

    Args:
        prediction: None before anything was observed.
        acquisition: what it was chosen by, comparable within one answer; None of one that was suggested before.
        feasible: the probability that it meets all constraints; None as `acquisition`.
        reserved: whether others are kept from it.
    """

    suggestion: Suggestion
    prediction: Prediction | None
    acquisition: float | None
    feasible: float | None
    reserved: bool = True


@dataclass(frozen=True, slots=True)
class SuggestionAnswer:
    """What to train next: first what the worker has to answer still, then what is new.

    Args:
        invalid: what is wrong with candidates that were given, by their index.
    """

    revision: int
    encoder: str
    suggested: list[Suggested]
    invalid: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one observation.

    Args:
        created: false where it was stored before.
        predicted: what the service would have said a moment earlier; None where nothing had been observed yet. Of one
            that was stored before, what it said then of the metrics that were measured.
    """

    observation_id: str
    architecture_id: str
    created: bool
    predicted: Mapping[str, Estimate] | None


@dataclass(frozen=True, slots=True)
class ObservationAnswer:
    """What became of a batch, in its order."""

    revision: int
    stored: list[Stored]


@dataclass(frozen=True, slots=True)
class SpaceDescription:
    """A search space, and what serves it.

    Args:
        declared: None for a space that comes with the program.
    """

    name: str
    vocabulary: Vocabulary
    declared: SpaceRecord | None
    encoder: str
    encoder_kind: str


@dataclass(frozen=True, slots=True)
class Description:
    """A study at a glance.

    Args:
        architectures: distinct ones with a value, by metric.
        best: architecture id and value, by metric that has one.
        fitted: how many observations the scales were fitted to, by metric; 0 before there are enough.
        n_failed, n_retracted: how many of the trainings failed, and how many observations do not count.
        calibration: by what error bars are multiplied, by metric.
        per_level: how many observations there are of each level of fidelity, by metric; none where the study does not
            tell them apart.
    """

    study: Study
    revision: int
    n_observations: int
    created_at: datetime
    encoder: str
    encoder_kind: str
    architectures: Mapping[str, int]
    best: Mapping[str, tuple[str, Observed]]
    fitted: Mapping[str, int]
    n_failed: int
    n_retracted: int
    calibration: Mapping[str, float]
    per_level: Mapping[str, Mapping[float, int]]
