"""What is no cell of NAS-Bench-201 is refused with the place of the error and what is allowed there."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.spaces.nasbench201 import EXAMPLE, NasBench201

from .cells import CONV1, CONV3, NONE, OPERATIONS, POOL, SKIP, cell

SPACE = NasBench201()


def refusal(notation: object) -> str:
    with pytest.raises(InvalidArchitectureError) as caught:
        SPACE.parse(notation)
    return str(caught.value)


def test_the_example_of_the_messages_is_a_cell() -> None:
    assert SPACE.parse(EXAMPLE).notation == EXAMPLE


@pytest.mark.parametrize(
    ("notation", "kind"),
    [(None, "NoneType"), (7, "int"), ([EXAMPLE], "list"), ({"arch": EXAMPLE}, "dict"), (EXAMPLE.encode(), "bytes")],
)
def test_something_else_than_a_string_is_named_by_its_type(notation: object, kind: str) -> None:
    message = refusal(notation)

    assert message == f"a NAS-Bench-201 cell is a string such as {EXAMPLE!r}, not {kind}"


def test_a_string_too_long_is_not_echoed() -> None:
    message = refusal("|" * 1_000_000)

    assert message.endswith("not a string of 1000000 characters")
    assert len(message) < 250


@pytest.mark.parametrize(
    ("notation", "n_parts"),
    [("", 1), ("|none~0|", 1), ("|none~0|+|none~0|none~1|", 2), (EXAMPLE + "+|none~0|", 4)],
)
def test_a_wrong_number_of_nodes_is_counted(notation: str, n_parts: int) -> None:
    message = refusal(notation)

    assert f"has {n_parts} such parts" in message
    assert EXAMPLE in message


@pytest.mark.parametrize(
    ("node", "entries", "form"),
    [
        (1, "none~0", "|operation~0|"),
        (1, "|none~0|none~0|", "|operation~0|"),
        (2, "|none~0|", "|operation~0|operation~1|"),
        (3, "|none~0|none~1|none~2|none~3|", "|operation~0|operation~1|operation~2|"),
        (3, "|none~0|none~1|none~2", "|operation~0|operation~1|operation~2|"),
        (3, "none~0|none~1|none~2|", "|operation~0|operation~1|operation~2|"),
    ],
)
def test_a_node_of_another_form_is_named_with_the_form_it_should_have(node: int, entries: str, form: str) -> None:
    nodes = EXAMPLE.split("+")
    nodes[node - 1] = entries

    message = refusal("+".join(nodes))

    assert message == f"node {node} of the cell is written {form}, not {entries!r}"


@pytest.mark.parametrize(
    ("edge", "right", "wrong"),
    [
        ("0->1", "nor_conv_3x3~0", "nor_conv_3x3~1"),
        ("1->2", "skip_connect~1", "skip_connect~0"),
        ("1->2", "skip_connect~1", "skip_connect"),
        ("1->2", "skip_connect~1", "skip_connect~"),
        ("1->2", "skip_connect~1", "skip_connect~01"),
        ("1->2", "skip_connect~1", "skip_connect~\N{ARABIC-INDIC DIGIT ONE}"),
        ("2->3", "skip_connect~2", "skip_connect~~2"),
    ],
)
def test_a_wrong_source_is_named_with_its_edge(edge: str, right: str, wrong: str) -> None:
    message = refusal(EXAMPLE.replace(right, wrong))

    assert message.startswith(f"edge {edge} is written 'operation~{edge[0]}', not {wrong!r}")


@pytest.mark.parametrize("unknown", ["", "Nor_conv_3x3", "nor_conv_3x3 ", "max_pool_3x3", "\x00", "'"])
def test_an_unknown_operation_is_named_with_its_edge_and_what_is_allowed(unknown: str) -> None:
    message = refusal(cell(CONV3, NONE, unknown, CONV1, POOL, SKIP))

    assert message == f"operation {unknown!r} of edge 1->2 is not one of {', '.join(OPERATIONS)}"


@pytest.mark.parametrize(
    "notation",
    [cell("x" * 400, NONE, NONE, NONE, NONE, NONE), "x" * 499, "+".join(["x" * 160] * 3), f"|{'x' * 400}|+||+||"],
    ids=["operation", "no nodes", "node", "edge"],
)
def test_long_input_is_cut_in_the_message(notation: str) -> None:
    message = refusal(notation)

    assert "x" * 81 not in message
    assert len(message) < 350


@given(text=st.one_of(st.text(), st.text(alphabet="|~+01nose", max_size=40)))
def test_any_text_is_a_cell_or_refused(text: str) -> None:
    # Nothing else is raised, whatever was sent.
    with suppress(InvalidArchitectureError):
        assert isinstance(SPACE.parse(text), Architecture)
