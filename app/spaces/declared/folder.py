"""A folder of declarations: each file declares the space of its name."""

from pathlib import Path

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.declaration_file import SUFFIXES, load_declaration
from app.spaces.declared.space import declared_space
from app.spaces.space import SearchSpace


def space_of_file(path: Path) -> tuple[SearchSpace, str]:
    """The space that a file declares, named as the file without its ending, and the normal form of its declaration.

    Raises:
        InvalidSpaceError: the file is no declaration, or its name is none for a space.
    """
    try:
        declaration = load_declaration(path)
        return declared_space(path.stem, declaration), declaration.to_json()
    except InvalidSpaceError as err:
        raise InvalidSpaceError(f"{path}: {err}") from err


def declarations_in(folder: Path) -> dict[str, tuple[Path, str]]:
    """File and normal form of every declaration in a folder, by the name of the space; other files are left alone.

    Raises:
        InvalidSpaceError: the folder cannot be read, a file is no declaration, or two declare one space.
    """
    found: dict[str, tuple[Path, str]] = {}
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    except OSError as err:
        raise InvalidSpaceError(f"folder of search spaces {folder} cannot be read: {err.strerror}") from err
    for path in paths:
        space, declaration = space_of_file(path)
        if space.name in found:
            first = found[space.name][0].name
            raise InvalidSpaceError(f"{first} and {path.name} in {folder} declare one search space: remove one")
        found[space.name] = path, declaration
    return found
