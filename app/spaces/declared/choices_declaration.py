"""The declaration of a space of choices: variables, their values, and the conditions under which they exist."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.fields import checked_name
from app.spaces.declared.messages import listed, shown

MAX_VARIABLES = 128
MAX_VALUES = 64
_MAX_NUMBER = 2**53  # up to here every reader of JSON keeps whole numbers exactly

Value = str | int | float | bool


def normal_value(value: object, what: str) -> Value:
    """A value of a choice, whole numbers as int: 5.0 and 5 are one number in JSON.

    Raises:
        InvalidSpaceError: it is none; `what` it is begins the message.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return checked_name(value, what)
    if not isinstance(value, (int, float)):
        raise InvalidSpaceError(f"{what} {shown(value)} is not a string, a number, true or false")
    if not -_MAX_NUMBER <= value <= _MAX_NUMBER:  # NaN is not either
        raise InvalidSpaceError(f"{what} {shown(value)} is not a number from -2^53 to 2^53: write it as a string")
    return int(value) if value == int(value) else value


def key(value: Value) -> tuple[bool, Value]:
    """Equal for equal values as JSON has them: 5.0 is 5, but true is not 1, which it is in Python."""
    return isinstance(value, bool), value


def has(values: Iterable[Value], value: Value) -> bool:
    """Whether the value is one of these."""
    return key(value) in map(key, values)


def text(value: Value) -> str:
    """As the value stands in the operation "name=value"."""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def quoted(value: Value) -> str:
    """As the value stands in a message, where "5" and 5 must look different."""
    return shown(value) if isinstance(value, str) else text(value)


@dataclass(frozen=True, slots=True)
class Variable:
    """One choice.

    Args:
        name: as notations call it.
        values: what it can be, each once; whole numbers are ints.
        ordered: the values are steps of a scale, in this order.
        when: the variable exists where each of these, by name, exists and has one of these values.
    """

    name: str
    values: tuple[Value, ...]
    ordered: bool = False
    when: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    def operation(self, value: Value) -> str:
        """The name of the vertex of this choice."""
        return f"{self.name}={text(value)}"

    def is_active(self, choices: Mapping[str, Value]) -> bool:
        """Whether the variable exists beside the active ones before it."""
        return all(other in choices and has(values, choices[other]) for other, values in self.when)


@dataclass(frozen=True, slots=True)
class ChoicesDeclaration:
    """A space whose architectures are assignments of values to variables.

    Args:
        variables: each after those that its conditions name.

    Raises:
        InvalidSpaceError: a rule is broken; says which, and the way out.
    """

    variables: tuple[Variable, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.variables) <= MAX_VARIABLES:
            raise InvalidSpaceError(
                f"a space of choices has 1 to {MAX_VARIABLES} variables, not {len(self.variables)}: list them under "
                "'variables'"
            )
        # For each variable so far: the values that those that it depends on must have, so that it exists.
        needs: dict[str, dict[str, int]] = {}
        known: dict[str, Variable] = {}
        names = [variable.name for variable in self.variables]
        for variable in self.variables:
            if checked_name(variable.name, "variable", reserved=",;=") in known:
                raise InvalidSpaceError(f"variable {variable.name!r} is declared twice: give each a name of its own")
            _check_values(variable)
            needs[variable.name] = _needs(variable, known, needs, names)
            known[variable.name] = variable
        if all(len(variable.values) == 1 for variable in self.variables):
            raise InvalidSpaceError("the space has a single architecture: give a variable a second value")

    def to_json(self) -> str:
        """The declaration in a normal form, every default filled in: equal declarations give equal text.

        Only this tells true from 1, which Python takes for equal.
        """
        variables = [
            {"name": each.name, "values": each.values, "ordered": each.ordered, "when": dict(each.when)}
            for each in self.variables
        ]
        return json.dumps({"kind": "choices", "variables": variables}, sort_keys=True, separators=(",", ":"))

    def active(self, choices: Mapping[str, Value]) -> Iterator[Variable]:
        """The variables that exist, in order; a variable's conditions read `choices` when its turn comes."""
        return (variable for variable in self.variables if variable.is_active(choices))


def _check_values(variable: Variable) -> None:
    if not 1 <= len(variable.values) <= MAX_VALUES:
        raise InvalidSpaceError(
            f"variable {variable.name!r} has {len(variable.values)} values: list 1 to {MAX_VALUES} of them"
        )
    written: dict[str, Value] = {}
    for value in variable.values:
        key = text(value)
        if key in written:
            raise InvalidSpaceError(
                f"values {quoted(written[key])} and {quoted(value)} of variable {variable.name!r} are both written "
                f"{variable.operation(value)!r}: list each value once"
            )
        written[key] = value


def _needs(
    variable: Variable,
    known: Mapping[str, Variable],
    needs: Mapping[str, Mapping[str, int]],
    names: Sequence[str],
) -> dict[str, int]:
    """The values that the variables before must have for this one to exist, as a set of bits by their places.

    All conditions must hold, so it can exist exactly when none of these is empty.
    """
    allowed: dict[str, int] = {}
    for other, values in variable.when:
        what = f"variable {variable.name!r} exists when {other!r} is {listed(map(quoted, values))}"
        if other not in known:
            place = "declared before it: move it up" if other in names else f"a variable: {listed(names)}"
            raise InvalidSpaceError(f"{what}, but {other!r} is not {place}")
        if not values:
            raise InvalidSpaceError(
                f"the condition of variable {variable.name!r} on {other!r} lists no values: add one"
            )
        bit = {key(value): 1 << i for i, value in enumerate(known[other].values)}
        for value in values:
            if key(value) not in bit:
                possible = listed(map(quoted, known[other].values))
                raise InvalidSpaceError(f"{what}, but {quoted(value)} is not a value of {other!r}: {possible}")
        for name, needed in [(other, sum({bit[key(value)] for value in values})), *needs[other].items()]:
            allowed[name] = allowed.get(name, needed) & needed
            if not allowed[name]:
                raise InvalidSpaceError(
                    f"the conditions of variable {variable.name!r} can never hold together: they leave no value for "
                    f"{name!r}; change them, or leave the variable out"
                )
    return allowed
