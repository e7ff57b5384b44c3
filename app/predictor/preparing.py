"""Observations before they are stored: checked, encoded, and with what was expected of them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, islice

from app.domain.errors import InvalidObservationsError
from app.domain.observation import Observation, Status
from app.domain.prediction import Expectation
from app.domain.study import Study
from app.predictor import answering
from app.predictor.encoding import Encoded
from app.predictor.ports import Float32Array
from app.predictor.proxies import with_proxies
from app.predictor.requests import NewObservation
from app.predictor.study_state import StudyState
from app.predictor.timings import timed

_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}  # RFC 9562, section 4.1


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch of observations, checked and ready to be stored.

    Args:
        state: the study that it was checked against.
        embeddings: by architecture id.
        expected: what is predicted of each without the batch, by metric that was observed before.
    """

    state: StudyState
    observations: list[Observation]
    embeddings: Mapping[str, Float32Array]
    expected: Sequence[Mapping[str, Expectation]]


def prepare(
    state: StudyState, batches: Sequence[Sequence[NewObservation]]
) -> list[Prepared | InvalidObservationsError]:
    """Check batches, and say what is expected of each without any of them; or what is wrong with it."""
    encoded = iter(_encoded(state, list(chain(*batches))))
    checked = [_checked(state.study, batch, list(islice(encoded, len(batch)))) for batch in batches]
    right = [(batch, known) for batch, known in zip(batches, checked, strict=True) if isinstance(known, list)]
    with timed("weights"):
        expected = iter(
            answering.expected(
                state,
                list(chain.from_iterable(known for _, known in right)),
                [(each.metrics, state.level(each.fidelity)) for batch, _ in right for each in batch],
            )
        )
    now = datetime.now(UTC)
    return [
        _prepared(state, batch, known, list(islice(expected, len(known))), now) if isinstance(known, list) else known
        for batch, known in zip(batches, checked, strict=True)
    ]


def random_ids(n: int) -> list[str]:
    """As many as `str(uuid4())` makes when it is called n times, which asks the system for each and takes four times as
    long.
    """
    digits = os.urandom(16 * n).hex()
    each = (digits[start : start + 32] for start in range(0, 32 * n, 32))
    return [f"{d[:8]}-{d[8:12]}-4{d[13:16]}-{_VARIANT[d[16]]}{d[17:20]}-{d[20:]}" for d in each]


def _encoded(state: StudyState, observations: Sequence[NewObservation]) -> Sequence[Encoded | Exception]:
    return with_proxies(
        state.encoding.encode([observation.notation for observation in observations]),
        [observation.proxies for observation in observations],
        state.study,
        [observation.status is Status.COMPLETED for observation in observations],
    )


def _checked(
    study: Study, batch: Sequence[NewObservation], encoded: Sequence[Encoded | Exception]
) -> list[Encoded] | InvalidObservationsError:
    errors = {}
    for i, (observation, each) in enumerate(zip(batch, encoded, strict=True)):
        error = (
            (None if isinstance(each, Encoded) else str(each))
            or study.wrong_metrics(observation.metrics, observation.status)
            or study.misnamed_fidelity(observation.fidelity)
            or study.wrong_fidelity(observation.fidelity)
        )
        if error:
            errors[i] = error
    if errors:
        return InvalidObservationsError(
            f"{len(errors)} of {len(batch)} observations are invalid, and none was stored", errors
        )
    return [each for each in encoded if isinstance(each, Encoded)]


def _prepared(
    state: StudyState,
    batch: Sequence[NewObservation],
    known: Sequence[Encoded],
    expected: Sequence[Mapping[str, Expectation]],
    now: datetime,
) -> Prepared:
    observations = [
        _observation(observation, own_id, each.architecture_id, now, before)
        for observation, own_id, each, before in zip(batch, random_ids(len(batch)), known, expected, strict=True)
    ]
    return Prepared(state, observations, {each.architecture_id: each.embedding for each in known}, expected)


def _observation(
    new: NewObservation, own_id: str, architecture_id: str, now: datetime, expected: Mapping[str, Expectation]
) -> Observation:
    return Observation(
        observation_id=new.observation_id or own_id,
        architecture_id=architecture_id,
        notation=new.notation,
        metrics=new.metrics,
        observed_at=now,
        status=new.status,
        proxies=new.proxies,
        fidelity=new.fidelity,
        seed=new.seed,
        worker=new.worker,
        metadata=new.metadata,
        expected={
            # What a failed training measured is of something else than the network, and no test of an error bar.
            name: each if new.status is Status.COMPLETED else replace(each, deviation=None)
            for name, each in expected.items()
            if name in new.metrics
        },
    )
