"""What a process takes."""

import re
from pathlib import Path


def resident_gb(pid: int) -> float:
    """Memory that it holds now, in 10^9 bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    if not found:
        raise SystemExit(f"process {pid} is gone")
    return int(found[1]) * 1024 / 1e9
