"""The client for plain code."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any, TypeVar

import httpx

from emprox_client.call import Plan
from emprox_client.connection import BlockingConnection, finished
from emprox_client.exchange import Exchange
from emprox_client.journal import Journal
from emprox_client.methods import bound_to, method
from emprox_client.requests import observing, predicting, server, studies, suggesting
from emprox_client.requests.names import named
from emprox_client.settings import settings

T = TypeVar("T")


class _StudyMethods:
    """What can be asked of a study."""

    predict = method(predicting.predict)
    observe = method(observing.observe)
    observe_all = method(observing.observe_all)
    suggest = method(suggesting.suggest)
    renew = method(suggesting.renew)
    give_back = method(suggesting.give_back)
    declare = method(studies.declare)
    describe = method(studies.describe)
    exists = method(studies.exists)
    observations = method(studies.observations)
    quality = method(studies.quality)

    def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        raise NotImplementedError

    def bound(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments, with those that are given to each call."""
        raise NotImplementedError


class Client(_StudyMethods):
    """A connection to a server, for any number of threads; a process that forks makes its own.

        with Client("http://127.0.0.1:8000") as client:
            client.observe(architecture, {"val_accuracy": 93.1})
            print(client.predict(candidates))

    Its methods are of the study `default`, or of the one that `study=` names; `client.study("mobile")` has the same
    methods for one study.

    Args:
        url: default `EMPROX_URL`, or else http://127.0.0.1:8000.
        api_key: default `EMPROX_API_KEY`, or else none.
        worker: who asks, as the page of the server names it; default the address of this machine.
        timeout: seconds that a request waits for its answer.
        total_timeout: seconds after which nothing is repeated any more; 0 for no retries.
        journal: a file in which observations wait while the server is away, also for the next process that is given
            it; default none: `observe` raises then.
        transport: of httpx, in the place of the network.

    Raises:
        JournalError: the journal cannot be written.
        SettingsError: the URL, the key, the worker or a timeout cannot be one.
    """

    version = method(server.version)
    wait_until_ready = method(server.wait_until_ready)
    studies = method(server.studies)
    spaces = method(server.spaces)
    declare_space = method(server.declare_space)

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        worker: str | None = None,
        timeout: float = 30.0,
        total_timeout: float = 60.0,
        journal: str | os.PathLike[str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = settings(url, api_key, worker, timeout, total_timeout)
        kept = Journal(journal) if journal is not None else None
        http = httpx.Client(transport=transport, **self._settings.http())
        self._exchange = Exchange(self._settings, kept, BlockingConnection(http))

    def study(self, name: str) -> StudyHandle:
        """The methods of one study.

        Raises:
            InvalidRequestError: it is no name.
        """
        return StudyHandle(self, named(name))

    def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        return finished(self._exchange.send(plan))

    def flush(self) -> int:
        """Send what waits in the journal; returns how many were stored.

        Raises:
            EmProxError: why some still wait.
        """
        return finished(self._exchange.flush())

    def bound(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments as they are."""
        return arguments

    def close(self) -> None:
        """Try once to send what waits in the journal, and close the connections."""
        finished(self._exchange.close())

    def __enter__(self) -> Client:
        """The client, closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client of {self._settings.url}>"


class StudyHandle(_StudyMethods):
    """The methods of one study, such as `client.study("mobile").predict(candidates)`."""

    def __init__(self, client: Client, name: str) -> None:
        self.client, self.name = client, name

    def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        return self.client.send(plan)

    def bound(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments, with the study."""
        return bound_to(self.name, arguments)

    def __repr__(self) -> str:
        return f"<study {self.name!r} of {self.client!r}>"
