import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.dashboard.distinct import Distinct

batches = st.lists(st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"e"]), max_size=5), max_size=5)


@given(batches=batches)
def test_they_are_those_of_all_that_came_however_they_came(batches: list[list[bytes]]) -> None:
    distinct = Distinct(np.empty(0, dtype="S32"))
    for batch in batches:
        distinct.add(np.array(batch, dtype="S32"))

    came = np.array([each for batch in batches for each in batch], dtype="S32")
    ids, places = np.unique(came, return_inverse=True)
    assert distinct.ids.tolist() == ids.tolist()
    assert distinct.places.tolist() == places.tolist()
    assert len(distinct) == len(came)
