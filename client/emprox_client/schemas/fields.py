"""Types that several schemas share, with their limits."""

from typing import Annotated, Any, Literal, Optional, Union

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from emprox_client.schemas.json_values import MAX_INTEGER, OneError, no_integer, storable

MAX_BATCH = 1_000
MAX_MEASURED = 1e100  # sums and squares of as large values are still finite

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9._-]{1,64}$")]
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Integer = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Seed = Annotated[int, Field(ge=-MAX_INTEGER, le=2**64 - 1)]
Measured = Annotated[float, Field(ge=-MAX_MEASURED, le=MAX_MEASURED)]
Scalar = Optional[
    Annotated[
        Union[Text, bool, Integer, Annotated[float, BeforeValidator(no_integer)]],
        OneError("Value should be text of at most 200 characters, a finite number of at most 63 bits, a bool or null"),
    ]
]
FullFidelity = Annotated[float, Field(gt=0, le=MAX_MEASURED)]
Proxies = Annotated[
    dict[Name, Measured],
    Field(
        max_length=16,
        description="The proxies that the study declares, each with its value. An architecture has those that it was "
        "first observed with; a failed training need not know them.",
    ),
]
FlatObject = Annotated[dict[Text, Scalar], Field(max_length=32)]
Notation = Annotated[
    Union[str, Annotated[dict[str, Any], AfterValidator(storable)]],
    OneError("Architecture should be text, or an object with numbers of at most 63 bits and without NUL"),
]
WeightingName = Literal["kriging", "inverse_distance", "uniform"]

# A cell, its id and an observation's, for examples.
CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|avg_pool_3x3~1|skip_connect~2|"
CELL_ID = "522404570a700895b64c6d8b3dbcf710"
OBSERVATION_ID = "4b7c1f0e-8d67-4f0e-9f4e-0d2d1c1f7a55"


class Wire(BaseModel):
    """A schema that takes what it says and nothing else."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)
