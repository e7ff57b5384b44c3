"""ONNX models."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from emprox_client.architectures.error import ArchitectureError, shown
from emprox_client.architectures.graph import Drawing
from emprox_client.architectures.naming import convolution, operation, size

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

_LEFT_OUT = """
    Add Sub Mul Div Neg Sum Pow Sqrt Reciprocal Exp Erf Relu LeakyRelu PRelu Elu Celu Selu Gelu Mish HardSwish
    HardSigmoid Sigmoid Tanh Softplus Softsign Softmax LogSoftmax Clip Dropout BatchNormalization InstanceNormalization
    LayerNormalization GroupNormalization RMSNormalization LpNormalization SimplifiedLayerNormalization LRN Identity
    Flatten Reshape Transpose Squeeze Unsqueeze Expand Tile Gather Slice Split Pad Cast CastLike Constant
    ConstantOfShape Range QuantizeLinear DequantizeLinear
"""
_SHAPES = ("Shape", "Size")  # say of a tensor what does not depend on the values in it


def from_onnx(
    model: str | os.PathLike[str] | ModelProto, operations: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The graph of an ONNX model, as a declared graph space with operations on its vertices takes it.

    What becomes a vertex, and what it is called, is as `from_torch` has it.

    Args:
        model: its file, or the model itself; weights that lie in files of their own are not read.
        operations: what goes before the usual names. A key is the name of a node or its type ("Conv"); a value is the
            name of the operation, None to leave it out, or a function that makes either of them from the node.

    Raises:
        ArchitectureError: a node has no operation, or it is no ONNX model; says which, and the way out.
        ModuleNotFoundError: a file is given, and the package onnx is not installed.
    """
    graph = _graph(model)
    constants = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    constants.update({tensor.values.name: tuple(tensor.dims) for tensor in graph.sparse_initializer})
    # Before version 4 of the format, weights are among the inputs as well.
    inputs = [value.name for value in graph.input if value.name not in constants]
    rules = {**_usual_names(constants), **(operations or {})}
    drawing = Drawing({name: name for name in inputs})
    for node in graph.node:
        if node.op_type not in _SHAPES:
            drawing.step(node.output, node.input, partial(_operation, node, rules))
    return drawing.notation(value.name for value in graph.output)


def _operation(node: NodeProto, rules: Mapping[str, Any]) -> str | None:
    described = f"node {node.name or node.output[0]!r} is a {node.op_type}"
    return operation(node, [node.name, node.op_type], (described, node.op_type), rules)


def _graph(model: Any) -> GraphProto:
    is_path = isinstance(model, (str, os.PathLike))
    graph: Any = getattr(_loaded(model) if is_path else model, "graph", None)
    if not hasattr(graph, "initializer"):  # as a graph of torch.fx has not either
        raise ArchitectureError(f"{shown(model)} is no ONNX model: give a ModelProto, or the path of a file")
    if not graph.output:
        raise ArchitectureError(f"{shown(os.fspath(model) if is_path else model)} is no ONNX model: it has no output")
    found: GraphProto = graph
    return found


def _loaded(path: str | os.PathLike[str]) -> ModelProto:
    try:
        import onnx  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as err:
        raise ModuleNotFoundError("reading ONNX files needs onnx: pip install 'emprox-client[onnx]'") from err
    try:
        model = onnx.load(path, load_external_data=False)
    except OSError:
        raise
    except Exception as err:  # protobuf's errors are its own
        raise ArchitectureError(f"{shown(os.fspath(path))} is no ONNX model: {err}") from err
    return model


def _usual_names(constants: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """By the type of a node; `constants` are the shapes of weights, by their name."""

    def kernel(node: NodeProto) -> tuple[int, ...]:
        # Where the attribute is left out, the weights say it: (output channels, input channels / groups, *kernel).
        return _numbers(node, "kernel_shape") or constants.get(node.input[1], ())[2:]

    def convolved(node: NodeProto) -> str:
        groups = (_numbers(node, "group") or (1,))[0]
        channels_read = constants.get(node.input[1], (0, 0))[1]
        dilated = any(step > 1 for step in _numbers(node, "dilations"))
        depthwise = groups > 1 and channels_read == 1
        return convolution(kernel(node), depthwise=depthwise, grouped=groups > 1, dilated=dilated)

    def multiplied(node: NodeProto) -> str:
        return "linear" if constants.keys() & set(node.input) else "matmul"

    def gathered(node: NodeProto) -> str | None:
        return "embedding" if node.input[0] in constants else None

    def pool(name: str) -> Callable[[NodeProto], str]:
        return lambda node: f"{name}{size(_numbers(node, 'kernel_shape'))}"

    return {
        **dict.fromkeys(_LEFT_OUT.split()),
        "Conv": convolved,
        "ConvTranspose": lambda node: f"convtranspose{size(kernel(node))}",
        "MaxPool": pool("maxpool"),
        "AveragePool": pool("avgpool"),
        "GlobalMaxPool": "globalmaxpool",
        "GlobalAveragePool": "globalavgpool",
        "Gemm": "linear",
        "MatMul": multiplied,
        "Gather": gathered,
        "Concat": "concat",
        "ReduceMean": "mean",
        **dict.fromkeys(("Resize", "Upsample"), "upsample"),
        **{name: name.lower() for name in ("RNN", "LSTM", "GRU", "Attention")},
    }


def _numbers(node: NodeProto, name: str) -> tuple[int, ...]:
    """Of an attribute: its integers, or its one integer; none where it is left out."""
    for attribute in node.attribute:
        if attribute.name == name:
            return tuple(attribute.ints) or (attribute.i,)
    return ()
