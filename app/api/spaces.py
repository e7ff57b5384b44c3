"""`PUT` and `GET /spaces`."""

from typing import Annotated

from emprox_client.schemas import Space, SpaceDeclaration, Spaces
from fastapi import APIRouter, Path, Response, status

from app.api import wire
from app.api.json_body import JsonRoute
from app.api.problems import BODY_PROBLEMS, BUSY_PROBLEMS, INVALID, documented
from app.api.service import LoadedPredictor
from app.domain.errors import CheckpointError, InvalidSpaceError, SpaceConflictError, SpaceNotFoundError, StoreError

router = APIRouter(prefix="/spaces", tags=["search spaces"], route_class=JsonRoute)

SpaceName = Annotated[str, Path(pattern=r"^[a-z0-9._-]{1,64}$", description="1 to 64 of `a-z 0-9 . _ -`.")]


@router.put(
    "/{name}",
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": Space, "description": "The space was there, and is declared like this now."},
        **documented(
            *BODY_PROBLEMS, InvalidSpaceError, SpaceConflictError, CheckpointError, StoreError, *BUSY_PROBLEMS
        ),
    },
)
async def declare(
    name: SpaceName, declaration: SpaceDeclaration, predictor: LoadedPredictor, response: Response
) -> Space:
    """Declare a search space; the answer comes, seconds later, when a study of it can answer.

    Repeating a declaration is harmless. A space can be declared otherwise until a study of it has an observation.
    """
    created = await predictor.spaces.declare(name, declaration.root)
    response.status_code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
    return wire.space(predictor.spaces.describe(name))


@router.get("", responses=documented(*BUSY_PROBLEMS))
async def list_spaces(predictor: LoadedPredictor) -> Spaces:
    """All search spaces, by name: those that come with the program, and those that were declared."""
    return Spaces(spaces=[wire.space(each) for each in predictor.spaces.describe_all()])


@router.get("/{name}", responses=documented(INVALID, SpaceNotFoundError, *BUSY_PROBLEMS))
async def describe(name: SpaceName, predictor: LoadedPredictor) -> Space:
    """One search space, with its declaration."""
    return wire.space(predictor.spaces.describe(name))
