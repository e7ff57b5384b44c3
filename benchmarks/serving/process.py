"""What a process takes."""

import os
import re
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def resident_gb(pid: int) -> float:
    """Memory that it holds now, in 10^9 bytes."""
    return _status(pid, "VmRSS")


def own_gb(pid: int) -> float:
    """The part of it that is no page of a file, which the system could take back, in 10^9 bytes."""
    return _status(pid, "RssAnon")


def processor_seconds(pid: int, *, ended: bool = False) -> float:
    """Time that its threads have spent on processors.

    Args:
        ended: with its children that have ended.
    """
    # Behind the name, which may hold blanks: utime, stime, cutime and cstime are fields 14 to 17.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if ended else 13])) / _TICKS


def _status(pid: int, field: str) -> float:
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    if not found:
        raise SystemExit(f"process {pid} is gone")
    return int(found[1]) * 1024 / 1e9
