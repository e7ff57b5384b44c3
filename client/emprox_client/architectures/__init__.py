"""From what people have to the notations that the server takes. Nothing here imports torch, onnx, or a search library.

An `ArchitectureError` says what cannot be turned into an architecture, and the way out; whether it is one of the
study's search space is for the server to say.
"""

from emprox_client.architectures.choices import from_configspace, from_nni, from_optuna
from emprox_client.architectures.darts import darts
from emprox_client.architectures.declaration import declare_space
from emprox_client.architectures.error import ArchitectureError
from emprox_client.architectures.nasbench import nasbench101, nasbench201, nasbench201_from_naslib
from emprox_client.architectures.onnx_graph import from_onnx
from emprox_client.architectures.torch_trace import from_torch

__all__ = [
    "ArchitectureError",
    "darts",
    "declare_space",
    "from_configspace",
    "from_nni",
    "from_onnx",
    "from_optuna",
    "from_torch",
    "nasbench101",
    "nasbench201",
    "nasbench201_from_naslib",
]
