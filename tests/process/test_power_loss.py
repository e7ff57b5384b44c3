"""What is acknowledged is on the disk: seen in the system calls of a server that takes observations (Linux)."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .cells import trained
from .server_process import ServerProcess, serving

CALLS = "trace=pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg"


@contextmanager
def traced(server: ServerProcess, out: Path) -> Iterator[None]:
    """Note the calls of a server that write or wait for the disk, with the files that they are about."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    command = [strace, "-f", "-y", "-s", "64", "-e", CALLS, "-o", str(out), "-p", str(server.process.pid)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stderr
    if "attached" not in (told := process.stderr.readline()):
        pytest.skip(f"strace may not look here: {told}")
    time.sleep(0.5)  # until it follows all threads
    yield
    process.terminate()
    process.wait(30)
    process.stderr.close()


def steps(trace: str) -> list[str]:
    """What happened to the log of the database and what was answered, in order: "write", "sync" or "answer"."""
    found, waiting = [], {}
    for line in trace.splitlines():
        thread, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            waiting[thread] = call
            continue
        if call.startswith("<..."):  # it ends now
            call = waiting.pop(thread, "") + call
        if "emprox.sqlite3-wal>" in call and call.startswith("pwrite64"):
            found.append("write")
        elif "emprox.sqlite3-wal>" in call and call.startswith(("fdatasync", "fsync")) and call.endswith("= 0"):
            found.append("sync")
        elif re.search(r"HTTP/1\.1 201", call):
            found.append("answer")
    return found


def test_the_answer_to_an_observation_follows_the_sync_of_its_commit(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        server.observe(trained(1))  # what is done once only, is done
        with traced(server, tmp_path / "calls"):
            for start in range(1, 11):
                assert server.observe(trained(11)[start : start + 1]) == [True]

        seen = steps((tmp_path / "calls").read_text())

    rounds = "".join(each[0] for each in seen).split("a")[:-1]
    assert len(rounds) == 10
    for before_answer in rounds:
        assert re.fullmatch(r"w+s+", before_answer), seen
