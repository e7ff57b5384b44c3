"""Everything that can go wrong between a worker and its server.

EmProxError
├── SettingsError                   a URL, a key or another setting that cannot be one
├── ClosedError                     the client was closed
├── AwayError                       no answer now: the same call may go through later
│   ├── UnreachableError            nothing listens at the URL, or its host is not found
│   ├── ConnectionLostError         it was sent, and no answer came
│   └── BusyError                   429, 502, 503, 504
│       ├── NotReadyError           the studies are being loaded, or nothing can be stored
│       ├── OverloadedError         more work waits than the server takes on
│       ├── TooManyAttemptsError    too many wrong keys come at the same time
│       ├── RevisionNotReachedError the server has not the revision that was asked for yet
│       ├── StoreUnavailableError   the server's disk or database fails
│       └── OutcomeUnknownError     its database was lost while it stored, and may have done it
├── NotEmProxError                  something else answers: a wrong URL
├── UnauthorizedError               401: a wrong key, or none
│   └── ForbiddenError              403: the key is for something else
├── OldServerError                  the server does not know what this client asks for
├── UnreadableAnswerError           the client does not understand what the server answers
├── InternalServerError             500: the server's log says why
├── RefusedError                    the server says no, and would again
│   ├── InvalidRequestError         400, 413, 415, 422: what was sent breaks a rule
│   │   ├── InvalidArchitectureError, InvalidProxiesError, InvalidObservationsError
│   │   └── InvalidStudyError, InvalidSpaceError, InvalidCorrectionsError
│   ├── UnknownError                there is no such thing
│   │   ├── UnknownStudyError, UnknownMetricError, UnknownSpaceError, SpaceNotFoundError, UnknownEncoderError
│   │   └── ObservationNotFoundError, SuggestionNotFoundError, SuggestionExpiredError
│   └── ConflictError               it contradicts what the server holds
│       ├── StudyConflictError, SpaceConflictError, ObservationConflictError
│       └── NoObservationsError, EncoderConflictError, SwitchUnderWayError
├── PartlyStoredError               of a large list of observations, some are stored and others are not
└── JournalError                    the journal cannot be written or read
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emprox_client.schemas import ItemError

_SHOWN = 5


class EmProxError(Exception):
    """Base of all errors of this package.

    Attributes:
        detail: what is wrong and the way out, in one sentence: the server's where it answered.
        status: of HTTP; None where no answer came.
        type: the server's name for the problem, such as `unknown_study`.
        errors: what is wrong with items, each with its `index` in the list that was given.
        retry_after: seconds to wait, where the server says so.
        observations: those that were sent, each with its id: `observe_all(err.observations)` sends them again, and what
            was stored after all is not counted twice.
        indices: of these, in the list that was given.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        type: str | None = None,  # noqa: A002  # as in the server's answer
        errors: Sequence[ItemError] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.type = type
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.observations: Sequence[Mapping[str, Any]] = ()
        self.indices: Sequence[int] = ()

    def __str__(self) -> str:
        """The sentence, and the first of the items that are wrong."""
        items = [each for each in self.errors if each.index is not None and each.detail not in self.detail]
        lines = [f"  item {each.index}: {each.detail}" for each in items[:_SHOWN]]
        more = [f"  and {len(items) - _SHOWN} more"] if len(items) > _SHOWN else []
        return "\n".join([self.detail, *lines, *more])


class SettingsError(EmProxError):
    """A URL, a key or another setting that cannot be one."""


class ClosedError(EmProxError):
    """The client was closed; nothing was sent."""


class AwayError(EmProxError):
    """No answer now: the same call may go through later."""


class UnreachableError(AwayError):
    """Nothing listens at the URL, or its host is not found; nothing was sent."""


class ConnectionLostError(AwayError):
    """It was sent, and no answer came: whether it was done is not known."""


class BusyError(AwayError):
    """The server, or a proxy before it, says that it cannot answer now."""


class NotReadyError(BusyError):
    """The studies are being loaded, or nothing can be stored."""


class OverloadedError(BusyError):
    """More work waits than the server takes on."""


class TooManyAttemptsError(BusyError):
    """Too many wrong keys come to the server at the same time."""


class RevisionNotReachedError(BusyError):
    """The server has not the revision that was asked for yet."""


class StoreUnavailableError(BusyError):
    """The server's disk or database fails."""


class OutcomeUnknownError(BusyError):
    """The server's database was lost while it stored, and may have done it: the same again, by its id, is harmless."""


class NotEmProxError(EmProxError):
    """Something else than EmProx Server answers at the URL."""


class UnauthorizedError(EmProxError):
    """The server does not take the key."""


class ForbiddenError(UnauthorizedError):
    """The key is of another scope, or bound to other studies."""


class OldServerError(EmProxError):
    """The server is older than this client, and does not know what it asks for."""


class UnreadableAnswerError(EmProxError):
    """The answer is none that this client knows."""


class InternalServerError(EmProxError):
    """The server failed; its log says why."""


class RefusedError(EmProxError):
    """The server says no, and would again."""


class InvalidRequestError(RefusedError):
    """What was sent breaks a rule."""


class InvalidArchitectureError(InvalidRequestError):
    """No candidate is an architecture of the study's search space."""


class InvalidProxiesError(InvalidRequestError):
    """The proxies are not those that the study declares."""


class InvalidObservationsError(InvalidRequestError):
    """Some observations of a batch break a rule; none of the batch was stored."""


class InvalidStudyError(InvalidRequestError):
    """A study declaration that breaks a rule."""


class InvalidSpaceError(InvalidRequestError):
    """A search space declaration that breaks a rule."""


class InvalidCorrectionsError(InvalidRequestError):
    """Some corrections of a batch break a rule; none was made."""


class UnknownError(RefusedError):
    """There is no such thing."""


class UnknownStudyError(UnknownError):
    """No study has this name."""


class UnknownMetricError(UnknownError):
    """The study does not record this metric."""


class UnknownSpaceError(UnknownError):
    """No search space has this name."""


class SpaceNotFoundError(UnknownError):
    """No search space has the name that it was asked for by."""


class UnknownEncoderError(UnknownError):
    """There is no such version of an encoder."""


class ObservationNotFoundError(UnknownError):
    """The study has no such observation."""


class SuggestionNotFoundError(UnknownError):
    """No suggestion has this id."""


class SuggestionExpiredError(UnknownError):
    """The suggestion was not answered in time."""


class ConflictError(RefusedError):
    """It contradicts what the server holds."""


class StudyConflictError(ConflictError):
    """A study of this name is declared otherwise."""


class SpaceConflictError(ConflictError):
    """A search space of this name is declared otherwise, or comes with the server."""


class ObservationConflictError(ConflictError):
    """An observation id is taken by another content; none of the batch was stored."""


class NoObservationsError(ConflictError):
    """Nothing was observed yet that an estimate could rest on."""


class EncoderConflictError(ConflictError):
    """The encoder that is there does not fit what was declared."""


class SwitchUnderWayError(ConflictError):
    """The study is being switched to another encoder."""


class PartlyStoredError(EmProxError):
    """Of a large list of observations, some are stored and others are not.

    Attributes:
        stored: what is stored, by index in the list that was given.
        causes: why the others are not, an error for each request that failed.
    """

    stored: Mapping[int, Any] = {}
    causes: Sequence[EmProxError] = ()


class JournalError(EmProxError):
    """The journal cannot be written or read."""
