"""The usual names of what PyTorch has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emprox_client.architectures.naming import convolution, size


def _lengths(value: Any, kind: str) -> tuple[int, ...]:
    """A length for each dimension, which the name of what has them ends with: "MaxPool2d"."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * int(kind[-2])


def _convolution(module: Any) -> str:
    grouped = module.groups > 1
    return convolution(
        module.kernel_size,
        depthwise=grouped and module.groups == module.in_channels,
        grouped=grouped,
        dilated=any(step > 1 for step in module.dilation),
    )


def _transposed(module: Any) -> str:
    return f"convtranspose{size(module.kernel_size)}"


def _pool(name: str) -> Callable[[Any], str]:
    return lambda module: f"{name}{size(_lengths(module.kernel_size, type(module).__name__))}"


def _adaptive(name: str, kind: str, value: Any) -> str:
    lengths = _lengths(value, kind)
    return f"global{name}" if set(lengths) == {1} else f"adaptive{name}{size(lengths)}"


def _adaptive_module(name: str) -> Callable[[Any], str]:
    return lambda module: _adaptive(name, type(module).__name__, module.output_size)


def _pool_call(name: str) -> Callable[[Any], str]:
    return lambda node: f"{name}{size(_lengths(_argument(node, 'kernel_size'), _kind(node)))}"


def _adaptive_call(name: str) -> Callable[[Any], str]:
    return lambda node: _adaptive(name, _kind(node), _argument(node, "output_size"))


def _argument(node: Any, name: str) -> Any:
    return node.kwargs[name] if name in node.kwargs else node.args[1]


def _kind(node: Any) -> str:
    return str(getattr(node.target, "__name__", node.target))


_DIMENSIONS = (1, 2, 3)
_LEFT_OUT_MODULES = """
    BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d LayerNorm GroupNorm
    RMSNorm LocalResponseNorm ReLU ReLU6 LeakyReLU PReLU RReLU ELU CELU SELU GELU SiLU Mish Hardswish Hardsigmoid
    Hardtanh Sigmoid LogSigmoid Tanh Softplus Softsign Softmax Softmax2d LogSoftmax GLU Dropout Dropout1d Dropout2d
    Dropout3d AlphaDropout FeatureAlphaDropout Identity Flatten Unflatten ZeroPad1d ZeroPad2d ZeroPad3d ConstantPad1d
    ConstantPad2d ConstantPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d
    ReplicationPad3d
"""
_LEFT_OUT_FUNCTIONS = """
    add sub rsub mul div truediv floordiv floor_divide neg pow sqrt rsqrt exp relu relu6 leaky_relu prelu elu celu selu
    gelu silu mish hardswish hardsigmoid hardtanh sigmoid logsigmoid tanh softplus softmax log_softmax glu clamp dropout
    dropout1d dropout2d dropout3d alpha_dropout stochastic_depth batch_norm layer_norm group_norm instance_norm rms_norm
    normalize flatten unflatten view reshape permute transpose contiguous squeeze unsqueeze expand expand_as repeat
    getattr getitem chunk split unbind to float half type type_as clone detach pad
"""

MODULES: dict[str, Any] = {
    **dict.fromkeys(_LEFT_OUT_MODULES.split()),
    **{f"Conv{d}d": _convolution for d in _DIMENSIONS},
    **{f"ConvTranspose{d}d": _transposed for d in _DIMENSIONS},
    **{f"MaxPool{d}d": _pool("maxpool") for d in _DIMENSIONS},
    **{f"AvgPool{d}d": _pool("avgpool") for d in _DIMENSIONS},
    **{f"AdaptiveMaxPool{d}d": _adaptive_module("maxpool") for d in _DIMENSIONS},
    **{f"AdaptiveAvgPool{d}d": _adaptive_module("avgpool") for d in _DIMENSIONS},
    **dict.fromkeys(("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"), "upsample"),
    **{name: name.lower() for name in ("Linear", "Bilinear", "Embedding", "RNN", "LSTM", "GRU")},
    "MultiheadAttention": "attention",
}
"""By the name of a class of torch.nn: the operation, None to leave it out, or what names it for a module."""

FUNCTIONS: dict[str, Any] = {
    **dict.fromkeys(_LEFT_OUT_FUNCTIONS.split()),
    # In place: as operators and as methods.
    **dict.fromkeys(("iadd", "isub", "imul", "itruediv", "add_", "sub_", "mul_", "div_", "relu_", "clamp_")),
    **{f"max_pool{d}d": _pool_call("maxpool") for d in _DIMENSIONS},
    **{f"avg_pool{d}d": _pool_call("avgpool") for d in _DIMENSIONS},
    **{f"adaptive_max_pool{d}d": _adaptive_call("maxpool") for d in _DIMENSIONS},
    **{f"adaptive_avg_pool{d}d": _adaptive_call("avgpool") for d in _DIMENSIONS},
    **dict.fromkeys(("cat", "concat", "concatenate"), "concat"),
    **dict.fromkeys(("matmul", "bmm"), "matmul"),
    **{name: name for name in ("linear", "mean", "stack")},
    "interpolate": "upsample",
    "scaled_dot_product_attention": "attention",
}
"""By the name of a function or of a method of tensors: the same, of a node of torch.fx."""
