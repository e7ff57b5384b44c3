"""Spaces that are declared for models."""

from typing import Any

import pytest
from emprox_client.architectures import ArchitectureError, declare_space, from_torch
from torch import nn

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space

from .networks import Network, Residual


def test_a_space_that_is_declared_for_models_has_them() -> None:
    architectures = [from_torch(Network(kernels)) for kernels in [(3,), (5,), (3, 5)]]

    declaration = declare_space(architectures)

    assert declaration == {
        "kind": "graph",
        "operations": ["avgpool2x2", "concat", "conv3x3", "conv5x5", "globalavgpool", "linear", "maxpool2x2"],
        "convolutions": ["conv3x3", "conv5x5"],
        "inputs": ["input"],
        "max_vertices": 10,
        "max_edges": 15,
    }
    space = declared_space("networks", parse_declaration(declaration))
    assert len({space.parse(architecture).id for architecture in architectures}) == 3


def test_limits_leave_room_for_larger_ones() -> None:
    declaration = declare_space([from_torch(Network())], max_vertices=11, max_edges=20)

    assert (declaration["max_vertices"], declaration["max_edges"]) == (11, 20)


def test_models_with_too_many_paths_are_declared_by_their_blocks() -> None:
    deep = Network((3,) * 9)

    with pytest.raises(InvalidSpaceError, match="paths"):
        parse_declaration(declare_space([from_torch(deep)]))
    assert parse_declaration(
        declare_space([from_torch(deep, {Residual: lambda block: f"res{block.conv.kernel_size[0]}"})])
    )


@pytest.mark.parametrize(
    ("architectures", "message"),
    [
        ([], "give a list with at least one"),
        (["|none~0|"], 'is {"nodes": .*, as from_torch and from_onnx make it; not'),
        (None, "give a list with at least one"),
        ([{"nodes": 3, "edges": []}], 'is {"nodes": .*; not'),
        ([{"nodes": ["input", 7, "output"], "edges": []}], "vertex 1 is 7: nodes are names of operations"),
        ([{"nodes": ["input", "output"], "edges": [[0]]}], r"edge \[0\] is no pair of two of the 2 vertices"),
        ([{"nodes": ["input", "output"], "edges": [[0, 2]]}], r"edge \[0, 2\] is no pair of two of the 2 vertices"),
        ([{"nodes": ["input", "output"], "edges": [3]}], "edge 3 is no pair"),
        ([{"choices": {}}], "not {'choices': {}}"),
        (
            [
                from_torch(nn.Linear(1, 1), {"linear": "linear"}),
                {"nodes": ["a", "b", "output"], "edges": [[0, 2], [1, 2]]},
            ],
            r"inputs \['input'\] and another \['a', 'b'\]",
        ),
    ],
)
def test_what_no_space_can_hold_is_refused(architectures: Any, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        declare_space(architectures)
