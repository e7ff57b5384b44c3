"""The predictor as routes find it: there once it is loaded."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import Depends, Request

from app.dashboard.activity import Activity
from app.dashboard.dashboard import Dashboard
from app.domain.architecture import Notation
from app.domain.errors import NotReadyError
from app.domain.remembering import Remembered
from app.predictor.predictor import Predictor
from app.predictor.vitals import Vitals

_log = logging.getLogger(__name__)

Rehearse = Callable[[Sequence[tuple[str, Notation]]], Awaitable[None]]
"""Given studies, and what was trained in each."""


class Service:
    """Loads a predictor while the server already answers `/health/live`.

    Args:
        rehearse: asks it for a few estimates as clients will, given what is trained; on the event loop.
        loaded: called once it is, before the first request is answered; may block.
    """

    def __init__(self, predictor: Predictor, rehearse: Rehearse, loaded: Callable[[], None]) -> None:
        self._predictor = predictor
        self._rehearse = rehearse
        self._when_loaded = loaded
        self._reason = "the studies are being loaded: try again in a moment"
        self._loaded = False
        self._dashboard = Dashboard(predictor.views)

    async def load(self) -> None:
        """Load the studies; until then requests are refused."""
        try:
            await asyncio.to_thread(self._predictor.load)
            await asyncio.to_thread(self._predictor.warm_up)
            await self._rehearse(await asyncio.to_thread(self._predictor.samples))
            self._predictor.forget_times()
            await asyncio.to_thread(self._when_loaded)
        except Exception as err:
            self._reason = f"the studies cannot be loaded: {err}"
            _log.exception("studies not loaded")
            raise
        self._loaded = True

    async def follow_encoders(self, every_s: float) -> None:
        """Serve each encoder that is trained meanwhile; runs until it is cancelled."""
        while True:
            await asyncio.sleep(every_s)
            if self._loaded:
                try:
                    await self._predictor.spaces.refresh_encoders()
                except Exception:  # noqa: BLE001  # looked for again in a moment
                    _log.exception("encoders not taken over, the old ones serve")

    @property
    def loaded(self) -> bool:
        """Whether the studies are."""
        return self._loaded

    @property
    def unsafe(self) -> bool:
        """Whether the disk failed to confirm a write, and the process should end."""
        return self._predictor.write_health.unsafe

    def vitals(self) -> Vitals:
        """How the predictor fares, also before anything is loaded."""
        return self._predictor.vitals()

    @property
    def listeners(self) -> int:
        """How many listen to what changes, of MAX_LISTENERS at most."""
        return self._dashboard.events.n_listeners

    @property
    def remembered(self) -> list[Remembered]:
        """What is kept for the page, also before anything is loaded."""
        return self._dashboard.remembered

    @property
    def activity(self) -> Activity:
        """Who asks for what, also before anything is loaded."""
        return self._dashboard.activity

    def end_streams(self) -> None:
        """End the streams of those who listen, which the server would wait for."""
        self._dashboard.events.end()

    async def close(self) -> None:
        """Finish what was begun and release the store."""
        await self._dashboard.close()
        await asyncio.to_thread(self._predictor.close)

    @property
    def encoders(self) -> dict[str, str]:
        """Version and kind of the encoder of each search space, known before the studies are."""
        return {
            space.name: f"{space.encoder} ({space.encoder_kind})" for space in self._predictor.spaces.describe_all()
        }

    @property
    def predictor(self) -> Predictor:
        """The loaded predictor.

        Raises:
            NotReadyError: it is not loaded.
        """
        self._raise_unless_loaded()
        return self._predictor

    @property
    def dashboard(self) -> Dashboard:
        """What those look at who look at the loaded predictor.

        Raises:
            NotReadyError: it is not loaded.
        """
        self._raise_unless_loaded()
        return self._dashboard

    def check(self) -> None:
        """Pass when the service can answer and store.

        Raises:
            NotReadyError: it cannot; says why.
        """
        self.predictor.check()

    def _raise_unless_loaded(self) -> None:
        if not self._loaded:
            raise NotReadyError(self._reason)


async def _predictor(request: Request) -> Predictor:
    service: Service = request.app.state.service
    return service.predictor


LoadedPredictor = Annotated[Predictor, Depends(_predictor)]


async def _dashboard(request: Request) -> Dashboard:
    service: Service = request.app.state.service
    return service.dashboard


LoadedDashboard = Annotated[Dashboard, Depends(_dashboard)]
