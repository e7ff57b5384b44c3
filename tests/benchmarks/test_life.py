"""The benchmark of the life of a study."""

import httpx
import pytest

from benchmarks.life import _until


def test_a_switch_that_fails_ends_the_benchmark() -> None:
    answer = httpx.Response(200, json={"switch": {"stage": "failed", "error": "no such version"}})
    with httpx.Client(base_url="http://server", transport=httpx.MockTransport(lambda _: answer)) as http:
        asked: list[int] = []

        with pytest.raises(RuntimeError, match=r"the encoder was not switched: .*no such version"):
            _until(http, "/studies/large/encoder", lambda i: asked.append(i) if i < 60 else pytest.fail("it went on"))
