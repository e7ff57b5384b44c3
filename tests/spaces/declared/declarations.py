"""Declarations that several tests start from, and any small one."""

from typing import Any

from hypothesis import strategies as st

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.reading import parse_declaration

Fields = dict[str, Any]

VERTICES: Fields = {"kind": "graph", "operations": ["conv", "pool"], "max_vertices": 5, "max_edges": 6}
EDGES: Fields = {
    "kind": "graph",
    "operations": ["none", "skip", "conv"],
    "operations_on": "edges",
    "no_edge": "none",
    "skeleton": {"nodes": 4, "edges": "all"},
}
CHOICES: Fields = {
    "kind": "choices",
    "variables": [
        {"name": "depth", "values": [1, 2, 3], "ordered": True},
        {"name": "kernel", "values": [3, 5, 7], "when": {"depth": [2, 3]}},
        {"name": "se", "values": [True, False], "when": {"depth": [3], "kernel": [5, 7]}},
        {"name": "act", "values": ["relu", "swish"]},
    ],
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def refusal(fields: object) -> str:
    try:
        parse_declaration(fields)
    except InvalidSpaceError as err:
        return str(err)
    raise AssertionError("the declaration was taken")


@st.composite
def small_graph_declarations(draw: st.DrawFn) -> Fields:
    """Any space of small graphs that is taken, of every form."""
    inputs = ["left", "right"][: draw(st.integers(1, 2))]
    on_edges = draw(st.booleans())
    operations = ["conv", "pool", "none"][: draw(st.integers(1, 3))]
    fields: Fields = {"kind": "graph", "operations": operations, "operations_on": "edges" if on_edges else "vertices"}
    if len(inputs) > 1:
        fields["inputs"] = inputs
    if on_edges and len(operations) == 3 and draw(st.booleans()):
        fields["no_edge"] = "none"
    if draw(st.booleans()):
        fields["cells"] = ["normal", "reduce"]
    nodes = draw(st.integers(len(inputs) + 2, 5))
    if draw(st.booleans()):
        chain = {(len(inputs) - 1, len(inputs)), (0, len(inputs))} | {(v, v + 1) for v in range(len(inputs), nodes - 1)}
        extra = draw(st.sets(st.sampled_from([(u, v) for u in range(nodes) for v in range(u + 1, nodes)])))
        edges = sorted(chain | {(u, v) for u, v in extra if v >= len(inputs)})
        fields["skeleton"] = {"nodes": nodes, "edges": [list(edge) for edge in edges]}
        if len(operations) == 1:
            fields["operations"] = ["conv", "pool"]
    else:
        fields |= {"max_vertices": nodes, "max_edges": draw(st.integers(2, 6))}
    return fields


@st.composite
def small_choices_declarations(draw: st.DrawFn) -> Fields:
    """Any space of a few choices that is taken, with conditions that can hold."""
    variables: list[Fields] = [{"name": "a", "values": [1, 2, 3], "ordered": draw(st.booleans())}]
    for name in "bcd"[: draw(st.integers(0, 3))]:
        values = draw(st.lists(st.sampled_from([0, 1.5, True, "x", "5", 5]), min_size=1, max_size=3, unique_by=repr))
        if 5 in values and "5" in values:
            values.remove("5")
        variable: Fields = {"name": name, "values": values, "ordered": draw(st.booleans())}
        if draw(st.booleans()):
            parent = draw(st.sampled_from(variables))
            variable["when"] = {parent["name"]: parent["values"][: draw(st.integers(1, 3))]}
        variables.append(variable)
    return {"kind": "choices", "variables": variables}
