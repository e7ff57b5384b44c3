"""`PUT` and `GET /spaces`."""

from datetime import datetime
from typing import Any, Literal, Optional

from pydantic import ConfigDict, Field, RootModel

from emprox_client.schemas.fields import Wire

_CHAIN: dict[str, Any] = {
    "kind": "graph",
    "operations": ["conv3x3", "conv5x5", "maxpool"],
    "convolutions": ["conv3x3", "conv5x5"],
    "skeleton": {"nodes": 4, "edges": [[0, 1], [1, 2], [2, 3]]},
}
_BLOCKS: dict[str, Any] = {
    "kind": "choices",
    "variables": [
        {"name": "depth", "values": [1, 2], "ordered": True},
        {"name": "layer0_kernel", "values": [3, 5, 7], "ordered": True},
        {"name": "layer1_kernel", "values": [3, 5, 7], "ordered": True, "when": {"depth": [2]}},
    ],
}


class SpaceDeclaration(RootModel[dict[str, Any]]):
    """Which architectures there are, and how they are written.

    `kind: graph` has `operations`, and either the limits `max_vertices` and `max_edges` of a free wiring, or a
    `skeleton` (`nodes`, and `edges` as pairs or `all`); optionally `operations_on` (`vertices` or `edges`), `no_edge`,
    `identity`, `convolutions`, `inputs` and `cells`. `kind: choices` has `variables`, each with a `name`, its `values`,
    and optionally `ordered` and `when`: the values of other variables under which it exists. The documentation of
    search spaces has every field, its limits and its default.
    """

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_CHAIN, _BLOCKS]})


class ChoiceVariable(Wire):
    """A variable of a space of choices."""

    name: str
    values: list[str] = Field(description="As texts.")
    ordered: bool = Field(description="Whether they are steps of a scale.")


class Space(Wire):
    """A search space, and what serves it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "chains",
                    "kind": "graph",
                    "operations": ["conv3x3", "conv5x5", "maxpool"],
                    "variables": [],
                    "encoder": "chains/0",
                    "encoder_kind": "structural",
                    "created_at": "2026-11-24T08:00:00Z",
                    "declaration": _CHAIN,
                }
            ]
        }
    )

    name: str
    kind: Literal["built_in", "graph", "choices"] = Field(
        description="`built_in` where it comes with the program, else the kind of its declaration."
    )
    operations: list[str] = Field(description="Of its graphs; empty in a space of choices.")
    variables: list[ChoiceVariable] = Field(description="Of a space of choices; empty in others.")
    encoder: str = Field(description="Version of the encoder; 0 stands for none that was trained.")
    encoder_kind: str = Field(description="Which of its embeddings serves, such as `graph` or `structural`.")
    created_at: Optional[datetime] = Field(description="When it was declared; null where it comes with the program.")
    declaration: Optional[dict[str, Any]] = Field(
        description="In its normal form, every default filled in; null where it comes with the program."
    )


class Spaces(Wire):
    """All search spaces."""

    spaces: list[Space]
