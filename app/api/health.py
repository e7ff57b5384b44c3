"""Whether the service runs and can answer, and what runs."""

from importlib.metadata import version as installed_version

from emprox_client.schemas import Health, Version
from fastapi import APIRouter, Request

from app.api.problems import documented
from app.domain.errors import NotReadyError

router = APIRouter(tags=["operation"])


@router.get("/v2/health/live", summary="Live")
@router.get("/health/live")
async def live() -> Health:
    """The process is up. The second path is the one of the Open Inference Protocol."""
    return Health(status="ok")


@router.get("/v2/health/ready", summary="Ready", responses=documented(NotReadyError))
@router.get("/health/ready", responses=documented(NotReadyError))
async def ready(request: Request) -> Health:
    """The studies are loaded, and the last observation could be stored."""
    request.app.state.service.check()
    return Health(status="ok")


@router.get("/version")
async def version(request: Request) -> Version:
    """Version of the server, and of the encoder of each search space."""
    return Version(server=installed_version("emprox-server"), encoders=request.app.state.service.encoders)
