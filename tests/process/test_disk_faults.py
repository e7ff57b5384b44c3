"""A disk that is full, cannot be written or does not keep its word: nothing is acknowledged that is not stored."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from .cells import trained
from .server_process import ServerProcess, serving

FAILING_DISK = Path(__file__).with_name("failing_disk.c")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "emprox-test", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("this user may mount no file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S603, S607


@pytest.fixture
def failing_disk(tmp_path: Path) -> dict[str, str]:
    """Settings of a server whose disk fails as the file $FAILING_DISK says."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    library = tmp_path / "failing_disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, FAILING_DISK, "-ldl"], check=True)  # noqa: S603
    return {"LD_PRELOAD": str(library), "FAILING_DISK": str(tmp_path / "fails")}


def fill(place: Path) -> Path:
    """A file that takes all the room there is."""
    filler = place / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 65536):
            pass
    return filler


def status(server: ServerProcess, n: int) -> tuple[int, str]:
    """What the n-th observation is answered with, and the type of the problem."""
    response = server.http.post("/observe", json={"observations": trained(n + 1)[n:]})
    return response.status_code, response.json().get("type", "")


def is_ready(server: ServerProcess) -> bool:
    return server.http.get("/health/ready").status_code == 200


def test_a_full_disk_refuses_and_goes_on_by_itself_once_there_is_room(small_disk: Path) -> None:
    with serving(small_disk / "data", small_disk.with_name("server.log")) as server:
        server.observe(trained(20))
        filler = fill(small_disk)

        refused = [status(server, n) for n in range(20, 30)]

        assert (503, "store_unavailable") in refused
        stored = 20 + sum(code == 201 for code, _ in refused)
        if refused[-1][0] == 503:
            assert not is_ready(server)
        assert server.predict([trained(1)[0]["architecture"]]).revision == server.study().revision
        assert server.study().observations == stored

        filler.unlink()

        assert status(server, 40) == (201, "")
        assert is_ready(server)
        server.kill()

    with serving(small_disk / "data", small_disk.with_name("again.log")) as server:
        assert server.study().observations == stored + 1


def test_a_disk_that_became_read_only_refuses_and_goes_on_when_it_is_writable(
    tmp_path: Path, failing_disk: dict[str, str]
) -> None:
    with serving(tmp_path / "data", **failing_disk) as server:
        server.observe(trained(20))
        switch = Path(failing_disk["FAILING_DISK"])
        switch.write_text("w")

        assert status(server, 20) == (503, "store_unavailable")
        assert not is_ready(server)
        assert server.study().observations == 20

        switch.unlink()
        assert status(server, 20) == (201, "")
        assert is_ready(server)


def test_a_write_that_the_disk_does_not_confirm_ends_the_server_and_the_next_one_knows_what_is_there(
    tmp_path: Path, failing_disk: dict[str, str]
) -> None:
    with serving(tmp_path / "data", **failing_disk) as server:
        server.observe(trained(20))
        Path(failing_disk["FAILING_DISK"]).write_text("s")

        assert status(server, 20) == (503, "store_unavailable")

        assert server.process.wait(20) == 4
        assert "a write was not confirmed by the disk, the server ends" in server.log.read_text()

    with serving(tmp_path / "data") as server:
        assert 20 <= server.study().observations <= 21  # of what was not acknowledged, nobody knows
        assert not any(server.observe(trained(20)))
        assert is_ready(server)
