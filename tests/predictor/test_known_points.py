"""The factorization of known points takes in what was added, whenever it is asked for."""

import numpy as np
import pytest

from app.predictor.known_points import KnownPoints
from app.proximity.factorization import Factorization
from app.proximity.kernel import FloatArray

from .models import new_index

NOISE, DIMENSION = 0.05, 3


class Grown:
    """Known points, and what they should be."""

    def __init__(self) -> None:
        self.known = KnownPoints(DIMENSION, NOISE, new_index)
        self.counts = np.empty(0)

    def add(self, n: int, repeated: tuple[int, ...] = ()) -> None:
        self.counts = np.append(self.counts, np.ones(n))
        self.counts[list(repeated)] += 1
        points = np.random.default_rng(len(self.counts)).normal(size=(n, DIMENSION))
        self.known.add(points, self.counts.copy(), set(repeated))

    def lower(self) -> FloatArray:
        return self.known.factorized.lower

    def anew(self) -> FloatArray:
        return Factorization.of(self.known.points, self.counts, NOISE).lower


def test_points_and_repeats_that_came_one_after_the_other_are_taken_in_together() -> None:
    grown = Grown()
    grown.add(40)
    grown.lower()

    grown.add(2)
    grown.add(0, repeated=(3,))
    grown.add(1, repeated=(17, 41))  # the last is not in the factorization yet
    grown.add(0, repeated=(3,))

    np.testing.assert_allclose(grown.lower(), grown.anew(), atol=1e-12)


def test_repeats_of_most_points_make_it_anew() -> None:
    grown = Grown()
    grown.add(10)
    grown.lower()

    grown.add(1, repeated=tuple(range(9)))

    np.testing.assert_allclose(grown.lower(), grown.anew(), atol=1e-12)


def test_many_points_at_once_are_taken_in() -> None:
    grown = Grown()
    grown.add(5)
    grown.lower()

    grown.add(300)

    np.testing.assert_allclose(grown.lower(), grown.anew(), atol=1e-12)


def test_what_could_not_be_taken_in_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    grown = Grown()
    grown.add(20)
    grown.lower()
    grown.add(1, repeated=(4,))

    with monkeypatch.context() as broken:
        broken.setattr(Factorization, "extended", lambda *_: np.linalg.cholesky(-np.eye(2)))
        with pytest.raises(np.linalg.LinAlgError):
            grown.lower()

    np.testing.assert_allclose(grown.lower(), grown.anew(), atol=1e-12)
