"""What changes in studies, told to those who look, as it happens."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from app.dashboard.activity import Activity
from app.domain.errors import OverloadedError
from app.predictor.views import Glance, Views

MAX_LISTENERS = 100
LOOK_S = 0.5
ACTIVITY_S = 2.0  # between two events that requests came
HEARTBEAT_S = 15.0  # proxies cut connections on which nothing comes for a minute


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell; without a name it only says that the connection lives."""

    name: str | None
    data: dict[str, Any] = field(default_factory=dict)


class Listener:
    """Someone who looks at a study; to be closed. Only the last event of each name waits to be told."""

    def __init__(self, events: "Events", views: Views, activity: Activity, glance: Glance) -> None:
        self._events = events
        self._views = views
        self._activity = activity
        self._requests = activity.requests(glance.study)
        self._counted_at = -ACTIVITY_S
        self._glance = glance
        self._waiting = {"study": _told(glance)}
        self._something = asyncio.Event()
        self._over = False

    def look(self) -> None:
        """Take note of how the study is now."""
        now = self._views.glance_again(self._glance)
        if now is None or now.created_at != self._glance.created_at:
            self._tell(Event("gone", {"study": self._glance.study}))
            self.end()
            return
        if now != self._glance:
            self._glance = now
            self._tell(_told(now))
        self._look_at_activity()

    def end(self) -> None:
        """Nothing more comes but what waits."""
        self._over = True
        self._something.set()

    def close(self) -> None:
        """Listen no more."""
        self._events.leave(self)

    async def events(self) -> AsyncIterator[Event]:
        """How the study is, and then each change, until nothing more comes."""
        while True:
            waiting, self._waiting = self._waiting, {}
            for event in waiting.values():
                yield event
            if not self._waiting:
                if self._over:
                    return
                self._something.clear()
                try:
                    await asyncio.wait_for(self._something.wait(), HEARTBEAT_S)
                except TimeoutError:
                    yield Event(None)

    def _look_at_activity(self) -> None:
        requests, now = self._activity.requests(self._glance.study), time.monotonic()
        if requests != self._requests and now - self._counted_at >= ACTIVITY_S:
            self._requests, self._counted_at = requests, now
            self._tell(Event("activity", {"requests": requests}))

    def _tell(self, event: Event) -> None:
        self._waiting[str(event.name)] = event
        self._something.set()


class Events:
    """Looks at the studies that someone listens to, in one task for all; belongs to the event loop."""

    def __init__(self, views: Views, activity: Activity) -> None:
        self._views = views
        self._activity = activity
        self._listeners: set[Listener] = set()
        self._looking: asyncio.Task[None] | None = None
        self._ended = False

    @property
    def n_listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    async def listen(self, name: str) -> Listener:
        """Begin to listen.

        Raises:
            UnknownStudyError: there is no such study.
            OverloadedError: too many listen, or too much waits.
        """
        glance = await self._views.glance(name)
        if len(self._listeners) >= MAX_LISTENERS:
            raise OverloadedError(f"{MAX_LISTENERS} listen already: close a page that nobody looks at")
        listener = Listener(self, self._views, self._activity, glance)
        if self._ended:
            listener.end()
        self._listeners.add(listener)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return listener

    def leave(self, listener: Listener) -> None:
        """Tell a listener nothing more."""
        self._listeners.discard(listener)
        if not self._listeners and self._looking:
            self._looking.cancel()
            self._looking = None

    def end(self) -> None:
        """The server stops: whoever listens has heard everything."""
        self._ended = True
        for listener in self._listeners:
            listener.end()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for listener in list(self._listeners):
                listener.look()


def _told(glance: Glance) -> Event:
    return Event(
        "study",
        {
            "study": glance.study,
            "revision": glance.revision,
            "observations": glance.observations,
            "encoder": glance.encoder,
            "encoder_kind": glance.encoder_kind,
            "fitted_observations": dict(glance.fitted),
        },
    )
