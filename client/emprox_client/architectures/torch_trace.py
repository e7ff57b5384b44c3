"""PyTorch modules, by way of torch.fx."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from emprox_client.architectures.error import ArchitectureError, shown
from emprox_client.architectures.graph import Drawing
from emprox_client.architectures.naming import operation
from emprox_client.architectures.torch_names import FUNCTIONS, MODULES

if TYPE_CHECKING:
    import torch
    from torch import fx

_OWN = "torch."  # where modules are that have usual names


def from_torch(model: torch.nn.Module, operations: Mapping[Any, Any] | None = None) -> dict[str, Any]:
    """The graph of a model, as a declared graph space with operations on its vertices takes it.

    Convolutions, poolings, linear layers and the like become vertices such as "conv3x3". Normalizations, activations,
    dropout, arithmetic and changes of shape are left out: what reads them reads what they read, so that after a sum it
    reads all summands.

    Args:
        model: a module that torch.fx can trace; weights and mode do not matter.
        operations: what goes before the usual names. A key is the name of a module in the model ("stem.0"), a class of
            modules or its name, a function or its name, or the name of a tensor's method; a value is the name of the
            operation, None to leave it out, or a function that makes either of them from the module (or, where it is no
            module, from the node of torch.fx). A module that has a rule is one vertex, whatever it is made of.

    Raises:
        ArchitectureError: it is no module, a part has no operation, or torch.fx cannot trace it; says which, and what
            to do.
    """
    rules = operations or {}
    model = _whole(model)
    graph = _traced(model, rules)
    modules = dict(model.named_modules(remove_duplicate=False))
    # An argument with a default, of which nothing is made, is none of the network's inputs.
    inputs = [node for node in graph.nodes if node.op == "placeholder" and (node.users or not node.args)]
    drawing = Drawing({node: str(node.target) for node in inputs})
    outputs: list[fx.Node] = []
    for node in graph.nodes:
        if node.op == "output":
            outputs = node.all_input_nodes
        elif node.op not in ("placeholder", "get_attr") and not _is_shape(node):
            drawing.step([node], node.all_input_nodes, partial(_operation, node, modules, rules))
    return drawing.notation(outputs)


def _whole(model: Any) -> torch.nn.Module:
    """The model; a single layer of PyTorch becomes a part of one, which is not looked into."""
    from torch import nn  # noqa: PLC0415  # where torch is installed

    if not isinstance(model, nn.Module):
        raise ArchitectureError(f"{shown(model)} is no torch.nn.Module: give a module that was made, as in Model()")
    return model if _usual_name(model) is None else nn.Sequential(model)


def _traced(model: torch.nn.Module, rules: Mapping[Any, Any]) -> fx.Graph:
    from torch import fx  # noqa: PLC0415  # where torch is installed

    class Tracer(fx.Tracer):
        def is_leaf_module(self, m: torch.nn.Module, module_qualified_name: str) -> bool:
            known = any(key in rules for key in (module_qualified_name, *_class_keys(m)))
            return known or _usual_name(m) is not None or super().is_leaf_module(m, module_qualified_name)

    try:
        return Tracer().trace(model)
    except Exception as err:  # a model's own code fails as it likes on what is no tensor
        reason = " ".join(str(err).split())[:200]
        raise ArchitectureError(
            f"torch.fx cannot trace {type(model).__name__} ({type(err).__name__}: {reason}): make the module whose "
            "forward depends on values one vertex, as in operations={'Router': 'router'}"
        ) from err


def _is_shape(node: fx.Node) -> bool:
    """Whether it says of a tensor what does not depend on the values in it."""
    attribute = node.args[1] if node.target is getattr else None
    return node.target in ("size", "dim") or attribute in ("shape", "ndim", "dtype", "device")


def _operation(node: fx.Node, modules: Mapping[str, torch.nn.Module], rules: Mapping[Any, Any]) -> str | None:
    if node.op == "call_module":
        name = str(node.target)
        module, kind = modules[name], type(modules[name]).__name__
        usual = _usual_name(module)
        if usual is not None:
            rules = {usual: MODULES[usual], **rules}
        return operation(module, [name, *_class_keys(module)], (f"module {name!r} is a {kind}", kind), rules)
    function = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    what = (f"node {node.name!r} calls {function}", function)
    return operation(node, [node.name, node.target, function], what, {**FUNCTIONS, **rules})


def _class_keys(module: torch.nn.Module) -> list[Any]:
    """A module's class and its bases, each followed by its name."""
    classes = [each for each in type(module).__mro__ if each.__name__ not in ("Module", "object")]
    return [key for each in classes for key in (each, each.__name__)]


def _usual_name(module: torch.nn.Module) -> str | None:
    """The name under which MODULES has the module's class, or the nearest base of it."""
    for each in type(module).__mro__:
        if each.__module__.startswith(_OWN) and each.__name__ in MODULES:
            return each.__name__
    return None
