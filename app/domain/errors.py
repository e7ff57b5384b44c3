"""Everything that can go wrong in the terms of the domain.

    EmproxError
    ├── InvalidArchitectureError    a notation that is no architecture of its space
    ├── InvalidSpaceError           a search space declaration that breaks a rule
    ├── InvalidStudyError           a declaration that breaks a rule
    ├── InvalidProxiesError         numbers of a candidate that are not those that its study declares
    ├── InvalidObservationsError    observations that break a rule, by their index in the request
    ├── InvalidCorrectionsError     corrections that break a rule, by their index in the request
    ├── ObservationNotFoundError    corrections of observations that are not there, by their index
    ├── SuggestionNotFoundError     no suggestion has this id
    ├── SuggestionExpiredError      a suggestion that nobody answered in time
    ├── UnknownStudyError           no study has this name
    ├── UnknownSpaceError           no search space has this name
    ├── UnknownEncoderError         the search space has no such version of its encoder
    ├── SwitchUnderWayError         the study is being switched to another encoder already
    ├── UnknownMetricError          the study does not record this metric
    ├── SpaceNotFoundError          no search space has the name that it was asked for by
    ├── StudyConflictError          a study of this name is declared otherwise
    ├── SpaceConflictError          a search space of this name is declared otherwise, or comes with the program
    ├── ObservationConflictError    an observation id was used for another content
    ├── NoObservationsError         nothing was observed yet that an estimate could rest on
    ├── RevisionNotReachedError     the caller asks for a revision that is not here yet
    ├── OverloadedError             more work waits than the service takes on
    ├── UnauthorizedError           no key was sent, or one that is none
    ├── ForbiddenError              the key is for something else
    ├── TooManyAttemptsError        too many wrong keys come at the same time
    ├── KeyFileError                the keys cannot be read or written
    ├── NotReadyError               the service cannot answer yet, or can no longer store
    ├── CheckpointError             a trained encoder that cannot be used
    └── StoreError                  the data directory or its database cannot be used
        ├── UncertainStoreError     the database was lost before it said whether a write was done
        └── UnsafeStoreError        the disk did not say that a write is safe, and never will

A message names the value, the rule and the way out, and can be shown to the caller as it is.
"""

from collections.abc import Mapping


class EmproxError(Exception):
    """Base of all errors that the service raises on purpose."""


class InvalidArchitectureError(EmproxError):
    """A notation that is no architecture of its search space."""


class InvalidProxiesError(EmproxError):
    """Numbers of a candidate that are not those that its study declares."""


class InvalidSpaceError(EmproxError):
    """A search space declaration that breaks a rule."""


class InvalidStudyError(EmproxError):
    """A study declaration that breaks a rule."""


class IndexedError(EmproxError):
    """Something is wrong with some items of a batch.

    Args:
        errors: what is wrong, by the index of the item in its batch.
    """

    def __init__(self, message: str, errors: Mapping[int, str]) -> None:
        super().__init__(message)
        self.errors = dict(errors)


class InvalidObservationsError(IndexedError):
    """Some observations of a batch break a rule; none of the batch was stored."""


class ObservationConflictError(IndexedError):
    """An observation id is taken by another content; none of the batch was stored."""


class InvalidCorrectionsError(IndexedError):
    """Some corrections of a batch break a rule; none of the batch was made."""


class ObservationNotFoundError(IndexedError):
    """Some corrections are of observations that are not there; none of the batch was made."""


class SuggestionNotFoundError(EmproxError):
    """No suggestion has this id."""


class SuggestionExpiredError(EmproxError):
    """A suggestion that nobody answered in time."""


class UnknownStudyError(EmproxError):
    """No study has this name."""


class UnknownSpaceError(EmproxError):
    """No search space has this name."""


class UnknownEncoderError(EmproxError):
    """The search space has no such version of its encoder."""


class SwitchUnderWayError(EmproxError):
    """The study is being switched to another encoder already."""


class UnknownMetricError(EmproxError):
    """The study does not record this metric."""


class SpaceNotFoundError(EmproxError):
    """No search space has the name that it was asked for by."""


class StudyConflictError(EmproxError):
    """A study of this name exists and is declared otherwise."""


class SpaceConflictError(EmproxError):
    """A search space of this name is declared otherwise and in use, or comes with the program."""


class NoObservationsError(EmproxError):
    """Nothing was observed yet that an estimate could rest on."""


class RevisionNotReachedError(EmproxError):
    """The caller asks for a revision of the study that is not here yet."""


class OverloadedError(EmproxError):
    """More work waits than the service takes on; the same request may go through in a moment."""


class NotReadyError(EmproxError):
    """The service cannot answer yet, or can no longer store."""


class CheckpointError(EmproxError):
    """A trained encoder that cannot be used: damaged, of another vocabulary, or of another format."""


class StoreError(EmproxError):
    """The data directory or its database cannot be used."""


class UncertainStoreError(StoreError):
    """The database was lost before it said whether a write was done: the same again, by its ids, is harmless."""


class UnsafeStoreError(StoreError):
    """The disk did not say that a write is safe; asked again, it may say so of one that is lost."""


class UnauthorizedError(EmproxError):
    """No key was sent, or one that is none."""


class ForbiddenError(EmproxError):
    """The key is for something else."""


class TooManyAttemptsError(EmproxError):
    """Too many wrong keys come at the same time."""


class KeyFileError(EmproxError):
    """The keys cannot be read or written."""
