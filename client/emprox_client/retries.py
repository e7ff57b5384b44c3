"""When a request is sent again, and how long that waits."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from time import monotonic
from typing import Any

from tenacity import RetryCallState, retry_if_exception

from emprox_client.call import Call
from emprox_client.connection import CONCURRENT
from emprox_client.errors import AwayError, BusyError, UnreachableError

_log = logging.getLogger("emprox_client")

_FIRST_SECONDS, _LONGEST_SECONDS = 0.25, 8.0  # between two tries, doubled from one to the next
_LEAST_SECONDS = 1.0  # after some tries, also where the server asks for less
_JITTER_SECONDS = 0.25  # so that not all workers come at the same moment


def deadline(n_calls: int, total_timeout: float) -> float:
    """When repeating ends, by the monotonic clock: `total_timeout` for each round of requests side by side."""
    return monotonic() + total_timeout * -(-n_calls // CONCURRENT)


def policy(call: Call, until: float, *, journaled: bool = False) -> dict[str, Any]:
    """Arguments of `tenacity.AsyncRetrying`.

    Args:
        until: the deadline.
        journaled: its observations are kept in a journal otherwise, so that only a server that is there but busy is
            waited for.
    """
    return {
        "retry": retry_if_exception(lambda err: _is_worth_it(call, err, journaled)),
        "wait": _wait,
        "stop": _stop_at(until),
        "before_sleep": _tell,
        "reraise": True,
    }


def _is_worth_it(call: Call, err: BaseException, journaled: bool) -> bool:
    if not isinstance(err, AwayError):
        return False
    if journaled and call.observations and not isinstance(err, BusyError):
        return False
    # Nothing was done: it was not sent, or EmProx Server turned it down. Of 502 and 504 nobody knows.
    nothing_done = isinstance(err, UnreachableError) or err.status in {429, 503}
    return nothing_done or call.repeatable


def _wait(state: RetryCallState) -> float:
    err = _error(state)
    backoff = min(_FIRST_SECONDS * 2.0 ** (state.attempt_number - 1), _LONGEST_SECONDS)
    seconds = backoff if err.retry_after is None else max(err.retry_after, min(backoff, _LEAST_SECONDS))
    return seconds + random.uniform(0, _JITTER_SECONDS)  # noqa: S311  # no secret


def _stop_at(until: float) -> Callable[[RetryCallState], bool]:
    return lambda state: monotonic() + state.upcoming_sleep > until


def _tell(state: RetryCallState) -> None:
    _log.warning("%s. Trying again in %.1f seconds.", _error(state).detail.rstrip("."), state.upcoming_sleep)


def _error(state: RetryCallState) -> AwayError:
    outcome = state.outcome
    err = outcome.exception() if outcome else None
    assert isinstance(err, AwayError)  # noqa: S101  # others are not retried
    return err
