"""A study in memory catches up with its store, while other servers store on."""

from datetime import UTC, datetime

from app.domain.observation import Observation
from app.index.choose import make_index
from app.predictor.encoding import Encoding
from app.predictor.loading import load_study, up_to_date
from app.predictor.ports import Encoder

from .cells import SPACE, accuracy, distinct_cells
from .running import ForgetfulCache, Running

CELLS = distinct_cells(3)


def observation(i: int) -> Observation:
    cell = SPACE.parse(CELLS[i])
    return Observation(f"run-{i}", cell.id, cell.notation, {"val_accuracy": accuracy(CELLS[i])}, datetime.now(UTC))


def test_what_is_stored_between_its_two_looks_is_taken_in_once(running: Running, encoder: Encoder) -> None:
    store = running.store
    store.append("cells", [observation(0)])
    state = load_study("cells", store, Encoding(SPACE, encoder), ForgetfulCache(), make_index)
    store.append("cells", [observation(1)])

    def elsewhere() -> None:
        store.before_read = lambda: None
        store.append("cells", [observation(2)])

    store.before_read = elsewhere  # after it was told the revision, before it reads what came

    assert up_to_date(state, store)
    assert (state.revision, state.n_observations) == (2, 2)
    assert up_to_date(state, store)
    assert (state.revision, state.n_observations) == (3, 3)
