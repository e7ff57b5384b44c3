"""What a server survives: `make test-faults`, half an hour, or as many kills and as long a soak as you ask for.

Kills a server under load at random moments, lets many ask one that grows, and lets one serve for a while; tells what
was lost, how many were refused, and what grew. `python -m benchmarks.worst` has the graphs that cost most.
"""

import argparse
import tempfile
from pathlib import Path

from app.bootstrap import limit_threads
from benchmarks.faults.crowd import crowd
from benchmarks.faults.kills import kills
from benchmarks.faults.soak import soak
from benchmarks.report import publish


def main() -> None:
    """Do everything, publish it, and end with status 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="default 200, of 4 seconds each")
    parser.add_argument("--soak-minutes", type=float, default=30, help="default 30; 0 for none")
    parser.add_argument("--crowd-seconds", type=float, default=60, help="of many who ask at once; default 60")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--print", action="store_true", help="print, and leave RESULTS.md as it is")
    arguments = parser.parse_args()
    limit_threads()
    with tempfile.TemporaryDirectory() as folder:
        parts = [kills(Path(folder) / "kills", arguments.kills, arguments.seed)]
        parts.append(crowd(Path(folder) / "crowd", arguments.crowd_seconds))
        if arguments.soak_minutes:
            parts.append(soak(Path(folder) / "soak", arguments.soak_minutes))
    told = "\n\n".join(parts)
    if arguments.print:
        print(told)
    else:
        command = f"python -m benchmarks.faults --kills {arguments.kills} --soak-minutes {arguments.soak_minutes:g}"
        publish("faults", "What it survives", command, told)


if __name__ == "__main__":
    main()
