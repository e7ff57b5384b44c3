"""Which error a problem is that a server answers with."""

from __future__ import annotations

from collections.abc import Mapping

from emprox_client.errors import (
    BusyError,
    ConflictError,
    EmProxError,
    EncoderConflictError,
    ForbiddenError,
    InternalServerError,
    InvalidArchitectureError,
    InvalidCorrectionsError,
    InvalidObservationsError,
    InvalidProxiesError,
    InvalidRequestError,
    InvalidSpaceError,
    InvalidStudyError,
    NoObservationsError,
    NotReadyError,
    ObservationConflictError,
    ObservationNotFoundError,
    OutcomeUnknownError,
    OverloadedError,
    RefusedError,
    RevisionNotReachedError,
    SpaceConflictError,
    SpaceNotFoundError,
    StoreUnavailableError,
    StudyConflictError,
    SuggestionExpiredError,
    SuggestionNotFoundError,
    SwitchUnderWayError,
    TooManyAttemptsError,
    UnauthorizedError,
    UnknownEncoderError,
    UnknownError,
    UnknownMetricError,
    UnknownSpaceError,
    UnknownStudyError,
)


def class_of(type_: str | None, status: int) -> type[EmProxError]:
    """The class of a problem, by its type; where that is new to this client, by its status."""
    return _OF_TYPE.get(type_ or "") or _OF_STATUS.get(status) or (RefusedError if status < 500 else BusyError)


_OF_TYPE: Mapping[str, type[EmProxError]] = {
    "not_json": InvalidRequestError,
    "not_http": InvalidRequestError,
    "unauthorized": UnauthorizedError,
    "forbidden": ForbiddenError,
    "too_many_attempts": TooManyAttemptsError,
    "too_many_connections": BusyError,
    "too_slow": BusyError,
    "invalid_request": InvalidRequestError,
    "too_large": InvalidRequestError,
    "unsupported_media_type": InvalidRequestError,
    "internal_error": InternalServerError,
    "invalid_architecture": InvalidArchitectureError,
    "invalid_proxies": InvalidProxiesError,
    "invalid_space": InvalidSpaceError,
    "invalid_study": InvalidStudyError,
    "invalid_observations": InvalidObservationsError,
    "invalid_corrections": InvalidCorrectionsError,
    "observation_not_found": ObservationNotFoundError,
    "suggestion_not_found": SuggestionNotFoundError,
    "suggestion_expired": SuggestionExpiredError,
    "unknown_study": UnknownStudyError,
    "unknown_space": UnknownSpaceError,
    "unknown_encoder": UnknownEncoderError,
    "switch_under_way": SwitchUnderWayError,
    "unknown_metric": UnknownMetricError,
    "space_not_found": SpaceNotFoundError,
    "space_conflict": SpaceConflictError,
    "encoder_conflict": EncoderConflictError,
    "study_conflict": StudyConflictError,
    "observation_conflict": ObservationConflictError,
    "no_observations": NoObservationsError,
    "revision_not_reached": RevisionNotReachedError,
    "not_ready": NotReadyError,
    "overloaded": OverloadedError,
    "store_unavailable": StoreUnavailableError,
    "outcome_unknown": OutcomeUnknownError,
}

_OF_STATUS: Mapping[int, type[EmProxError]] = {
    400: InvalidRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: UnknownError,
    409: ConflictError,
    410: UnknownError,
    413: InvalidRequestError,
    415: InvalidRequestError,
    422: InvalidRequestError,
    429: BusyError,
    500: InternalServerError,
}
