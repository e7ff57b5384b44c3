"""What goes wrong on the way to an architecture, and how a value appears in what is said of it."""

from __future__ import annotations

_MAX_SHOWN = 80


class ArchitectureError(ValueError):
    """This cannot be turned into an architecture; says which part of it, the rule and the way out."""


def shown(value: object) -> str:
    """The value as Python writes it, where that is short."""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}… ({type(value).__name__})"
