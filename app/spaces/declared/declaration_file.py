"""Declarations in files: YAML, or JSON."""

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.messages import shown
from app.spaces.declared.reading import Declaration, parse_declaration

MAX_BYTES = 256 * 1024
SUFFIXES = (".yaml", ".yml", ".json")


def load_declaration(path: Path) -> Declaration:
    """The declaration in a file of up to 256 KiB.

    Raises:
        InvalidSpaceError: it cannot be read, or is no declaration.
    """
    if path.suffix not in SUFFIXES:
        raise InvalidSpaceError(f"{path.name!r} does not end in one of {', '.join(SUFFIXES)}: rename the file")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as err:
        raise InvalidSpaceError(f"{str(path)!r} cannot be read: {err.strerror}") from err
    if len(content) > MAX_BYTES:
        raise InvalidSpaceError(f"{path.name!r} is larger than {MAX_BYTES // 1024} KiB: a declaration is a few lines")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise InvalidSpaceError(f"{path.name!r} is not UTF-8 at byte {err.start}: save it as UTF-8") from err
    return parse_declaration(parse_json(text) if path.suffix == ".json" else parse_yaml(text))


def parse_json(text: str) -> object:
    """The value of a JSON text.

    Raises:
        InvalidSpaceError: it does not parse, or gives a field twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except json.JSONDecodeError as err:
        raise InvalidSpaceError(f"the JSON does not parse at line {err.lineno}, column {err.colno}: {err.msg}") from err
    except RecursionError as err:
        raise InvalidSpaceError("the JSON is nested too deeply: a declaration needs five levels") from err
    except ValueError as err:  # a number of more than 4,300 digits
        raise InvalidSpaceError(f"the JSON does not parse: {err}") from err


def parse_yaml(text: str) -> object:
    """The value of a YAML text, read as YAML 1.2 has it: `no`, `on` and `2024-01-01` are strings, and 1e-3 a number.

    Raises:
        InvalidSpaceError: it does not parse, has an alias or a tag, or gives a field twice.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # nosec B506
    except yaml.MarkedYAMLError as err:
        mark = err.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InvalidSpaceError(f"the YAML does not parse{place}: {err.problem}") from err
    except yaml.YAMLError as err:
        raise InvalidSpaceError(f"the YAML does not parse: {' '.join(str(err).split())}") from err
    except RecursionError as err:
        raise InvalidSpaceError("the YAML is nested too deeply: a declaration needs five levels") from err
    except ValueError as err:  # a number of more than 4,300 digits
        raise InvalidSpaceError(f"the YAML does not parse: {err}") from err


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for field, value in pairs:
        if field in fields:
            raise InvalidSpaceError(f"field {shown(field)} is given twice: give it once")
        fields[field] = value
    return fields


def _no_constant(name: str) -> object:
    raise InvalidSpaceError(f"{name} is no number in JSON: leave it out")


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader without aliases, repeated fields, and the surprises of YAML 1.1."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (a class's table)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        # A few aliases of aliases stand for billions of values.
        if self.check_event(yaml.AliasEvent):
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise InvalidSpaceError(f"line {line} of the YAML has an alias: write out what it stands for")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            field = self.construct_object(key, deep=True)
            line = key.start_mark.line + 1
            if not isinstance(field, str):
                raise InvalidSpaceError(
                    f"field {shown(field)} at line {line} of the YAML is no string: put it in quotes"
                )
            if field in seen:
                raise InvalidSpaceError(f"field {shown(field)} at line {line} of the YAML is given twice: give it once")
            seen.add(field)
        return super().construct_mapping(node, deep)


# The core schema of YAML 1.2, without octal, hexadecimal and infinite numbers.
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)\Z"), [*"~nN", ""])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), [*"tTfF"]
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z"), [*"-+0123456789"])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)\Z"),
    [*"-+.0123456789"],
)
