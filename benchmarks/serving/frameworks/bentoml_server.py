"""The function in BentoML: `python -m bentoml serve benchmarks.serving.frameworks.bentoml_server:Estimates`."""

from typing import Any

import bentoml

from benchmarks.serving.frameworks.function import opened


@bentoml.service(workers=1, traffic={"timeout": 600})  # type: ignore[misc]
class Estimates:
    """One worker process, as we have one."""

    def __init__(self) -> None:
        self._answer = opened()

    @bentoml.api(route="/predict")  # type: ignore[misc]
    async def predict(self, study: str, candidates: list[Any]) -> dict[str, Any]:
        """The answer, which BentoML encodes."""
        answer: dict[str, Any] = await self._answer({"study": study, "candidates": candidates})
        return answer
