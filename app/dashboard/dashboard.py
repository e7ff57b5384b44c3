"""All that the page looks at, beside the studies themselves."""

from dataclasses import dataclass, field

from app.dashboard.timeline import Timelines


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What is kept in memory for those who look.

    Args:
        timelines: belong to the lane of reads.
    """

    timelines: Timelines = field(default_factory=Timelines)
