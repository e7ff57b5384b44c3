"""The search space that a command is asked for."""

from pathlib import Path
from typing import Annotated

import typer

from app.domain.errors import SpaceConflictError, UnknownSpaceError
from app.spaces.space import SearchSpace

SpaceOption = Annotated[
    str,
    typer.Option(
        metavar="NAME_OR_FILE",
        help="A search space of the program, or a file that declares one: blocks.yaml declares the space blocks.",
    ),
]


def space_of_option(name_or_file: str) -> SearchSpace:
    """The search space of this name, or the one that a file declares.

    Raises:
        UnknownSpaceError: it is neither.
        InvalidSpaceError: the file declares none.
        SpaceConflictError: the file has the name of a space of the program.
    """
    from app.spaces.declared.declaration_file import SUFFIXES
    from app.spaces.declared.folder import space_of_file
    from app.spaces.registry import get_space, space_names

    path = Path(name_or_file)
    if path.suffix in SUFFIXES:
        space, _ = space_of_file(path)
        if space.name in space_names():
            raise SpaceConflictError(f"{path}: search space {space.name!r} comes with this program: rename the file")
        return space
    try:
        return get_space(name_or_file)
    except UnknownSpaceError as err:
        raise UnknownSpaceError(f"{err}; one that you declare is named by its file, such as blocks.yaml") from err
