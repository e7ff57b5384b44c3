"""From a declaration to the search space that it declares."""

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.choices_declaration import ChoicesDeclaration
from app.spaces.declared.choices_space import DeclaredChoicesSpace
from app.spaces.declared.fields import SPACE_NAME
from app.spaces.declared.graph_space import DeclaredGraphSpace
from app.spaces.declared.messages import shown
from app.spaces.declared.reading import Declaration
from app.spaces.space import SearchSpace


def declared_space(name: str, declaration: Declaration) -> SearchSpace:
    """The search space of a declaration.

    Args:
        name: 1 to 64 of `a-z 0-9 . _ -`.

    Raises:
        InvalidSpaceError: the name breaks the rule.
    """
    if not SPACE_NAME.fullmatch(name):
        raise InvalidSpaceError(
            f"space name {shown(name)} is not 1 to 64 characters of a-z 0-9 . _ -, other than '.' and '..'"
        )
    if isinstance(declaration, ChoicesDeclaration):
        return DeclaredChoicesSpace(name, declaration)
    return DeclaredGraphSpace(name, declaration)
