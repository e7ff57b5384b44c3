"""Load by clients that ask again as soon as they are answered: wrk, in a process of its own."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = Path(__file__).with_name("bodies.lua")
_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk saw.

    Args:
        answered: requests.
        seconds: that it took.
        median_ms: until an answer; wrk adds to what it measured the requests that a slow answer kept from being sent.
    """

    answered: int
    seconds: float
    median_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Requests that were answered in a second."""
        return self.answered / self.seconds


def load(url: str, bodies: Sequence[str], clients: int, seconds: float, *, again: bool) -> Load:
    """Post these bodies for a time, on as many connections as there are clients.

    Args:
        again: whether to begin anew after the last body; if not, there must be enough of them.

    Raises:
        SystemExit: wrk is missing, a request failed, or there were too few bodies.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(bodies))
        file.flush()
        command = [_program(), "--threads", "1", "--connections", str(clients), "--duration", f"{seconds:.0f}s"]
        command += ["--timeout", f"{_TIMEOUT_S}s", "--script", str(_SCRIPT), url, "--", file.name]
        result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # found by shutil
    try:
        found = parsed(result.stdout + result.stderr)
    except ValueError as err:
        raise SystemExit(f"{url} with {clients} clients for {seconds:.0f} s: {err}") from err
    if not again and found.answered > len(bodies):
        raise SystemExit(f"{found.answered} requests were answered in {seconds:.0f} s, with {len(bodies)} fresh bodies")
    return found


def parsed(output: str) -> Load:
    """What wrk and its script printed.

    Raises:
        ValueError: it failed, or a request did, or none was answered.
    """
    lines = [line for line in output.splitlines() if line.startswith('{"answered"')]
    if not lines:
        raise ValueError(f"wrk failed: {output.strip()}")
    told = json.loads(lines[-1])
    refused, broken = told.pop("refused"), told.pop("broken")
    if refused or broken or not told["answered"]:
        raise ValueError(f"{told['answered']} requests were answered, {refused} with an error; {broken} were not")
    return Load(**told)


def _program() -> str:
    found = shutil.which("wrk")
    if not found:
        raise SystemExit("wrk is not installed: apt-get install wrk (Debian, Ubuntu), brew install wrk (macOS)")
    return found
