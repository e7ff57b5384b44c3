"""The function in LitServe: `python -m benchmarks.serving.frameworks.litserve_server PORT`."""

import asyncio
import sys
from typing import Any

import litserve

from benchmarks.serving.frameworks.function import opened


class Estimates(litserve.LitAPI):  # type: ignore[misc]
    """One worker process, as we have one."""

    def setup(self, device: str) -> None:
        """Load the study, in the worker."""
        del device
        self._answer = opened()
        self._runner = asyncio.Runner()

    def decode_request(self, request: dict) -> Any:  # type: ignore[type-arg]  # LitServe looks at the very type
        """The body, which LitServe has decoded."""
        return request

    def predict(self, body: Any) -> Any:
        """The answer."""
        return self._runner.run(self._answer(body))  # type: ignore[arg-type]

    def encode_response(self, answer: Any) -> Any:
        """The answer, which LitServe encodes."""
        return answer


if __name__ == "__main__":
    server = litserve.LitServer(
        Estimates(api_path="/predict"), accelerator="cpu", workers_per_device=1, healthcheck_path="/health/ready"
    )
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", generate_client_file=False)
