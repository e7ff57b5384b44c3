"""The rows of the comparison: our estimates in four forms, and the field's predictors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Protocol

from app.bootstrap import new_index
from app.domain.architecture import Architecture
from app.encoder.checkpoint import Checkpoint, load_checkpoint
from app.encoder.served import EncoderKind
from app.evaluation.estimator import Estimator
from app.proximity.kernel import FloatArray
from app.proximity.weighting import Weighting
from app.settings import MODELS_DIR
from app.spaces.registry import get_space
from app.spaces.space import SearchSpace
from benchmarks.baselines.baseline import Baseline
from benchmarks.baselines.registry import CLASSICAL, NEURAL

Answer = tuple[FloatArray, FloatArray | None, FloatArray | None]
"""Score, and the bounds of a 90 % interval where there are some."""


class Predictor(Protocol):
    """Learns from labelled architectures and estimates others."""

    def fit(self, architectures: Sequence[Architecture], values: FloatArray, seed: int) -> None:
        """See `Baseline.fit`."""

    def predict(self, architectures: Sequence[Architecture]) -> Answer:
        """Estimates of architectures, in the metric's unit."""


class Ours:
    """Our estimates.

    Args:
        kind: of embedding; None for the one that is served.
    """

    def __init__(
        self,
        space: SearchSpace,
        kind: EncoderKind | None = None,
        weighting: Weighting = Weighting.KRIGING,
        k: int | None = None,
    ) -> None:
        self._estimator = Estimator(checkpoint(space.name).serving(kind), new_index, weighting, k)

    def fit(self, architectures: Sequence[Architecture], values: FloatArray, seed: int) -> None:  # noqa: ARG002
        """Observe the architectures; nothing is drawn at random at these sizes."""
        self._estimator.fit(architectures, values)

    def predict(self, architectures: Sequence[Architecture]) -> Answer:
        """Scores with their intervals."""
        estimates = self._estimator.estimate(architectures)
        return estimates.score, estimates.lower, estimates.upper


class OfTheField:
    """A baseline, which has no intervals."""

    def __init__(self, space: SearchSpace, make: Callable[[SearchSpace], Baseline]) -> None:
        self._baseline = make(space)

    def fit(self, architectures: Sequence[Architecture], values: FloatArray, seed: int) -> None:
        """Fit the baseline."""
        self._baseline.fit(architectures, values, seed)

    def predict(self, architectures: Sequence[Architecture]) -> Answer:
        """Scores alone."""
        return self._baseline.predict(architectures), None, None


@dataclass(frozen=True, slots=True)
class Row:
    """A predictor of the comparison.

    Args:
        trials: as many as its time allows; all rows see the same first splits.
        pretrained: whether an encoder was trained beforehand on unlabelled architectures of the space.
    """

    make: Callable[[SearchSpace], Predictor]
    trials: int
    pretrained: bool = False


@cache
def checkpoint(space: str) -> Checkpoint:
    """The newest trained encoder of a space."""
    return load_checkpoint(MODELS_DIR, get_space(space))


_INVERSE = partial(Ours, weighting=Weighting.INVERSE_DISTANCE)
_NEURAL_TRIALS = {"SemiNAS": 3, "NAO": 5}  # half a minute, and some seconds, for each fit

SERVED = "**ours, as served**"
ROWS: Mapping[str, Row] = {
    SERVED: Row(Ours, 20, pretrained=True),
    "ours, graph encoder": Row(partial(Ours, kind=EncoderKind.GRAPH), 20, pretrained=True),
    "ours, structural embedding": Row(partial(Ours, kind=EncoderKind.STRUCTURAL), 20),
    "ours, inverse distance, k = 10": Row(partial(_INVERSE, k=10), 20, pretrained=True),
    "ours, inverse distance, k = 60": Row(partial(_INVERSE, k=60), 20, pretrained=True),
    **{
        name: Row(partial(OfTheField, make=make), _NEURAL_TRIALS.get(name, 10))
        for name, make in {**NEURAL, **CLASSICAL}.items()
    },
}
OURS = frozenset(name for name in ROWS if "ours" in name)
