"""A search space of choices, as its declaration says."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import INPUT, OUTPUT, Graph
from app.spaces.declared.choices_declaration import ChoicesDeclaration, Value, Variable, has, key, quoted, text
from app.spaces.declared.messages import listed, shown
from app.spaces.space import Choice, Vocabulary

_FORM = '{"choices": {"<variable>": <value>, ...}}'
_Choices = dict[str, Value]


class DeclaredChoicesSpace:
    """A search space of choices. Its graphs are stars: input, one vertex "name=value" per active variable, output.

    Args:
        name: as studies name it.
        declaration: what its architectures are.
    """

    def __init__(self, name: str, declaration: ChoicesDeclaration) -> None:
        self.name = name
        self.cell_names = ("choices",)
        self.declaration = declaration
        self._variables = {variable.name: variable for variable in declaration.variables}
        self._values = {
            variable.name: {key(value): value for value in variable.values} for variable in declaration.variables
        }
        # By the operation of its vertex, what was chosen.
        self._chosen = {
            variable.operation(value): (variable.name, value)
            for variable in declaration.variables
            for value in variable.values
        }
        choices = tuple(
            Choice(variable.name, tuple(text(value) for value in variable.values), variable.ordered)
            for variable in declaration.variables
        )
        self.vocabulary = Vocabulary(tuple(self._chosen), identity=None, convolutions=(), choices=choices)

    def parse(self, notation: object) -> Architecture:
        """The architecture written as `{"choices": {"kernel": 5, ...}}`, with a value for each active variable.

        Raises:
            InvalidArchitectureError: it is none of this space; says which choice is wrong and what is allowed.
        """
        given = notation.get("choices") if isinstance(notation, dict) and len(notation) == 1 else None
        if not isinstance(given, dict):
            raise InvalidArchitectureError(
                f"an architecture of this space is written {_FORM}, not as {shown(notation)}"
            )
        for name in given:
            if name not in self._variables:
                raise InvalidArchitectureError(
                    f"variable {shown(name)} is not one of the {len(self._variables)} of this space: "
                    f"{listed(self._variables)}"
                )
        choices: _Choices = {}
        for variable in self.declaration.variables:
            if variable.is_active(choices):
                choices[variable.name] = self._chosen_value(variable, given)
            elif variable.name in given:
                raise InvalidArchitectureError(
                    f"{variable.name!r} is a choice under a condition that is not met: {_unmet(variable, choices)}; "
                    "leave it out"
                )
        return self._architecture(choices)

    def from_cells(self, cells: Sequence[Graph]) -> Architecture | None:
        """The choices of a star that has a vertex for each active variable; None of another graph."""
        if len(cells) != 1:
            return None
        operations = cells[0].operations[1:-1]
        if cells[0] != _star(operations) or not {*operations} <= self._chosen.keys():
            return None
        choices = dict(self._chosen[operation] for operation in operations)
        if len(choices) < len(operations):
            return None
        try:
            return self.parse({"choices": choices})
        except InvalidArchitectureError:
            return None

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A value for each active variable, drawn uniformly, one variable after the other."""
        return self._architecture(self._completed({}, rng))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """The architecture with another value of one variable, which is the next or previous one of a scale.

        Variables that become active are drawn, and those that no longer are leave. There is always a variable to
        change: of those with several values, the first depends on none such, and so is active.
        """
        before = self._read(architecture)
        free = [name for name in before if len(self._variables[name].values) > 1]
        name = free[rng.integers(len(free))]
        values = self._variables[name].values
        place = [key(value) for value in values].index(key(before[name]))
        others = [i for i in range(len(values)) if i != place]
        if self._variables[name].ordered:
            others = [i for i in others if abs(i - place) == 1]
        after = {**before, name: values[others[rng.integers(len(others))]]}
        return self._architecture(self._completed(after, rng))

    def enumerate(self) -> Iterator[Architecture]:
        """Every assignment, the last variable changing fastest."""
        return map(self._architecture, self._every_choice({}, 0))

    def cost(self, cells: Sequence[Graph]) -> None:  # noqa: ARG002 (the protocol's)
        """A declaration says nothing of parameters and FLOPs."""
        return

    def _chosen_value(self, variable: Variable, given: Mapping[str, object]) -> Value:
        allowed = self._values[variable.name]
        if variable.name not in given:
            raise InvalidArchitectureError(
                f"variable {variable.name!r} is active and has no value: choose one of "
                f"{listed(map(quoted, allowed.values()))}"
            )
        value = given[variable.name]
        if not isinstance(value, (str, int, float)) or key(value) not in allowed:
            raise InvalidArchitectureError(
                f"{shown(value)} is not a value of variable {variable.name!r}: choose one of "
                f"{listed(map(quoted, allowed.values()))}"
            )
        return allowed[key(value)]

    def _architecture(self, choices: _Choices) -> Architecture:
        operations = [self._variables[name].operation(value) for name, value in choices.items()]
        return Architecture.of([_star(operations)], {"choices": {**choices}})

    def _read(self, architecture: Architecture) -> _Choices:
        """The choices of an architecture, by way of its vertices: their operations tell name and value."""
        operations = {*architecture.cells[0].operations[1:-1]}
        return dict(chosen for operation, chosen in self._chosen.items() if operation in operations)

    def _completed(self, given: Mapping[str, Value], rng: np.random.Generator) -> _Choices:
        """The given values of the active variables, and drawn ones of the others."""
        choices: _Choices = {}
        for variable in self.declaration.active(choices):
            if variable.name in given:
                choices[variable.name] = given[variable.name]
            else:
                choices[variable.name] = variable.values[rng.integers(len(variable.values))]
        return choices

    def _every_choice(self, choices: _Choices, place: int) -> Iterator[_Choices]:
        variables = self.declaration.variables
        while place < len(variables) and not variables[place].is_active(choices):
            place += 1
        if place == len(variables):
            yield choices
            return
        for value in variables[place].values:
            yield from self._every_choice({**choices, variables[place].name: value}, place + 1)


def _star(operations: Sequence[str]) -> Graph:
    """Graph of shape input -> each operation -> output."""
    output = len(operations) + 1
    out = [(0, vertex) for vertex in range(1, output)]
    return Graph((INPUT, *operations, OUTPUT), (*out, *((vertex, output) for vertex in range(1, output))))


def _unmet(variable: Variable, choices: Mapping[str, Value]) -> str:
    """The first condition that does not hold, and why."""
    other, values = next(
        (other, values) for other, values in variable.when if other not in choices or not has(values, choices[other])
    )
    why = f"not {quoted(choices[other])}" if other in choices else "which has no value here either"
    return f"it exists when {other!r} is {listed(map(quoted, values))}, {why}"
