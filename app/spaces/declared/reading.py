"""From a JSON object to the declaration that it stands for."""

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.choices_declaration import MAX_VALUES, ChoicesDeclaration, Value, Variable, key, normal_value
from app.spaces.declared.fields import Fields, checked_name, distinct_names, whole_number
from app.spaces.declared.graph_declaration import GraphDeclaration
from app.spaces.declared.messages import listed, shown
from app.spaces.declared.wiring import MAX_EDGE_OPERATIONS, MAX_VERTICES, Limits, Skeleton, n_pairs

Declaration = GraphDeclaration | ChoicesDeclaration

KINDS = ("graph", "choices")
GRAPH_FIELDS = (
    "kind",
    "operations",
    "operations_on",
    "no_edge",
    "identity",
    "convolutions",
    "max_vertices",
    "max_edges",
    "inputs",
    "skeleton",
    "cells",
)
SKELETON_FIELDS = ("nodes", "edges")
CHOICES_FIELDS = ("kind", "variables")
VARIABLE_FIELDS = ("name", "values", "ordered", "when")


def parse_declaration(value: object) -> Declaration:
    """The declaration of a search space.

    Args:
        value: a JSON object, as the documentation of declared spaces describes it.

    Raises:
        InvalidSpaceError: it is no declaration; says which value breaks which rule, and the way out.
    """
    if not isinstance(value, dict):
        raise InvalidSpaceError(f"a declaration is an object with a 'kind', one of {listed(KINDS)}; not {shown(value)}")
    kind = value.get("kind")
    if kind == "graph":
        return _graph(Fields(value, "the declaration", GRAPH_FIELDS))
    if kind == "choices":
        return _choices(Fields(value, "the declaration", CHOICES_FIELDS))
    raise InvalidSpaceError(f"kind {shown(kind)} of the declaration is not one of {listed(KINDS)}")


def _graph(fields: Fields) -> GraphDeclaration:
    operations = distinct_names(fields.sequence("operations", "names"), "operation")
    on = fields.text("operations_on") or "vertices"
    if on not in ("vertices", "edges"):
        raise InvalidSpaceError(f"operations_on {shown(on)} is not one of vertices, edges")
    convolutions = distinct_names(fields.sequence("convolutions", "operations"), "convolution")
    # Names that are no operations come last, and are refused by the declaration.
    place = {operation: i for i, operation in enumerate(operations)}
    convolutions = tuple(sorted(convolutions, key=lambda each: place.get(each, len(place))))
    inputs = distinct_names(fields.sequence("inputs", "names"), "input") if "inputs" in fields else ("input",)
    return GraphDeclaration(
        operations=operations,
        on_edges=on == "edges",
        no_edge=fields.text("no_edge"),
        identity=fields.text("identity"),
        convolutions=convolutions,
        inputs=inputs,
        wiring=_wiring(fields, len(inputs), on_edges=on == "edges"),
        cells=distinct_names(fields.sequence("cells", "names"), "cell"),
    )


def _wiring(fields: Fields, n_inputs: int, *, on_edges: bool) -> Limits | Skeleton:
    max_vertices, max_edges = fields.whole("max_vertices"), fields.whole("max_edges")
    if "skeleton" in fields:
        if max_vertices is not None or max_edges is not None:
            raise InvalidSpaceError(
                "the skeleton fixes all vertices and edges: leave out either it, or max_vertices and max_edges"
            )
        return _skeleton(Fields(fields.get("skeleton"), "the skeleton", SKELETON_FIELDS), n_inputs)
    if max_vertices is None:
        raise InvalidSpaceError("the declaration has neither max_vertices nor a skeleton: give one of them")
    every_pair = n_pairs(max_vertices, n_inputs)
    if max_edges is None:
        max_edges = min(every_pair, MAX_EDGE_OPERATIONS) if on_edges else every_pair
    return Limits(max_vertices, min(max_edges, every_pair))


def _skeleton(fields: Fields, n_inputs: int) -> Skeleton:
    nodes = whole_number(fields.required("nodes", "how many there are"), "nodes of the skeleton")
    edges = fields.required("edges", "'all', or a list of pairs such as [0, 1]")
    if nodes > MAX_VERTICES:
        raise InvalidSpaceError(f"a skeleton has up to {MAX_VERTICES} nodes, not {shown(nodes)}: lower them")
    if edges == "all":
        return Skeleton.complete(nodes, n_inputs)
    if not isinstance(edges, list):
        raise InvalidSpaceError(
            f"edges of the skeleton are 'all' or a list of pairs such as [0, 1], not {shown(edges)}"
        )
    pairs = []
    for edge in edges:
        if not isinstance(edge, list) or len(edge) != 2:
            raise InvalidSpaceError(f"an edge of the skeleton is a pair of nodes such as [0, 1], not {shown(edge)}")
        u, v = (whole_number(node, "a node in the edges of the skeleton") for node in edge)
        pairs.append((u, v))
    return Skeleton(nodes, tuple(sorted(pairs)))


def _choices(fields: Fields) -> ChoicesDeclaration:
    values_of: dict[str, tuple[Value, ...]] = {}
    variables = []
    for item in fields.sequence("variables", "objects with a name and values"):
        variable = _variable(Fields(item, "a variable", VARIABLE_FIELDS), values_of)
        values_of[variable.name] = variable.values
        variables.append(variable)
    return ChoicesDeclaration(tuple(variables))


def _variable(fields: Fields, values_of: dict[str, tuple[Value, ...]]) -> Variable:
    name = checked_name(fields.required("name", "a name for it"), "variable", reserved=",;=")
    what = f"values of variable {name!r}"
    values = fields.required("values", f"the {what}")
    if not isinstance(values, list):
        raise InvalidSpaceError(f"{what} are a list, not {shown(values)}")
    ordered = fields.get("ordered")
    if ordered is not None and not isinstance(ordered, bool):
        raise InvalidSpaceError(f"ordered of variable {name!r} is true or false, not {shown(ordered)}")
    when = fields.get("when") or {}
    if not isinstance(when, dict):
        raise InvalidSpaceError(
            f"when of variable {name!r} is an object from the names of other variables to lists of their values, not "
            f"{shown(when)}"
        )
    conditions = tuple(_condition(name, other, each, values_of) for other, each in when.items())
    return Variable(
        name=name,
        values=tuple(normal_value(value, f"value of variable {name!r}") for value in values),
        ordered=ordered or False,
        when=tuple(sorted(conditions)),
    )


def _condition(
    name: str, other: object, values: object, values_of: dict[str, tuple[Value, ...]]
) -> tuple[str, tuple[Value, ...]]:
    """The condition with its values in the order in which the other variable declares them."""
    what = f"the condition of variable {name!r} on {shown(other)}"
    if not isinstance(other, str):
        raise InvalidSpaceError(f"{what} names no variable: put the name in quotes")
    if not isinstance(values, list):
        raise InvalidSpaceError(f"{what} is a list of values, not {shown(values)}: put it in brackets")
    if len(values) > MAX_VALUES:
        raise InvalidSpaceError(f"{what} lists {len(values)} values: a variable has up to {MAX_VALUES}, list each once")
    normal = [normal_value(value, f"value in {what}") for value in values]
    order = values_of.get(other, ())
    wanted, there = set(map(key, normal)), set(map(key, order))
    known = [value for value in order if key(value) in wanted]
    # Values that the other variable does not have are refused by the declaration.
    unknown = [value for value in normal if key(value) not in there]
    return other, (*known, *unknown)
