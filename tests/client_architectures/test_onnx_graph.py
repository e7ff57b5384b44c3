"""ONNX models as graphs."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from emprox_client.architectures import ArchitectureError, from_onnx, from_torch
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from .networks import EDGES, NODES, Network, parsed

FLOAT = TensorProto.FLOAT


def weight(name: str, *shape: int) -> TensorProto:
    return numpy_helper.from_array(np.zeros(shape, dtype=np.float32), name)


def model(nodes: list[onnx.NodeProto], weights: list[TensorProto], inputs: tuple[str, ...] = ("x",)) -> onnx.ModelProto:
    """A checked model whose output is `y`."""
    told = [helper.make_tensor_value_info(name, FLOAT, ["n", 4, 8, 8]) for name in inputs]
    result = helper.make_tensor_value_info("y", FLOAT, [])
    proto = helper.make_model(helper.make_graph(nodes, "network", told, [result], weights))
    onnx.checker.check_model(proto)
    return proto


def exported(network: torch.nn.Module, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the exporter that needs no further package
        torch.onnx.export(
            network.eval(),
            (torch.zeros(1, 3, 8, 8),),
            path,
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": {0: "n"}},
        )
    return path


@pytest.mark.parametrize("network", [Network(), Network((3, 5)), Network((5,), squeezed=True)])
def test_an_exported_model_is_the_graph_of_the_model_itself(network: Network, tmp_path: Path) -> None:
    path = exported(network, tmp_path / "network.onnx")

    assert from_onnx(path) == from_onnx(str(path)) == from_onnx(onnx.load(path)) == from_torch(network)


def test_a_graph_that_onnx_builds_is_read_as_one_of_torch() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w2", "bias"], ["c"], pads=[1, 1, 1, 1]),  # its kernel is that of the weights
        helper.make_node("Add", ["b", "c"], ["d"]),
        helper.make_node("MaxPool", ["d"], ["e"], kernel_shape=[2, 2]),
        helper.make_node("AveragePool", ["d"], ["f"], kernel_shape=[2, 2]),
        helper.make_node("Concat", ["e", "f"], ["g"], axis=1),
        helper.make_node("GlobalAveragePool", ["g"], ["h"]),
        helper.make_node("Flatten", ["h"], ["i"]),
        helper.make_node("Gemm", ["i", "w3"], ["y"]),
    ]
    weights = [weight("w1", 4, 4, 3, 3), weight("w2", 4, 4, 3, 3), weight("bias", 4), weight("w3", 8, 10)]

    graph = from_onnx(model(nodes, weights))

    assert graph == {"nodes": NODES, "edges": EDGES}
    assert parsed(graph).id == parsed(from_torch(Network((3,)))).id


@given(st.permutations(range(4)))
def test_branches_in_any_order_are_the_same_architecture(order: list[int]) -> None:
    branches = [
        helper.make_node("Conv", ["x", "w1"], ["a"], kernel_shape=[1, 1]),
        helper.make_node("Conv", ["x", "w2"], ["b"], kernel_shape=[1, 1], group=4),
        helper.make_node("MaxPool", ["x"], ["c"], kernel_shape=[1, 1]),
        helper.make_node("AveragePool", ["x"], ["d"], kernel_shape=[1, 1]),
    ]
    joined = helper.make_node("Sum", ["a", "b", "c", "d"], ["y"])
    weights = [weight("w1", 4, 4, 1, 1), weight("w2", 4, 1, 1, 1)]

    graphs = [from_onnx(model([*(branches[i] for i in each), joined], weights)) for each in (range(4), order)]

    assert graphs[1]["nodes"][1:-1] == [graphs[0]["nodes"][1 + i] for i in order]
    assert parsed(graphs[0]).id == parsed(graphs[1]).id


def test_convolutions_say_whether_they_are_grouped_or_dilated() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], kernel_shape=[1, 3], group=4),
        helper.make_node("Conv", ["a", "w2"], ["b"], kernel_shape=[3, 3], group=2),
        helper.make_node("Conv", ["b", "w3"], ["c"], kernel_shape=[3, 3], dilations=[2, 2]),
        helper.make_node("ConvTranspose", ["c", "w3"], ["y"], kernel_shape=[3, 3]),
    ]
    weights = [weight("w1", 4, 1, 1, 3), weight("w2", 4, 2, 3, 3), weight("w3", 4, 4, 3, 3)]

    names = from_onnx(model(nodes, weights))["nodes"]

    assert names[1:-1] == ["dwconv1x3", "groupconv3x3", "dilconv3x3", "convtranspose3x3"]


def test_a_product_with_weights_is_a_linear_layer_and_one_of_two_tensors_is_not() -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node("MatMul", ["a", "z"], ["y"])]

    graph = from_onnx(model(nodes, [weight("w", 8, 8)], inputs=("x", "z")))

    assert graph == {"nodes": ["x", "z", "linear", "matmul", "output"], "edges": [[0, 2], [1, 3], [2, 3], [3, 4]]}
    assert parsed(graph)


@pytest.mark.parametrize(
    ("operations", "operation"),
    [
        ({"Conv": "conv"}, ["conv"]),
        ({"first": "stem", "Conv": "conv"}, ["stem"]),
        ({"Conv": None}, []),
        ({"Conv": lambda node: node.name.upper()}, ["FIRST"]),
    ],
)
def test_what_the_caller_says_goes_before_the_usual_names(operations: Any, operation: list[str]) -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"], name="first", kernel_shape=[1, 1])

    assert from_onnx(model([node], [weight("w", 4, 4, 1, 1)]), operations)["nodes"][1:-1] == operation


def test_a_node_without_an_operation_is_told_with_the_way_out() -> None:
    shuffled = model([helper.make_node("DepthToSpace", ["x"], ["y"], blocksize=2)], [])

    with pytest.raises(
        ArchitectureError, match=r"^node 'y' is a DepthToSpace, .* operations=\{'DepthToSpace': None\}$"
    ):
        from_onnx(shuffled)
    assert from_onnx(shuffled, {"DepthToSpace": "shuffle"})["nodes"] == ["input", "shuffle", "output"]


@pytest.mark.parametrize("content", [b"no model", b""])
def test_a_file_that_is_no_model_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(content)

    with pytest.raises(ArchitectureError, match=r"network\.onnx' is no ONNX model"):
        from_onnx(path)


@pytest.mark.parametrize("given", [None, 3, torch.fx.symbolic_trace(torch.nn.ReLU())])
def test_what_is_no_model_is_told(given: Any) -> None:
    with pytest.raises(ArchitectureError, match="is no ONNX model: give a ModelProto, or the path of a file"):
        from_onnx(given)


def test_a_model_without_an_output_is_told() -> None:
    with pytest.raises(ArchitectureError, match="is no ONNX model: it has no output"):
        from_onnx(onnx.ModelProto())


def test_a_file_that_is_not_there_is_what_python_says_of_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        from_onnx(tmp_path / "network.onnx")
