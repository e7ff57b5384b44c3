"""All that the page looks at, beside the studies themselves."""

from app.dashboard.activity import Activity
from app.dashboard.events import Events
from app.dashboard.map import Maps
from app.dashboard.timeline import Timelines
from app.domain.remembering import Remembered
from app.predictor.views import Views


class Dashboard:
    """What is kept in memory for those who look.

    Attributes:
        timelines: belong to the lane of reads.
        activity, events: belong to the event loop.
    """

    def __init__(self, views: Views) -> None:
        self.timelines = Timelines()
        self.maps = Maps(views, self.timelines)
        self.activity = Activity(views.known)
        self.events = Events(views, self.activity)

    @property
    def remembered(self) -> list[Remembered]:
        """What is kept of studies for those who look. On any thread."""
        return [self.timelines.remembered, *self.maps.remembered]

    async def close(self) -> None:
        """End what nobody is going to look at."""
        self.events.end()
        await self.maps.close()
