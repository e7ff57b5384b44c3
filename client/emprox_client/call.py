"""What is to be sent, and what is made of the answers: shared by both clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, Union

from pydantic import BaseModel, ValidationError

from emprox_client.errors import EmProxError, UnreadableAnswerError
from emprox_client.version import VERSION

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Call:
    """One HTTP request.

    Args:
        path: below the URL of the server.
        content: JSON; None for no body.
        repeatable: whether it does no harm to send it again when it is not known if it was done.
        items: the indices, in the list that the caller gave, of what the body holds.
        observations: those that the body holds, each with its id.
        study: that they are of.
    """

    method: str
    path: str
    content: bytes | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    repeatable: bool = True
    items: range = range(0)
    observations: Sequence[Mapping[str, Any]] = ()
    study: str = ""


class Journaled:
    """In the place of an answer: the observations wait in the journal."""


# The body of an answer, or why there is none.
Outcome = Union[bytes, Journaled, EmProxError]


@dataclass(frozen=True)
class Plan(Generic[T]):
    """Requests that are one call of the user's, sent side by side.

    Args:
        read: what the user gets, from an outcome for each request; it raises what is to be raised.
    """

    calls: Sequence[Call]
    read: Callable[[Sequence[Outcome]], T]

    @property
    def observes(self) -> bool:
        """Whether it stores observations."""
        return bool(self.calls[0].observations)


def asking(call: Call, answer: type[M]) -> Plan[M]:
    """The plan of one request."""
    return Plan([call], lambda outcomes: parsed(answer, outcomes[0]))


def parsed(model: type[M], outcome: Outcome) -> M:
    """An answer; fields that this client does not know are those of a newer server, and left out.

    Raises:
        UnreadableAnswerError: it is no such answer.
        EmProxError: the outcome, where it is one.
    """
    if isinstance(outcome, EmProxError):
        raise outcome
    assert isinstance(outcome, bytes)  # noqa: S101  # only observations are journaled, and who reads those knows
    try:
        return model.model_validate_json(outcome, extra="ignore")
    except ValidationError as err:
        first = err.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise _unreadable(f"the answer is no {model.__name__}", f"{where}: {first['msg']}") from err


def one_for_each(call: Call, name: str, answered: Sequence[T]) -> Sequence[T]:
    """What the server answers to the items that were sent.

    Raises:
        UnreadableAnswerError: it is not one for each.
    """
    if len(answered) != len(call.items):
        raise _unreadable("the answer is none", f"{len(answered)} {name} for the {len(call.items)} that were sent")
    return answered


def _unreadable(what: str, why: str) -> UnreadableAnswerError:
    return UnreadableAnswerError(
        f"{what} that emprox-client {VERSION} can read ({why}): "
        "upgrade the client if the server is newer, and check the URL if it is not EmProx Server"
    )
