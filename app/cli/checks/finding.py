"""What a check found."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer.

    Args:
        told: what was looked at, or what is wrong with it and what to do.
    """

    what: str
    ok: bool
    told: str

    @property
    def line(self) -> str:
        """As it is printed."""
        return f"{'ok   ' if self.ok else 'WRONG'} {self.what}: {self.told}"


def found(what: str, problems: Sequence[str], fine: str, way_out: str) -> Finding:
    """A finding: the first of the problems with the way out, or that there are none."""
    if not problems:
        return Finding(what, True, fine)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Finding(what, False, f"{problems[0]}{more}: {way_out}")
