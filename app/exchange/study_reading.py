"""Reading a study from the store to write it elsewhere."""

from collections.abc import Iterator
from itertools import islice

from app.domain.correction import History
from app.exchange.description import StudyDescription
from app.predictor.store import ObservationStore

_BATCH = 1_000


def read_study(
    store: ObservationStore, study: str, as_of: int | None
) -> tuple[StudyDescription, Iterator[list[History]]]:
    """The description of a study, and its observations in batches, which are read as they are asked for.

    Args:
        as_of: the study as it was at this revision; None as it is.

    Raises:
        UnknownStudyError: there is no such study.
    """
    histories = store.histories(study, as_of)
    # Read after the first of its observations, the study knows every metric that they have.
    first = list(islice(histories, _BATCH))
    record = store.study(study)
    revision = record.revision if as_of is None else min(as_of, record.revision)
    return StudyDescription.of(record.study, revision, store.spaces()), _batches(first, histories)


def _batches(first: list[History], rest: Iterator[History]) -> Iterator[list[History]]:
    batch = first
    while batch:
        yield batch
        batch = list(islice(rest, _BATCH))
