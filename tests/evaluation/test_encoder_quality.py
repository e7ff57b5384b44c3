import pytest

from app.bootstrap import new_index
from app.evaluation import encoder_quality
from app.evaluation.encoder_quality import compare
from app.evaluation.protocol import Protocol
from app.predictor.ports import Encoder

from .conftest import Cells

TWO_TRIALS = Protocol(train=40, test=20, trials=2, seed=1000)


def test_both_embeddings_are_compared_on_the_same_splits(
    cells: Cells, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_quality, "PROTOCOL", TWO_TRIALS)
    told: list[int] = []

    found = compare(cells.architectures, cells.values, encoder, encoder, new_index, "cells.csv acc", told.append)

    assert (found.graph_tau, found.graph_tau_std) == (found.structural_tau, found.structural_tau_std)
    assert found.graph_tau > 0.5
    assert found.protocol == "cells.csv acc: 40 train, 20 test, 2 trials, seed 1000, kriging"
    assert told == [1, 2, 3, 4]
