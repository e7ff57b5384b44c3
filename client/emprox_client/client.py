"""The client for plain code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeVar

import httpx
from tenacity import Retrying

from emprox_client.answers import VERSION_CALL, body, explained, is_unknown_to_server, transport_error
from emprox_client.call import Call, Outcome, Plan
from emprox_client.errors import EmProxError
from emprox_client.methods import bound_to, method
from emprox_client.requests import observing, predicting, server, studies, suggesting
from emprox_client.retries import CONCURRENT, deadline, policy, seconds_left
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
        timeout: seconds that a request waits for its answer.
        total_timeout: seconds that a call may take with its retries; 0 for no retries.
        transport: of httpx, in the place of the network.

    Raises:
        SettingsError: the URL or the key cannot be one.
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
        timeout: float = 30.0,
        total_timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = settings(url, api_key, timeout, total_timeout)
        self._http = httpx.Client(transport=transport, **self._settings.http())

    def study(self, name: str) -> StudyHandle:
        """The methods of one study."""
        return StudyHandle(self, name)

    def send(self, plan: Plan[T]) -> T:
        """What the plan reads from the answers."""
        return plan.read(self._outcomes(plan))

    def bound(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments as they are."""
        return arguments

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Client:
        """The client, closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client of {self._settings.url}>"

    def _outcomes(self, plan: Plan[Any]) -> list[Outcome]:
        until = deadline(plan, self._settings.total_timeout)
        if len(plan.calls) == 1:
            return [self._outcome(plan.calls[0], until)]
        with ThreadPoolExecutor(CONCURRENT) as threads:
            return list(threads.map(lambda call: self._outcome(call, until), plan.calls))

    def _outcome(self, call: Call, until: float) -> Outcome:
        outcome = self._tried(call, until)
        if is_unknown_to_server(outcome):
            return explained(call, self._settings.url, outcome, self._tried(VERSION_CALL, until))
        return outcome

    def _tried(self, call: Call, until: float) -> Outcome:
        try:
            return Retrying(**policy(call, until))(self._attempt, call, until)
        except EmProxError as err:
            return err

    def _attempt(self, call: Call, until: float) -> bytes:
        try:
            response = self._http.request(**self._settings.request(call, seconds_left(until)))
        except httpx.RequestError as err:
            raise transport_error(self._settings.url, err) from err
        return body(call, response)


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
