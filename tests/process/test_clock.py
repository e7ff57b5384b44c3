"""The order of observations is that of revisions, whatever the clock says."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .cells import trained
from .server_process import ServerProcess, serving
from .test_crash import numbers

SHIFTED_CLOCK = Path(__file__).with_name("shifted_clock.c")
DAY = 86_400


@pytest.fixture
def shift(tmp_path: Path) -> Path:
    """The file that says by how many seconds the clock is off."""
    return tmp_path / "shift"


@pytest.fixture
def shifted(tmp_path: Path, shift: Path) -> dict[str, str]:
    """Settings of a server whose clock is off."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    library = tmp_path / "shifted_clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, SHIFTED_CLOCK, "-ldl"], check=True)  # noqa: S603
    return {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(shift), "TZ": "Pacific/Kiritimati"}


def observations(server: ServerProcess) -> list[dict[str, Any]]:
    """As the server lists them, newest first."""
    found: list[dict[str, Any]] = server.http.get("/studies/default/observations").json()["observations"]
    return found


def test_a_clock_that_goes_back_changes_no_order_and_loses_nothing(
    tmp_path: Path, shifted: dict[str, str], shift: Path
) -> None:
    with serving(tmp_path / "data", None, **shifted) as server:
        for n, seconds in enumerate([0, -DAY, DAY, -400 * DAY, 0]):
            shift.write_text(str(seconds))
            assert server.observe(trained(n + 1)[n:]) == [True]
        listed = observations(server)
        streamed = server.http.get("/studies/default/observations", headers={"Accept": "application/x-ndjson"}).text
        again = server.observe(trained(5))
        before = server.predict([trained(9)[8]["architecture"]])

    assert [each["revision"] for each in listed] == [5, 4, 3, 2, 1]
    assert [json.loads(line)["revision"] for line in streamed.splitlines()[1:]] == [1, 2, 3, 4, 5]
    assert again == [False] * 5
    times = [datetime.fromisoformat(each["observed_at"]) for each in reversed(listed)]
    assert [round((time - times[0]) / timedelta(days=1)) for time in times] == [0, -1, 1, -400, 0]

    shift.write_text(str(-1000 * DAY))
    with serving(tmp_path / "data", None, **shifted) as server:
        assert [each["revision"] for each in observations(server)] == [5, 4, 3, 2, 1]
        after = server.predict([trained(9)[8]["architecture"]])
        assert server.study().revision == 5
    np.testing.assert_allclose(numbers(after), numbers(before), rtol=0, atol=1e-6)


def test_times_are_in_utc_wherever_the_server_is(tmp_path: Path, shifted: dict[str, str]) -> None:
    with serving(tmp_path / "data", None, **shifted) as server:
        server.observe(trained(1))
        (told,) = observations(server)

    assert told["observed_at"].endswith(("Z", "+00:00"))
    assert abs(datetime.fromisoformat(told["observed_at"]) - datetime.now(UTC)) < timedelta(minutes=5)
