"""Error bars that are too narrow or too wide for a study, set right from how far its estimates were off."""

from collections import deque
from collections.abc import Iterable
from functools import cached_property

import numpy as np

from app.proximity.estimates import NORMAL_95

WINDOW = 200  # outcomes that count: as many as tell the 90 % quantile to about 3 %, and no more than a search forgets
_TRUST = 30  # outcomes that count as much as the model's own opinion of its error bars
_COVERAGE = 0.9


class Calibration:
    """The factor for the deviations of one metric's estimates, from the last outcomes of the study.

    An outcome is how far a value lay from what had been expected of it, in the model's own standard deviations. If the
    model is right, 90 % of them are within 1.645; the factor is their 90 % quantile over that number, as in split
    conformal prediction (Vovk et al., 2005; Lei et al., 2018), drawn to 1 while there are few.

    Args:
        outcomes: those so far, oldest first.
    """

    def __init__(self, outcomes: Iterable[float] = ()) -> None:
        self._outcomes: deque[float] = deque(outcomes, maxlen=WINDOW)

    @property
    def outcomes(self) -> list[float]:
        """Those that count, without their signs, oldest first."""
        return list(self._outcomes)

    def add(self, deviation: float) -> None:
        """Take in one more outcome."""
        self._outcomes.append(abs(deviation))
        self.__dict__.pop("factor", None)

    @cached_property
    def factor(self) -> float:
        """What deviations are to be multiplied by; 1 before there is an outcome."""
        n = len(self._outcomes)
        if not n:
            return 1.0
        rank = min(int(np.ceil((n + 1) * _COVERAGE)), n)
        quantile = float(np.partition(self._outcomes, rank - 1)[rank - 1])
        # Outcomes of 0 are those of values that no estimate can miss; huge ones those of imported mistakes.
        ratio = float(np.clip(quantile / NORMAL_95, 0.1, 10))
        return float(ratio ** (n / (n + _TRUST)))
