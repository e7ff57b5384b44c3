"""What a run measures, and for how long."""

from dataclasses import dataclass, field
from pathlib import Path

MANY = 1_000  # candidates of a large request: as many as one may have


@dataclass(frozen=True, slots=True)
class Options:
    """What a run measures.

    Args:
        sizes: observations of the studies.
        rounds: of everything, in turns: the machine may be shared.
        seconds: of each run of wrk.
        clients: that ask at once.
        space: search space of the studies.
        large: observations of the large study.
        litserve: a Python that has LitServe beside what the server needs; None leaves it out.
        bentoml: the same of BentoML.
        folder: where data directories are made.
    """

    folder: Path
    sizes: tuple[int, ...] = (100, 500, 10_000)
    rounds: int = 3
    seconds: float = 2.0
    clients: tuple[int, ...] = (1, 8, 32)
    space: str = "nasbench101"
    large: int = 1_000_000
    litserve: str | None = None
    bentoml: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a part has measured.

    Args:
        tables: in Markdown.
        targets: by the name that `targets.py` has for each.
    """

    tables: str
    targets: dict[str, float] = field(default_factory=dict)
