"""Methods of the clients, made from the functions that plan requests: with their arguments, types and docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from emprox_client.call import Plan

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")

T = TypeVar("T")


class Sender(Protocol):
    """What sends plans and returns what they read."""

    def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        ...

    def bound(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments, with those that the sender gives to each call."""
        ...


class AsyncSender(Protocol):
    """What sends plans without blocking the event loop."""

    async def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        ...

    def bound(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments, with those that the sender gives to each call."""
        ...


def method(planned: Callable[P, Plan[T]]) -> Callable[Concatenate[Sender, P], T]:
    """A method that sends what the function plans."""

    @wraps(planned)
    def sending(self: Sender, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(planned(*args, **self.bound(kwargs)))

    return _with_self(sending, planned)


def async_method(planned: Callable[P, Plan[T]]) -> Callable[Concatenate[AsyncSender, P], Coroutine[Any, Any, T]]:
    """A coroutine method that sends what the function plans."""

    @wraps(planned)
    async def sending(self: AsyncSender, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(planned(*args, **self.bound(kwargs)))

    return _with_self(sending, planned)


M = TypeVar("M", bound=Callable[..., Any])


def _with_self(sending: M, planned: Callable[..., Any]) -> M:
    """The method with a signature that begins with `self`, so that `help` and notebooks show the others."""
    signature = inspect.signature(planned)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    answer = str(signature.return_annotation)[len("Plan[") : -1]
    parameters = [own, *signature.parameters.values()]
    sending.__signature__ = signature.replace(parameters=parameters, return_annotation=answer)  # type: ignore[attr-defined]
    return sending


def bound_to(study: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a call to one study.

    Raises:
        TypeError: they name another.
    """
    if "study" in arguments:
        raise TypeError(f"these methods are of study {study!r}: leave study= out, or call them on the client")
    return {**arguments, "study": study}
