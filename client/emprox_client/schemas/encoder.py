"""`GET /encoders` and `/studies/{name}/encoder`."""

from typing import Annotated, Any, Literal, Optional

from pydantic import ConfigDict, Field, StringConstraints

from emprox_client.schemas.fields import Wire

Version = Annotated[str, StringConstraints(pattern=r"^([a-z0-9._-]{1,64}/[a-z0-9._-]{1,64}|newest)$")]

_SWITCH: dict[str, Any] = {
    "version": "nasbench201/2",
    "stage": "done",
    "embedded": 500,
    "total": 500,
    "comparison": {"val_accuracy": {"n": 480, "kendall_tau_before": 0.83, "kendall_tau_after": 0.84}},
}


class EncoderVersion(Wire):
    """A trained encoder."""

    version: str = Field(description="Space and version.")
    space: str
    newest: bool = Field(description="Whether it is what studies follow that were not switched to another.")


class EncoderVersions(Wire):
    """All trained encoders, by space, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"encoders": [{"version": "nasbench201/1", "space": "nasbench201", "newest": True}]}]
        }
    )

    encoders: list[EncoderVersion]


class SwitchRequest(Wire):
    """The encoder that a study should have."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"version": "nasbench201/2", "compare_only": True},
                {"version": "nasbench201/2", "only_if_better": True},
                {"version": "newest"},
            ]
        }
    )

    version: Version = Field(description="Space and version; `newest` lets the study follow each that comes.")
    only_if_better: bool = Field(
        False, description="Stay with the old one where the new one estimates the study's observations worse."
    )
    compare_only: bool = Field(False, description="Compare the two, and leave the study as it is.")


class EncoderComparison(Wire):
    """Kendall's tau of both encoders on the observations of a metric, each estimated from all the others."""

    n: int = Field(description="Architectures; at most 1,000 of them are compared.")
    kendall_tau_before: Optional[float]
    kendall_tau_after: Optional[float]


class EncoderSwitch(Wire):
    """A switch, under way or over."""

    version: str = Field(description="That it leads to.")
    stage: Literal["embedding", "comparing", "compared", "done", "kept_old", "failed"]
    embedded: int = Field(description="Observations that are embedded anew.")
    total: int
    comparison: dict[str, EncoderComparison]
    error: Optional[str] = Field(None, description="Why it failed.")


class StudyEncoder(Wire):
    """The encoder of a study."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "study": "default",
                    "version": "nasbench201/2",
                    "kind": "graph",
                    "follows_newest": False,
                    "switch": _SWITCH,
                }
            ]
        }
    )

    study: str
    version: str
    kind: str
    follows_newest: bool = Field(description="Whether a newer version takes over by itself.")
    switch: Optional[EncoderSwitch] = Field(description="The last since the server started; null where there was none.")
