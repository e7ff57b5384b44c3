"""Choices become stars, and back; conditions decide which of them there are."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest

from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space

from .declarations import CHOICES

SPACE = declared_space("mine", parse_declaration(CHOICES))
LARGE = declared_space(
    "large",
    parse_declaration(
        {"kind": "choices", "variables": [{"name": f"v{i}", "values": list(range(64))} for i in range(128)]}
    ),
)


def refusal(notation: object) -> str:
    with pytest.raises(InvalidArchitectureError) as caught:
        SPACE.parse(notation)
    return str(caught.value)


def choices_of(notation: object) -> dict[str, object]:
    assert isinstance(notation, dict)
    choices = notation["choices"]
    assert isinstance(choices, dict)
    return choices


def test_choices_are_the_vertices_of_a_star() -> None:
    architecture = SPACE.parse({"choices": {"act": "relu", "kernel": 5, "depth": 2}})

    (graph,) = architecture.cells
    assert graph.operations == ("input", "act=relu", "depth=2", "kernel=5", "output")
    assert graph.edges == ((0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4))
    assert list(choices_of(architecture.notation)) == ["depth", "kernel", "act"]


def test_the_operations_of_the_vocabulary_are_all_choices() -> None:
    assert SPACE.vocabulary.operations == (
        *("depth=1", "depth=2", "depth=3", "kernel=3", "kernel=5", "kernel=7"),
        *("se=true", "se=false", "act=relu", "act=swish"),
    )


@pytest.mark.parametrize(
    ("notation", "message"),
    [
        (3, 'an architecture of this space is written {"choices": {"<variable>": <value>, ...}}, not as 3'),
        ({"depth": 1, "act": "relu"}, "not as an object of 2 fields"),
        ({"choices": ["depth"]}, "not as an object of 1 fields"),
        ({"choices": {"dept": 1}}, "variable 'dept' is not one of the 4 of this space: depth, kernel, se, act"),
        ({"choices": {"depth": 1}}, "variable 'act' is active and has no value: choose one of 'relu', 'swish'"),
        ({"choices": {"depth": 4}}, "4 is not a value of variable 'depth': choose one of 1, 2, 3"),
        ({"choices": {"depth": True}}, "true is not a value of variable 'depth': choose one of 1, 2, 3"),
        ({"choices": {"depth": "1"}}, "'1' is not a value of variable 'depth': choose one of 1, 2, 3"),
        ({"choices": {"depth": None}}, "null is not a value of variable 'depth'"),
        ({"choices": {"depth": [1]}}, "a list of 1 is not a value of variable 'depth'"),
        ({"choices": {"depth": 10**5000}}, "a number of more than 20 digits is not a value of variable 'depth'"),
        (
            {"choices": {"depth": 3, "kernel": 7, "se": 1}},
            "1 is not a value of variable 'se': choose one of true, false",
        ),
        (
            {"choices": {"depth": 1, "kernel": 3, "act": "relu"}},
            "'kernel' is a choice under a condition that is not met: it exists when 'depth' is 2, 3, not 1; leave it",
        ),
        (
            {"choices": {"depth": 3, "kernel": 3, "se": True, "act": "relu"}},
            "'se' is a choice under a condition that is not met: it exists when 'kernel' is 5, 7, not 3; leave it out",
        ),
        (
            {"choices": {"depth": 1, "se": True, "act": "relu"}},
            "'se' is a choice under a condition that is not met: it exists when 'depth' is 3, not 1; leave it out",
        ),
    ],
)
def test_a_wrong_choice_is_refused(notation: object, message: str) -> None:
    assert message in refusal(notation)


def test_a_condition_on_a_variable_that_is_not_there_is_not_met() -> None:
    variables = [*CHOICES["variables"][:2], {"name": "pad", "values": [0, 1], "when": {"kernel": [7]}}]
    space = declared_space("mine", parse_declaration({"kind": "choices", "variables": variables}))

    with pytest.raises(InvalidArchitectureError, match="exists when 'kernel' is 7, which has no value here either"):
        space.parse({"choices": {"depth": 1, "pad": 0}})


def test_a_whole_number_can_be_written_with_a_point() -> None:
    assert SPACE.parse({"choices": {"depth": 1.0, "act": "relu"}}) == SPACE.parse(
        {"choices": {"depth": 1, "act": "relu"}}
    )


def test_all_assignments_are_enumerated_with_the_conditions() -> None:
    listed = [choices_of(each.notation) for each in SPACE.enumerate()]

    # depth 1: act alone; depth 2: three kernels; depth 3: kernel 3, and two kernels with or without se; two acts each.
    assert len(listed) == 2 * (1 + 3 + 1 + 2 * 2)
    assert listed[:3] == [
        {"depth": 1, "act": "relu"},
        {"depth": 1, "act": "swish"},
        {"depth": 2, "kernel": 3, "act": "relu"},
    ]


def test_values_are_drawn_uniformly() -> None:
    rng = np.random.default_rng(0)

    counts = Counter(choices_of(SPACE.sample(rng).notation)["depth"] for _ in range(900))

    assert counts.keys() == {1, 2, 3}
    assert min(counts.values()) > 250


def test_a_mutation_changes_one_variable_and_what_depends_on_it() -> None:
    parent = SPACE.parse({"choices": {"depth": 3, "kernel": 7, "se": True, "act": "relu"}})
    rng = np.random.default_rng(0)

    mutants = [choices_of(SPACE.mutate(parent, rng).notation) for _ in range(100)]

    assert {"depth": 2, "kernel": 7, "act": "relu"} in mutants
    assert {"depth": 3, "kernel": 7, "se": False, "act": "relu"} in mutants
    assert {"depth": 3, "kernel": 3, "act": "relu"} in mutants
    assert {"depth": 3, "kernel": 7, "se": True, "act": "swish"} in mutants
    assert len({str(mutant) for mutant in mutants}) == 5  # with kernel 5


def test_the_step_on_a_scale_is_one() -> None:
    parent = SPACE.parse({"choices": {"depth": 1, "act": "relu"}})
    rng = np.random.default_rng(0)

    depths = {choices_of(SPACE.mutate(parent, rng).notation)["depth"] for _ in range(50)}

    assert depths == {1, 2}


@pytest.mark.parametrize(
    "graph",
    [
        Graph(("input", "output"), ()),
        Graph(("input", "output"), ((0, 1),)),
        Graph(("input", "act=relu", "depth=1", "output"), ((0, 1), (1, 2), (2, 3))),
        Graph(("input", "act=relu", "output"), ((0, 1), (1, 2))),
        Graph(("input", "act=relu", "act=swish", "output"), ((0, 1), (0, 2), (1, 3), (2, 3))),
        Graph(("input", "act=gelu", "depth=1", "output"), ((0, 1), (0, 2), (1, 3), (2, 3))),
        Graph(("input", "depth=1", "kernel=3", "output"), ((0, 1), (0, 2), (1, 3), (2, 3))),
    ],
)
def test_another_graph_than_a_star_of_active_choices_has_no_notation(graph: Graph) -> None:
    assert SPACE.from_cells([graph]) is None
    assert SPACE.from_cells([]) is None


def test_the_largest_space_is_drawn_from_and_enumerated() -> None:
    drawn = LARGE.sample(np.random.default_rng(0))

    assert len(drawn.cells[0].operations) == 130
    assert LARGE.from_cells(drawn.cells) == drawn
    assert len(list(islice(LARGE.enumerate(), 100))) == 100
