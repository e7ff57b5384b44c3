"""What no answer can be faster than: FastAPI that only validates and echoes, and uvicorn that only answers."""

from typing import Any

from emprox_client.schemas import PredictRequest
from fastapi import FastAPI

echo = FastAPI(openapi_url=None)


@echo.get("/health/ready")
async def ready() -> dict[str, str]:
    """That it is up."""
    return {"status": "ready"}


@echo.post("/predict")
async def predict(request: PredictRequest) -> PredictRequest:
    """The request, validated."""
    return request


async def hello(scope: dict[str, Any], _receive: object, send: Any) -> None:
    """The same five bytes, whatever is asked."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"hello"})
