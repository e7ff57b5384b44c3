"""Structural features of a space of choices: which value each variable has.

As in `blocks.py`, a block gives a dictionary from a feature's name to its value, where a name left out means zero.
"""

from collections.abc import Mapping

from app.domain.graph import Graph
from app.domain.remembering import remembering
from app.encoder.blocks import Features
from app.spaces.space import Choice, Vocabulary

CHOICE, RANK, TOTAL = "choice", "rank", "total"


def choice_features(cell: Graph, vocabulary: Vocabulary) -> dict[str, Features]:
    """The blocks of one architecture.

    `choice`: each value that is chosen. `rank`: place of an ordered variable's value, from above 0 to 1; an inactive
    one has 0. `total`: over all variables with the same values, such as the kernels of all layers, how often each value
    is chosen, and the sum of the ranks.
    """
    places = _places(vocabulary)
    choices: dict[str, float] = {}
    ranks: dict[str, float] = {}
    totals: dict[str, float] = {}
    for operation in cell.operations[1:-1]:
        variable, rank, like = places[operation]
        choices[operation] = 1.0
        if variable.ordered:
            ranks[variable.name] = rank
        if like:
            value = f"{like} {operation.removeprefix(variable.name)}"
            totals[value] = totals.get(value, 0.0) + 1
            if variable.ordered:
                totals[like] = totals.get(like, 0.0) + rank
    return {CHOICE: choices, RANK: ranks, TOTAL: totals}


@remembering("choice_places", 64)
def _places(vocabulary: Vocabulary) -> Mapping[str, tuple[Choice, float, str | None]]:
    """By operation: its variable, the rank of its value, and the name of its kind where it has several variables."""
    kinds: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for variable in vocabulary.choices:
        kinds.setdefault((variable.values, variable.ordered), []).append(variable.name)
    places = {}
    for variable in vocabulary.choices:
        alike = kinds[variable.values, variable.ordered]
        like = f"like {alike[0]}" if len(alike) > 1 else None
        for place, value in enumerate(variable.values, start=1):
            places[f"{variable.name}={value}"] = (variable, place / len(variable.values), like)
    return places
