"""Which operation a part of a network is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emprox_client.architectures.error import ArchitectureError


def operation(part: Any, keys: Iterable[Any], what: tuple[str, str], rules: Mapping[Any, Any]) -> str | None:
    """The name of a part's operation, or None where it is left out.

    Args:
        part: is given to a rule that is a function.
        keys: under which the rules may know the part; the first that they do is the one that counts.
        what: the part in a message, and the key that stands for all of its kind.
        rules: by key the name, None to leave the part out, or a function of the part that gives either.

    Raises:
        ArchitectureError: there is no rule for it.
    """
    for key in keys:
        if key in rules:
            rule = rules[key]
            name: str | None = rule(part) if callable(rule) else rule
            return name
    described, kind = what
    raise ArchitectureError(
        f"{described}, for which there is no operation: name it, as in operations={{{kind!r}: {kind.lower()!r}}}, or "
        f"leave it out, as in operations={{{kind!r}: None}}"
    )


def convolution(kernel: Sequence[int], *, depthwise: bool, grouped: bool, dilated: bool) -> str:
    """The usual name, such as "conv3x3", "dwconv5x5" (depthwise), "groupconv3x3" or "dilconv3x3" (dilated)."""
    groups = "dw" if depthwise else "group" if grouped else ""
    return f"{'dil' if dilated else ''}{groups}conv{size(kernel)}"


def size(lengths: Sequence[int]) -> str:
    """Such as "3x3"."""
    return "x".join(map(str, lengths))
